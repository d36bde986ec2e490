"""Trajectories: parts of runs, as all stages after recording read them, whatever the data format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import States


class Trajectory(Protocol):
    """A part of a run: T frames, T actions where they are known, T + 1 states.

    Every data format opens trajectories (see clonestrike.core.format); a recording is one.
    """

    @property
    def path(self) -> Path:
        """Its folder or file."""

    @property
    def info(self) -> GameInfo:
        """The game that it comes from."""

    @property
    def player(self) -> str:
        """Name of the player."""

    @property
    def run(self) -> str:
        """Name of the run that this is a part of."""

    @property
    def part(self) -> int:
        """Place in the run: 0, 1, ..."""

    @property
    def steps(self) -> int:
        """Number of steps, T."""

    @property
    def states(self) -> States:
        """T + 1 states; unknown values are NaN or None."""

    @property
    def row_states(self) -> States:
        """T states: the one that belongs to the events of each row, for statistics.

        Usually state t for row t; the original's recorder read it one step later, also where its files were imported.
        """

    @property
    def actions(self) -> Actions | None:
        """The T true actions, or None if none is known; see ``action_known``."""

    @property
    def action_known(self) -> Bools:
        """Bool (T,): rows whose true action is known; in ``actions`` the others press nothing.

        For a watched player it is unknown in the last step before the view changes.
        """

    @property
    def labels(self) -> Actions | None:
        """The T inferred actions, or None before labelling."""

    @property
    def exact_labels(self) -> Actions | None:
        """The labels with mouse counts as inferred, if those of ``labels`` are rounded to bins."""

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
        """Bool (T,): another action was executed than the intended one, which is stored."""

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, H, W, 3) RGB; bounds as in slicing."""

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The same frames in arrays of ``chunk`` frames (the last one may be shorter), in order."""

    def fingerprint(self) -> str:
        """A hash of frames and rows without the labels: 16 hexadecimal digits."""


class Labellable(Trajectory, Protocol):
    """A trajectory whose labels can be replaced: a recording, and the original's files of play."""

    @property
    def state_gaps(self) -> Bools:
        """Bool (T,): state t + 1 does not follow state t by one step, so that nothing can be inferred of row t.

        Differs from ``gaps``, which tells of frames, where states lag behind frames, as in the original's files.
        """

    @property
    def true_switches(self) -> Actions | None:
        """T actions with the true w, a, s, d, space, r and left button of a player who recorded himself, nothing else.

        None unless these are known although ``actions`` is not, as in files of the original's recorder of own play.
        """

    def write_labels(self, actions: Actions, valid: Bools) -> None:
        """Store T labels, and which of them may be learned from (bool (T,)); they replace earlier labels on disk.

        This trajectory may keep the labels that it was opened with. Raises ClonestrikeError when they cannot be
        written; what is on disk is unchanged then.
        """


def is_labellable(play: Trajectory) -> TypeGuard[Labellable]:
    """Whether the labels of this trajectory can be replaced."""
    return hasattr(type(play), "write_labels")  # not isinstance: that would read every property


class WithNotes(Trajectory, Protocol):
    """A trajectory whose files hold more of every row than the other properties tell."""

    def notes(self, row: int) -> Mapping[str, Any]:
        """What the files hold of a row, by the names that it has there; empty if nothing."""


def has_notes(play: Trajectory) -> TypeGuard[WithNotes]:
    """Whether the files of this trajectory hold more of every row."""
    return hasattr(type(play), "notes")


class BaseTrajectory(ABC):
    """Base class for data formats that have frames, states and actions only.

    The rest is derived: kills and deaths from the states, no labels, no gaps, every action known.
    """

    part = 0
    labels: Actions | None = None
    exact_labels: Actions | None = None

    @property
    @abstractmethod
    def path(self) -> Path:
        """Its folder or file."""

    @property
    @abstractmethod
    def info(self) -> GameInfo:
        """The game that it comes from."""

    @property
    @abstractmethod
    def states(self) -> States:
        """T + 1 states; unknown values are NaN or None."""

    @property
    @abstractmethod
    def actions(self) -> Actions | None:
        """The T true actions, or None if none is known."""

    @abstractmethod
    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, H, W, 3) RGB; bounds as in slicing."""

    @abstractmethod
    def fingerprint(self) -> str:
        """A hash of frames and rows without the labels: 16 hexadecimal digits."""

    @property
    def player(self) -> str:
        """Name of the player."""
        return "player"

    @property
    def run(self) -> str:
        """Name of the run that this is a part of: the file's name."""
        return self.path.stem

    @property
    def steps(self) -> int:
        """Number of steps, T."""
        return len(self.states) - 1

    @property
    def row_states(self) -> States:
        """T states: state t for row t."""
        return self.states[: self.steps]

    @property
    def action_known(self) -> Bools:
        """Bool (T,): all True if there are actions, else all False."""
        return np.full(self.steps, self.actions is not None)

    @property
    def label_valid(self) -> Bools:
        """Bool (T,): all False."""
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
        """Bool (T,): all False."""
        return np.zeros(self.steps, np.bool_)

    @property
    def disturbed(self) -> Bools:
        """Bool (T,): all False."""
        return np.zeros(self.steps, np.bool_)

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The same frames in arrays of ``chunk`` frames (the last one may be shorter), in order."""
        first, last, _ = slice(start, stop).indices(self.steps)
        return (self.frames(begin, min(begin + chunk, last)) for begin in range(first, last, chunk))
