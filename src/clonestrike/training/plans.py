"""Sampling: which training sequences make up an epoch, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from clonestrike.core.actions import ACTION_SPACE, SWITCHES
from clonestrike.errors import ClonestrikeError
from clonestrike.training.segments import Segment

PAPER_WINDOW = 96
"""Rows of a window."""
PAPER_JITTER = 18
"""Largest shift of a window, in rows."""
PAPER_SELECTIONS = 4
"""Selections of windows that are drawn once and then cycled."""
WEAPON_GROUPS = {"akm4": ("ak47", "m4a1")}
"""The original's names for several weapons."""


class TrainingSequence(NamedTuple):
    """Rows start..stop (exclusive) of a segment; memory is empty at its start and carried through to its end."""

    segment: int
    start: int
    stop: int


Plan = Callable[[int], list[TrainingSequence]]
"""Epoch number -> its training sequences, in the order in which streams take them."""


def whole_runs(segments: Sequence[Segment], seed: int, longest: int = 960) -> Plan:
    """Every row once per epoch: whole segments in random order; those over ``longest`` rows are cut at random."""

    def plan(epoch: int) -> list[TrainingSequence]:
        random = np.random.default_rng([seed, 0, epoch])
        sequences = []
        for i, segment in enumerate(segments):
            n = len(segment)
            cuts = [] if n <= longest else list(range(int(random.integers(1, longest)), n, longest))
            sequences += [TrainingSequence(i, a, b) for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
        return [sequences[i] for i in random.permutation(len(sequences))]

    return plan


def paper_windows(
    segments: Sequence[Segment], seed: int, weapon: str | None = None, select: bool = True, far: bool = False
) -> Plan:
    """Windows of 96 rows, shifted forward by 0..18 rows; with ``select`` the original's kill-aware sub-selection.

    A window is drawn with probability

    - 0 when the wanted weapon (None: any) is held on less than 70 % of its rows,
    - else 1 when it has a kill; the window before it is then kept as well,
    - else 0 when more than 80 % of its rows use no movement key and more than 80 % no mouse,
    - else 0.4; or 1 with ``far``, when at least half of its rows lie in the rarely visited corners of dust2.

    Four selections are drawn once and cycled, one per epoch. (The original also counts the rows behind a file's last
    window towards it.) ``weapon`` is a weapon's name, a CS:GO name without ``weapon_``, or akm4.

    Raises ClonestrikeError when ``weapon`` or ``far`` is given and no weapon or position is known.
    """
    if select and weapon and not any((segment.weapon != None).any() for segment in segments):  # noqa: E711 (elementwise)
        raise ClonestrikeError(
            "no weapon is known in these data", f"put the metadata beside them, or leave out {weapon}"
        )
    if select and far and all(s.position is None or np.isnan(s.position).all() for s in segments):
        raise ClonestrikeError("no position is known in these data", "put the metadata beside them")
    windows = [
        TrainingSequence(i, start, min(start + PAPER_WINDOW, len(segment)))
        for i, segment in enumerate(segments)
        for start in range(0, max(1, len(segment) - PAPER_WINDOW + 1), PAPER_WINDOW)
    ]
    chances = np.array([_chance(segments[window.segment], window, weapon) for window in windows])
    kills = np.flatnonzero(chances == 1)
    if far:
        chances[[bool(p > 0) and _far(segments[w.segment], w) for p, w in zip(chances, windows, strict=True)]] = 1
    before = [i - 1 for i in kills if i > 0 and windows[i - 1].segment == windows[i].segment]

    def plan(epoch: int) -> list[TrainingSequence]:
        drawn = np.random.default_rng([seed, 1, epoch % PAPER_SELECTIONS]).random(len(windows)) < chances
        drawn[before] = True
        random = np.random.default_rng([seed, 2, epoch])
        sequences = []
        for i in random.permutation(np.flatnonzero(drawn) if select else len(windows)):
            segment, start, stop = windows[i]
            jitter = min(int(random.integers(0, PAPER_JITTER + 1)), len(segments[segment]) - stop)
            sequences.append(TrainingSequence(segment, start + jitter, stop + jitter))
        return sequences

    return plan


def _chance(segment: Segment, window: TrainingSequence, weapon: str | None) -> float:
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


def _far(segment: Segment, window: TrainingSequence) -> bool:
    if segment.position is None:
        return False
    x, y = segment.position[window.start : window.stop].T
    return bool(np.mean(((x < -800) & (y < 500)) | ((x < -1600) & (y > 2000))) >= 0.5)
