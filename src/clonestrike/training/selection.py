"""The original's windows of its files, and how likely its sub-selection draws each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import SWITCHES, Bools, Ints
from clonestrike.core.states import unknown
from clonestrike.errors import ClonestrikeError
from clonestrike.training.segments import Facts, Segment

WINDOW = 96
"""Rows of a window."""
WEAPON_GROUPS = {"akm4": ("ak47", "m4a1")}
"""The original's names for several weapons."""
DRAWN = 0.4
"""Probability of a window that nothing speaks for or against."""
LISTS = 4
"""Lists of windows that are drawn once and then cycled."""


class TrainingSequence(NamedTuple):
    """Rows start..stop (exclusive) of a segment; memory is empty at its start and carried through to its end."""

    segment: int
    start: int
    stop: int


@dataclass(frozen=True)
class Totals:
    """What the sub-selection has counted in all windows."""

    windows: int
    motionless: int
    """Windows in which the player hardly moved."""
    kills: int
    deaths: int
    weapon_rows: int
    """Rows with the wanted weapon."""
    weapon_kills: int
    """Kills with it."""


@dataclass(frozen=True)
class Selection:
    """The windows of some segments (see windows_of) as the original selects them: four lists are drawn at random.

    A window is drawn with probability

    - 0 when the wanted weapon (None: any) is held on less than 70 % of its rows,
    - else 1 when it has a kill; the window before it is then in every list, too,
    - else 0 when more than 80 % of its rows use no movement key and more than 80 % no mouse,
    - else 0.4; or 1 with ``far``, when at least half of its rows lie in the rarely visited corners of dust2.

    The rows behind a segment's last window, but for the very last one, count towards that window, and shares are of 96
    rows all the same.

    ``chances`` float64 (W,): the probabilities; ``before`` bool (W,): windows with a kill behind them; ``lists`` bool
    (4, W): the windows of each list.
    """

    chances: NDArray[np.float64]
    before: Bools
    lists: Bools
    totals: Totals

    @classmethod
    def of(cls, segments: Sequence[Segment], seed: int, weapon: str | None = None, far: bool = False) -> Selection:
        """Select windows; ``weapon`` is a weapon's name, a CS:GO name without ``weapon_``, or akm4.

        Raises ClonestrikeError when ``weapon`` or ``far`` is given and no weapon or position is known.
        """
        if weapon and all(unknown(segment.facts.weapon).all() for segment in segments):
            raise ClonestrikeError(
                "no weapon is known in these data", f"put the metadata beside them, or leave out {weapon}"
            )
        if far and all(np.isnan(segment.facts.position).all() for segment in segments):
            raise ClonestrikeError("no position is known in these data", "put the metadata beside them")
        windows = windows_of(segments)
        counts = np.array([_counts(segments[window.segment], window, weapon) for window in windows], np.int64)
        no_keys, no_mouse, armed, kills, deaths, armed_kills, afar = counts.reshape(-1, 7).T
        rows = np.array([window.stop - window.start for window in windows])
        motionless = (no_keys / rows > 0.8) & (no_mouse / rows > 0.8)
        wanted = armed / rows >= 0.7
        chances = np.select([~wanted, kills > 0, motionless], [0.0, 1.0, 0.0], DRAWN)
        before = np.append((wanted & (kills > 0))[1:], False)
        before &= [a.segment == b.segment for a, b in zip(windows, (*windows[1:], windows[-1]), strict=True)]
        if far:
            chances[(chances > 0) & (afar / rows >= 0.5)] = 1.0
        sums = (int(part.sum()) for part in (motionless, kills, deaths, armed, armed_kills))
        draws = [np.random.default_rng([seed, 1, number]).random(len(windows)) for number in range(LISTS)]
        return cls(chances, before, (np.array(draws) < chances) | before, Totals(len(windows), *sums))

    def of_epoch(self, epoch: int) -> Ints:
        """Indices of the windows of an epoch."""
        return np.flatnonzero(self.lists[epoch % LISTS])

    def to_json(self) -> dict[str, Any]:
        """The totals, and the number of windows in each list."""
        return {**asdict(self.totals), "lists": self.lists.sum(1).tolist()}

    def __str__(self) -> str:
        """The totals that the original prints, in one line."""
        t, sizes = self.totals, ", ".join(map(str, self.lists.sum(1).tolist()))
        return (
            f"of {t.windows} windows the four selections take {sizes}; {t.motionless} are motionless; there are "
            f"{t.kills} kills and {t.deaths} deaths; the weapon is held on {t.weapon_rows} rows, with {t.weapon_kills} "
            f"kills"
        )


def windows_of(segments: Sequence[Segment]) -> tuple[TrainingSequence, ...]:
    """All windows of 96 rows side by side; a segment that is shorter is one window."""
    return tuple(
        TrainingSequence(i, start, min(start + WINDOW, len(segment)))
        for i, segment in enumerate(segments)
        for start in range(0, max(1, len(segment) - WINDOW + 1), WINDOW)
    )


def _counts(segment: Segment, window: TrainingSequence, weapon: str | None) -> tuple[int, ...]:
    """Rows without movement key, without mouse, with the weapon; kills, deaths, kills with it; rows in far corners."""
    last = len(segment) - window.stop < WINDOW
    rows = slice(window.start, max(window.stop, len(segment) - 1) if last else window.stop)
    facts: Facts = segment.facts.rows(rows.start, rows.stop)
    moves = segment.targets.switches[rows][:, [SWITCHES.index(key) for key in "wasd"]].any(1)
    armed = np.array([_is_weapon(name, weapon) for name in facts.weapon])
    columns = (~moves, facts.still, armed, facts.kill, facts.death, facts.kill & armed, _far(facts.position))
    return tuple(int(column.sum()) for column in columns)


def _is_weapon(name: Any, wanted: str | None) -> bool:
    if wanted is None:
        return True
    group = WEAPON_GROUPS.get(wanted, (wanted,))
    return name is not None and (name == wanted or name.startswith(tuple(f"weapon_{part}" for part in group)))


def _far(position: NDArray[np.float64]) -> Bools:
    x, y = position.T
    far: Bools = ((x < -800) & (y < 500)) | ((x < -1600) & (y > 2000))
    return far
