"""What every stage after recording reads: one part of a run, whatever files it lies in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import States


class Trajectory(Protocol):
    """A part of a run: T frames, T actions where they are known, T + 1 states.

    Recordings are trajectories, and so is what other data formats open (see clonestrike.core.format).
    """

    @property
    def path(self) -> Path:
        """The folder or file that it lies in."""

    @property
    def info(self) -> GameInfo:
        """The game that it comes from."""

    @property
    def player(self) -> str:
        """Name of whoever plays."""

    @property
    def run(self) -> str:
        """The uninterrupted stretch of play that it is a part of."""

    @property
    def part(self) -> int:
        """Place in the run: 0, 1, ..."""

    @property
    def steps(self) -> int:
        """T."""

    @property
    def states(self) -> States:
        """T + 1 states; what is not known of them is NaN or None."""

    @property
    def row_states(self) -> States:
        """T states: the one that came with each row's events, which statistics count the row under.

        State t of row t where frames and states are taken together; the original's recorder took it a step later.
        """

    @property
    def actions(self) -> Actions | None:
        """The T true actions, None where none is known; see ``action_known``."""

    @property
    def action_known(self) -> Bools:
        """Bool (T,): rows whose true action is known; in ``actions`` the others do nothing.

        Of a watched player the last step before the view changes has none.
        """

    @property
    def labels(self) -> Actions | None:
        """The T inferred actions, or None before labelling."""

    @property
    def exact_labels(self) -> Actions | None:
        """The labels with mouse counts as they were inferred, where ``labels`` has only those of the bins."""

    @property
    def label_valid(self) -> Bools:
        """Bool (T,): rows whose label may be learned from."""

    @property
    def kills(self) -> Bools:
        """Bool (T,): the player's kills rose from t to t + 1."""

    @property
    def deaths(self) -> Bools:
        """Bool (T,): the player's deaths rose from t to t + 1."""

    @property
    def gaps(self) -> Bools:
        """Bool (T,): row t + 1 does not follow row t by one step."""

    @property
    def disturbed(self) -> Bools:
        """Bool (T,): what was executed is not the intended action that is kept."""

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, H, W, 3) RGB; the bounds mean what they mean for a list."""

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The same frames in arrays of ``chunk`` frames (the last one may be shorter), in order."""

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with frames and rows, labels aside."""


class BaseTrajectory(ABC):
    """A trajectory of which only frames, states and actions are known: the least that a data format must give.

    The rest follows from these: kills and deaths from the states, no labels, no gaps, every action known.
    """

    part = 0
    labels: Actions | None = None
    exact_labels: Actions | None = None

    @property
    @abstractmethod
    def path(self) -> Path:
        """Where it lies."""

    @property
    @abstractmethod
    def info(self) -> GameInfo:
        """The game that it comes from."""

    @property
    @abstractmethod
    def states(self) -> States:
        """T + 1 states; what is not known of them is NaN or None."""

    @property
    @abstractmethod
    def actions(self) -> Actions | None:
        """The T true actions, None where none is known."""

    @abstractmethod
    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, H, W, 3) RGB; the bounds mean what they mean for a list."""

    @abstractmethod
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with frames and rows, labels aside."""

    @property
    def player(self) -> str:
        """Who plays."""
        return "player"

    @property
    def run(self) -> str:
        """The uninterrupted stretch of play that it is a part of: the file's name."""
        return self.path.stem

    @property
    def steps(self) -> int:
        """T."""
        return len(self.states) - 1

    @property
    def row_states(self) -> States:
        """T states: the one that came with each row's events."""
        return self.states[: self.steps]

    @property
    def action_known(self) -> Bools:
        """Bool (T,): all rows, where actions are known."""
        return np.full(self.steps, self.actions is not None)

    @property
    def label_valid(self) -> Bools:
        """Bool (T,): no row."""
        return np.zeros(self.steps, np.bool_)

    @property
    def kills(self) -> Bools:
        """Bool (T,): the player's kills rose from t to t + 1."""
        return self.states.kills[1:] > self.states.kills[:-1]

    @property
    def deaths(self) -> Bools:
        """Bool (T,): the player's deaths rose from t to t + 1."""
        return self.states.deaths[1:] > self.states.deaths[:-1]

    @property
    def gaps(self) -> Bools:
        """Bool (T,): no row."""
        return np.zeros(self.steps, np.bool_)

    @property
    def disturbed(self) -> Bools:
        """Bool (T,): no row."""
        return np.zeros(self.steps, np.bool_)

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The same frames in arrays of ``chunk`` frames (the last one may be shorter), in order."""
        first, last, _ = slice(start, stop).indices(self.steps)
        return (self.frames(begin, min(begin + chunk, last)) for begin in range(first, last, chunk))
