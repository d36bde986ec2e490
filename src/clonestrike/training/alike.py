"""What one policy learns has to be alike: play of one game, at one rate, whose mouse counts turn the view equally."""

from __future__ import annotations

from collections.abc import Sequence

from clonestrike.core.game_info import GameInfo
from clonestrike.errors import ClonestrikeError


def check_alike(play: Sequence[tuple[object, GameInfo]]) -> None:
    """Compare what is to be learned together: the name of each, for messages, and its game.

    Raises ClonestrikeError that names two which differ, and in what: an action means something else in one of them.
    """
    (first, info), *others = play
    expected = _terms(info)
    for other, its in others:
        for what, found in _terms(its).items():
            if found != expected[what]:
                raise ClonestrikeError(
                    f"{first} and {other} differ in their {what}: {expected[what]} and {found}", "train on each alone"
                )


def _terms(info: GameInfo) -> dict[str, str]:
    return {
        "game": info.game,
        "steps a second": f"{info.steps_per_second:g}",
        "calibration": f"{info.calibration.radians_per_count:g} rad a count",
    }
