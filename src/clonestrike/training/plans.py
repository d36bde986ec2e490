"""Which rows are learned in which order: the plan of every epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from clonestrike.core.actions import ACTION_SPACE, SWITCHES
from clonestrike.errors import ClonestrikeError
from clonestrike.training.sequences import Segment

PAPER_WINDOW = 96


PAPER_JITTER = 18


PAPER_SELECTIONS = 4


WEAPON_GROUPS = {"akm4": ("ak47", "m4a1")}
"""Names that stand for several weapons, the original's."""


class Walk(NamedTuple):
    """Rows start..stop of a segment; the memory starts empty and is carried to the end."""

    segment: int
    start: int
    stop: int


Plan = Callable[[int], list[Walk]]
"""The walks of an epoch, in the order in which streams take them."""


def whole_runs(segments: Sequence[Segment], seed: int, longest: int = 960) -> Plan:
    """Every row once an epoch, in random order; segments longer than ``longest`` rows are cut at random places."""

    def plan(epoch: int) -> list[Walk]:
        random = np.random.default_rng([seed, 0, epoch])
        walks = []
        for i, segment in enumerate(segments):
            n = len(segment)
            cuts = [] if n <= longest else list(range(int(random.integers(1, longest)), n, longest))
            walks += [Walk(i, a, b) for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
        return [walks[i] for i in random.permutation(len(walks))]

    return plan


def paper_windows(
    segments: Sequence[Segment], seed: int, weapon: str | None = None, select: bool = True, far: bool = False
) -> Plan:
    """Windows of 96 rows with a forward jitter of 0..18, with the original's kill-aware sub-selection.

    A window is drawn with probability 0.4; never when neither movement keys nor the mouse are used on more than 80 % of
    its rows or the wanted weapon (None: any) is held on less than 70 %; always when it has a kill with that weapon, and
    then the window before it is kept as well; with ``far`` also always, if it could be drawn at all, when at least half
    of its rows lie in the corners of dust2 that are seldom visited. Four such selections are drawn once and cycled,
    one an epoch. (The original also counts the rows behind a file's last window towards it.) ``weapon`` is a name,
    a CS:GO name without ``weapon_``, or akm4.

    Raises ClonestrikeError when weapons or positions are asked for and none is known.
    """
    if select and weapon and not any((segment.weapon != None).any() for segment in segments):  # noqa: E711
        raise ClonestrikeError(
            "no weapon is known in these data", f"put the metadata beside them, or leave out {weapon}"
        )
    if select and far and all(s.position is None or np.isnan(s.position).all() for s in segments):
        raise ClonestrikeError("no position is known in these data", "put the metadata beside them")
    windows = [
        Walk(i, start, min(start + PAPER_WINDOW, len(segment)))
        for i, segment in enumerate(segments)
        for start in range(0, max(1, len(segment) - PAPER_WINDOW + 1), PAPER_WINDOW)
    ]
    chances = np.array([_chance(segments[window.segment], window, weapon) for window in windows])
    kills = np.flatnonzero(chances == 1)
    if far:
        chances[[bool(p > 0) and _far(segments[w.segment], w) for p, w in zip(chances, windows, strict=True)]] = 1
    before = [i - 1 for i in kills if i > 0 and windows[i - 1].segment == windows[i].segment]

    def plan(epoch: int) -> list[Walk]:
        drawn = np.random.default_rng([seed, 1, epoch % PAPER_SELECTIONS]).random(len(windows)) < chances
        drawn[before] = True
        random = np.random.default_rng([seed, 2, epoch])
        walks = []
        for i in random.permutation(np.flatnonzero(drawn) if select else len(windows)):
            segment, start, stop = windows[i]
            jitter = min(int(random.integers(0, PAPER_JITTER + 1)), len(segments[segment]) - stop)
            walks.append(Walk(segment, start + jitter, stop + jitter))
        return walks

    return plan


def _chance(segment: Segment, window: Walk, weapon: str | None) -> float:
    rows = slice(window.start, window.stop)
    targets = segment.targets.rows(window.start, window.stop)
    moves = [SWITCHES.index(key) for key in "wasd"]
    x, y = ACTION_SPACE.mouse_x_bins.index(0), ACTION_SPACE.mouse_y_bins.index(0)
    still = (
        np.mean(~targets.switches[:, moves].any(1)) > 0.8
        and np.mean((targets.mouse_x == x) & (targets.mouse_y == y)) > 0.8
    )
    if weapon is not None and np.mean([_is_weapon(name, weapon) for name in segment.weapon[rows]]) < 0.7:
        return 0.0
    if segment.kill[rows].any():
        return 1.0
    return 0.0 if still else 0.4


def _is_weapon(name: str | None, wanted: str) -> bool:
    group = WEAPON_GROUPS.get(wanted, (wanted,))
    return name is not None and (name == wanted or name.startswith(tuple(f"weapon_{part}" for part in group)))


def _far(segment: Segment, window: Walk) -> bool:
    if segment.position is None:
        return False
    x, y = segment.position[window.start : window.stop].T
    return bool(np.mean(((x < -800) & (y < 500)) | ((x < -1600) & (y > 2000))) >= 0.5)
