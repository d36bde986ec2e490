"""Which rows are learned when: streams that walk along runs, a chunk of T steps at a time.

Everything random is a function of the seed and the epoch, and the streams' places are a few integers: training
goes on after a kill exactly as it would have without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from clonestrike.core.actions import ACTION_SPACE, SWITCHES, Bools, Ints
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.view import Bytes, PolicyView
from clonestrike.training.sequences import Labels, Stretch

PAPER_WINDOW = 96
PAPER_JITTER = 18
PAPER_SELECTIONS = 4
WEAPON_GROUPS = {"akm4": ("ak47", "m4a1")}
"""Names that stand for several weapons, the original's."""


class Walk(NamedTuple):
    """Rows start..stop of a stretch; the memory starts empty and is carried to the end."""

    stretch: int
    start: int
    stop: int


Plan = Callable[[int], list[Walk]]
"""The walks of an epoch, in the order in which streams take them."""


def whole_runs(stretches: Sequence[Stretch], seed: int, longest: int = 960) -> Plan:
    """Every row once an epoch, in random order; stretches longer than ``longest`` rows are cut at random places."""

    def plan(epoch: int) -> list[Walk]:
        random = np.random.default_rng([seed, 0, epoch])
        walks = []
        for i, stretch in enumerate(stretches):
            n = len(stretch)
            cuts = [] if n <= longest else list(range(int(random.integers(1, longest)), n, longest))
            walks += [Walk(i, a, b) for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
        return [walks[i] for i in random.permutation(len(walks))]

    return plan


def paper_windows(
    stretches: Sequence[Stretch], seed: int, weapon: str | None = None, select: bool = True, far: bool = False
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
    if select and weapon and not any((stretch.weapon != None).any() for stretch in stretches):  # noqa: E711
        raise ClonestrikeError(f"no weapon is known in these data: put the metadata beside them, or leave out {weapon}")
    if select and far and all(s.position is None or np.isnan(s.position).all() for s in stretches):
        raise ClonestrikeError("no position is known in these data: put the metadata beside them")
    windows = [
        Walk(i, start, min(start + PAPER_WINDOW, len(stretch)))
        for i, stretch in enumerate(stretches)
        for start in range(0, max(1, len(stretch) - PAPER_WINDOW + 1), PAPER_WINDOW)
    ]
    chances = np.array([_chance(stretches[window.stretch], window, weapon) for window in windows])
    kills = np.flatnonzero(chances == 1)
    if far:
        chances[[bool(p > 0) and _far(stretches[w.stretch], w) for p, w in zip(chances, windows, strict=True)]] = 1
    before = [i - 1 for i in kills if i > 0 and windows[i - 1].stretch == windows[i].stretch]

    def plan(epoch: int) -> list[Walk]:
        drawn = np.random.default_rng([seed, 1, epoch % PAPER_SELECTIONS]).random(len(windows)) < chances
        drawn[before] = True
        random = np.random.default_rng([seed, 2, epoch])
        walks = []
        for i in random.permutation(np.flatnonzero(drawn) if select else len(windows)):
            stretch, start, stop = windows[i]
            jitter = min(int(random.integers(0, PAPER_JITTER + 1)), len(stretches[stretch]) - stop)
            walks.append(Walk(stretch, start + jitter, stop + jitter))
        return walks

    return plan


def _chance(stretch: Stretch, window: Walk, weapon: str | None) -> float:
    rows = slice(window.start, window.stop)
    labels = stretch.labels.rows(window.start, window.stop)
    moves = [SWITCHES.index(key) for key in "wasd"]
    x, y = ACTION_SPACE.mouse_x_bins.index(0), ACTION_SPACE.mouse_y_bins.index(0)
    still = (
        np.mean(~labels.switches[:, moves].any(1)) > 0.8
        and np.mean((labels.mouse_x == x) & (labels.mouse_y == y)) > 0.8
    )
    if weapon is not None and np.mean([_is_weapon(name, weapon) for name in stretch.weapon[rows]]) < 0.7:
        return 0.0
    if stretch.kill[rows].any():
        return 1.0
    return 0.0 if still else 0.4


def _is_weapon(name: str | None, wanted: str) -> bool:
    group = WEAPON_GROUPS.get(wanted, (wanted,))
    return name is not None and (name == wanted or name.startswith(tuple(f"weapon_{part}" for part in group)))


def _far(stretch: Stretch, window: Walk) -> bool:
    if stretch.position is None:
        return False
    x, y = stretch.position[window.start : window.stop].T
    return bool(np.mean(((x < -800) & (y < 500)) | ((x < -1600) & (y > 2000))) >= 0.5)


@dataclass(frozen=True)
class Augmentation:
    """Random changes of what is seen, the same along a whole walk."""

    light: float = 0.0
    """Probability of a brightness factor in 0.7..1.3, and again of a contrast factor about 128 (the paper: 0.5)."""
    mirror: float = 0.0
    """Probability of swapping left and right, actions included."""

    def __post_init__(self) -> None:
        for name, share in vars(self).items():
            if not 0 <= share <= 1:
                raise ClonestrikeError(f"--{name} is a share from 0 to 1, not {share:g}")


@dataclass(frozen=True)
class Batch:
    """A chunk of T steps of B streams.

    ``views`` uint8 (T, B, H, W, 3) a part; ``labels`` with axes (T, B) in place of (N,); ``present`` bool (T, B):
    padding is not; ``begins`` bool (B,): the memory is emptied before this chunk.
    """

    views: dict[str, Bytes]
    labels: Labels
    present: Bools
    begins: Bools


class Streams:
    """B streams that take walks off a plan, one after the other, and go along them T rows at a time.

    With ``clean_up`` the labels of every walk are cleaned up by themselves, as in the original; the reward stays.
    """

    def __init__(
        self,
        stretches: Sequence[Stretch],
        plan: Plan,
        view: PolicyView,
        *,
        streams: int,
        chunk: int,
        seed: int = 0,
        augmentation: Augmentation | None = None,
        clean_up: bool = False,
        epochs: int | None = None,
    ) -> None:
        self._stretches, self._plan, self._view, self._clean_up = stretches, plan, view, clean_up
        self._chunk, self._seed, self._epochs = chunk, seed, epochs
        self._augmentation = augmentation or Augmentation()
        self._plans: dict[int, list[Walk]] = {}
        # Row 0 is the next walk to hand out: (epoch, number, 0). The others are the streams: (epoch, number, offset),
        # with a number of -1 for a stream that needs a walk.
        self._places: Ints = np.zeros((streams + 1, 3), np.int64)
        self._places[1:, 1] = -1

    @property
    def places(self) -> Ints:
        """Where the streams are, int64 (B + 1, 3): set it to go on from there."""
        return self._places.copy()

    @places.setter
    def places(self, places: Ints) -> None:
        self._places = places.astype(np.int64)

    def updates(self, epochs: int) -> int:
        """How many batches so many epochs are, from their beginning."""
        chunks = sum(-(-(walk.stop - walk.start) // self._chunk) for e in range(epochs) for walk in self._plan(e))
        return -(-chunks // (len(self._places) - 1))

    def __iter__(self) -> Iterator[Batch]:
        while (batch := self._next()) is not None:
            yield batch

    def _next(self) -> Batch | None:
        b, t = len(self._places) - 1, self._chunk
        views = {part: np.zeros((t, b, *shape), np.uint8) for part, shape in self._view.shapes.items()}
        labels = Labels(
            np.zeros((t, b, len(SWITCHES)), bool),
            np.zeros((t, b), np.int64),
            np.zeros((t, b), np.int64),
            np.zeros((t, b), bool),
            np.zeros((t, b), np.float32),
        )
        present, begins = np.zeros((t, b), bool), np.zeros(b, bool)
        for i in range(b):
            place = self._places[i + 1]
            begins[i] = place[1] < 0
            if begins[i] and not self._hand_out(place):
                continue
            walk = self._walks(int(place[0]))[place[1]]
            start = walk.start + int(place[2])
            rows = min(t, walk.stop - start)
            self._fill(views, labels, i, walk, start, rows, (int(place[0]), int(place[1])))
            present[:rows, i] = True
            place[2] += rows
            if start + rows == walk.stop:
                place[1:] = -1, 0
        return Batch(views, labels, present, begins) if present.any() else None

    def _hand_out(self, place: Ints) -> bool:
        """Give a stream the next walk; False when all epochs are over."""
        queue = self._places[0]
        if not any(self._walks(int(queue[0]) + epoch) for epoch in range(PAPER_SELECTIONS)):
            raise ClonestrikeError("the sampling selects no rows at all: use more recordings or another recipe")
        while queue[1] >= len(self._walks(int(queue[0]))):
            queue[:] = queue[0] + 1, 0, 0
        if self._epochs is not None and queue[0] >= self._epochs:
            return False
        place[:] = queue
        queue[1] += 1
        return True

    def _walks(self, epoch: int) -> list[Walk]:
        if epoch not in self._plans:
            oldest = int(self._places[:, 0].min())
            self._plans = {e: walks for e, walks in self._plans.items() if e >= oldest}
            self._plans[epoch] = self._plan(epoch)
        return self._plans[epoch]

    def _fill(
        self,
        views: dict[str, Bytes],
        labels: Labels,
        stream: int,
        walk: Walk,
        start: int,
        rows: int,
        number: tuple[int, int],
    ) -> None:
        stretch = self._stretches[walk.stretch]
        random = np.random.default_rng([self._seed, 3, *number])
        mirrored = random.random() < self._augmentation.mirror
        light = _light(random, self._augmentation.light)
        for part, seen in views.items():
            target = seen[:rows, stream]
            stretch.read(part, start, start + rows, target)
            if mirrored:
                target[:] = target[:, :, ::-1].copy()
            if light is not None:
                target[:] = cv2.LUT(np.ascontiguousarray(target).reshape(rows, -1), light).reshape(target.shape)
        source = stretch.labels.rows(start, start + rows)
        if self._clean_up:
            whole = stretch.labels.rows(walk.start, walk.stop).fold_mouse().fill_fire()
            source = whole.rows(start - walk.start, start - walk.start + rows)
        for name in Labels.__dataclass_fields__:
            getattr(labels, name)[:rows, stream] = getattr(source, name)
        if mirrored:
            labels.switches[:rows, stream] = source.switches[:, _MIRRORED]
            labels.mouse_x[:rows, stream] = len(ACTION_SPACE.mouse_x_bins) - 1 - source.mouse_x


@contextmanager
def gathered(streams: Streams) -> Iterator[Iterator[tuple[Batch, Ints]]]:
    """Batches, each with the streams' places after it, gathered in a thread while the one before is learned."""
    batches = iter(streams)

    def gather() -> tuple[Batch, Ints]:
        batch = next(batches)
        return batch, streams.places

    def ahead() -> Iterator[tuple[Batch, Ints]]:
        coming = pool.submit(gather)
        while True:
            ready = coming.result()
            coming = pool.submit(gather)
            yield ready

    with ThreadPoolExecutor(1) as pool:
        yield ahead()


_MIRRORED = [SWITCHES.index({"a": "d", "d": "a"}.get(name, name)) for name in SWITCHES]


def _light(random: np.random.Generator, probability: float) -> Bytes | None:
    """A table of 256 brightness values, clipped and truncated after either change as in the original; None for none."""
    table = np.arange(256, dtype=np.uint8)
    brightness, contrast = random.random(2) < probability
    factors = random.uniform(0.7, 1.3, 2)
    if brightness:
        table = (factors[0] * table).clip(0, 255).astype(np.uint8)
    if contrast:
        table = (128 + factors[1] * table - factors[1] * 128).clip(0, 255).astype(np.uint8)
    return table if brightness or contrast else None
