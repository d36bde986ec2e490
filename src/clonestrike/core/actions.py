"""Actions and the action space: the only place that knows the order of keys and the mouse bins.

The space is that of Pearce & Zhu (2022, section IV): 11 keys, 2 mouse buttons, mouse x in 23 bins and
mouse y in 15 bins, concatenated to a vector of 51.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from clonestrike.errors import ClonestrikeError

Floats = NDArray[np.float32]
Counts = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

KEYS = ("w", "a", "s", "d", "space", "ctrl", "shift", "1", "2", "3", "r")
BUTTONS = ("left", "right")
SWITCHES = (*KEYS, *BUTTONS)
"""The 13 on/off outputs, in the order of the vector."""

MOUSE_X_BINS = (-1000, -500, -300, -200, -100, -60, -30, -20, -10, -4, -2, 0,
                2, 4, 10, 20, 30, 60, 100, 200, 300, 500, 1000)  # fmt: skip
MOUSE_Y_BINS = (-200, -100, -50, -20, -10, -4, -2, 0, 2, 4, 10, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class Action:
    """What is held from one step to the next.

    ``mouse_x`` and ``mouse_y`` are counts over the whole step: +x turns right, +y looks down.
    """

    keys: frozenset[str] = frozenset()
    left: bool = False
    right: bool = False
    mouse_x: float = 0.0
    mouse_y: float = 0.0

    def __post_init__(self) -> None:
        unknown = self.keys - frozenset(KEYS)
        if unknown:
            raise ClonestrikeError(f"unknown keys {sorted(unknown)}", f"the action space has {', '.join(KEYS)}")


@dataclass(frozen=True)
class Actions(Sequence[Action]):
    """N actions as arrays: ``switches`` bool (N, 13) in the order of SWITCHES, ``mouse`` float64 (N, 2) counts."""

    switches: Bools
    mouse: Counts

    def __post_init__(self) -> None:
        n = len(self.switches)
        if self.switches.shape != (n, len(SWITCHES)) or self.mouse.shape != (n, 2):
            raise ValueError(f"switches {self.switches.shape} and mouse {self.mouse.shape} do not fit each other")

    @classmethod
    def of(cls, actions: Sequence[Action]) -> Actions:
        """The same actions as arrays."""
        switches = np.zeros((len(actions), len(SWITCHES)), np.bool_)
        mouse = np.zeros((len(actions), 2), np.float64)
        for i, action in enumerate(actions):
            switches[i] = [name in action.keys for name in KEYS] + [action.left, action.right]
            mouse[i] = action.mouse_x, action.mouse_y
        return cls(switches, mouse)

    @classmethod
    def zeros(cls, n: int) -> Actions:
        """N actions in which nothing is pressed."""
        return cls(np.zeros((n, len(SWITCHES)), np.bool_), np.zeros((n, 2), np.float64))

    def switch(self, name: str) -> Bools:
        """The column of one key or button, bool (N,), as a view."""
        column: Bools = self.switches[:, SWITCHES.index(name)]
        return column

    def __len__(self) -> int:
        return len(self.switches)

    @overload
    def __getitem__(self, index: int) -> Action: ...
    @overload
    def __getitem__(self, index: slice) -> Actions: ...
    def __getitem__(self, index: int | slice) -> Action | Actions:
        if isinstance(index, slice):
            return Actions(self.switches[index], self.mouse[index])
        row = self.switches[index]
        return Action(
            frozenset(name for name, on in zip(KEYS, row, strict=False) if on),
            left=bool(row[-2]),
            right=bool(row[-1]),
            mouse_x=float(self.mouse[index, 0]),
            mouse_y=float(self.mouse[index, 1]),
        )

    def __iter__(self) -> Iterator[Action]:
        return (self[i] for i in range(len(self)))


def _nearest(counts: NDArray[Any], bins: Sequence[int]) -> Ints:
    """Index of the nearest bin; a tie goes to the more negative one, as in the original."""
    edges = np.asarray(bins, np.float64)
    index: Ints = np.searchsorted((edges[1:] + edges[:-1]) / 2, counts, side="left").astype(np.int64)
    return index


@dataclass(frozen=True)
class ActionSpace:
    """Names, order and bins; encodes actions as vectors and decodes them.

    A vector is float32: ``[11 keys, 2 buttons, one-hot mouse x (23), one-hot mouse y (15)]``, 51 in all.
    """

    switches: tuple[str, ...] = SWITCHES
    mouse_x_bins: tuple[int, ...] = field(default=MOUSE_X_BINS)
    mouse_y_bins: tuple[int, ...] = field(default=MOUSE_Y_BINS)

    @property
    def widths(self) -> dict[str, int]:
        """Lengths of the sections of a vector, in order: switches (13), mouse_x (23), mouse_y (15)."""
        return {
            "switches": len(self.switches),
            "mouse_x": len(self.mouse_x_bins),
            "mouse_y": len(self.mouse_y_bins),
        }

    @property
    def size(self) -> int:
        """Length of a vector (51)."""
        return sum(self.widths.values())

    @property
    def sections(self) -> dict[str, slice]:
        """Slices of switches, mouse_x and mouse_y in a vector."""
        a = len(self.switches)
        b = a + len(self.mouse_x_bins)
        return {"switches": slice(0, a), "mouse_x": slice(a, b), "mouse_y": slice(b, self.size)}

    def x_index(self, counts: NDArray[Any]) -> Ints:
        """Counts of any shape -> index of the mouse x bin, int64 of the same shape."""
        return _nearest(counts, self.mouse_x_bins)

    def y_index(self, counts: NDArray[Any]) -> Ints:
        """Counts of any shape -> index of the mouse y bin, int64 of the same shape."""
        return _nearest(counts, self.mouse_y_bins)

    def encode(self, actions: Actions) -> Floats:
        """Actions -> vectors, float32 (N, 51); counts beyond the last bin are clipped to it."""
        n = len(actions)
        vectors = np.zeros((n, self.size), np.float32)
        rows, place = np.arange(n), self.sections
        vectors[:, place["switches"]] = actions.switches
        vectors[rows, place["mouse_x"].start + self.x_index(actions.mouse[:, 0])] = 1
        vectors[rows, place["mouse_y"].start + self.y_index(actions.mouse[:, 1])] = 1
        return vectors

    def decode(self, vectors: NDArray[Any]) -> Actions:
        """Vectors (N, 51), one-hot or probabilities -> actions: switches at 0.5, mouse by its largest bin."""
        if vectors.ndim != 2 or vectors.shape[1] != self.size:
            raise ClonestrikeError(
                f"action vectors have shape {vectors.shape}, expected (N, {self.size})",
                "use vectors of this action space",
            )
        place = self.sections
        x = np.asarray(self.mouse_x_bins, np.float64)[vectors[:, place["mouse_x"]].argmax(1)]
        y = np.asarray(self.mouse_y_bins, np.float64)[vectors[:, place["mouse_y"]].argmax(1)]
        return Actions(vectors[:, place["switches"]] > 0.5, np.stack([x, y], 1))

    def encode_one(self, action: Action) -> Floats:
        """One action -> its vector, float32 (51,)."""
        vector: Floats = self.encode(Actions.of([action]))[0]
        return vector

    def decode_one(self, vector: NDArray[Any]) -> Action:
        """One vector (51,) -> its action."""
        return self.decode(vector[None])[0]

    def snap(self, action: Action) -> Action:
        """The action with its mouse motion rounded to the nearest bins: a faster ``decode(encode(action))``."""
        x, y = (
            float(bins[bisect_left(edges, counts)])
            for bins, edges, counts in (
                (self.mouse_x_bins, self._edges[0], action.mouse_x),
                (self.mouse_y_bins, self._edges[1], action.mouse_y),
            )
        )
        return replace(action, mouse_x=x, mouse_y=y)

    @cached_property
    def _edges(self) -> tuple[list[float], list[float]]:
        """Counts half way between neighbouring bins of x and of y."""
        x, y = ([(a + b) / 2 for a, b in pairwise(bins)] for bins in (self.mouse_x_bins, self.mouse_y_bins))
        return x, y


ACTION_SPACE = ActionSpace()
