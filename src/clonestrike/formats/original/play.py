"""The common base of the original's files as trajectories: HDF5 files, recorder files, metadata."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState, States, unknown
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.arrays import OriginalArrays
from clonestrike.formats.original.layout import FIRST_PERSON, OriginalFile, game_info


@dataclass(frozen=True, eq=False)
class OriginalPlay(ABC):
    """One file of the original as a trajectory of T steps.

    The metadata of a row is one step newer than its frame: state t is the metadata of row t - 1, the first state is
    unknown, and the last row's metadata is the final state. The label and events of row i answer its frame.
    """

    file: OriginalFile
    run: str
    """The block of neighbouring files (see layout.blocks)."""

    @property
    def path(self) -> Path:
        """The file's path."""
        return self.file.path

    @property
    def part(self) -> int:
        """The number of the file."""
        return self.file.number

    @property
    def info(self) -> GameInfo:
        """GameInfo from the layout and the file's name (see layout.game_info)."""
        return game_info(self.file.stub)

    @property
    def player(self) -> str:
        """The file's stub, since the player is not known."""
        return self.file.player

    @property
    @abstractmethod
    def steps(self) -> int:
        """T, the number of steps."""

    @property
    @abstractmethod
    def faults(self) -> Sequence[str]:
        """What cannot be used of the file, and why; a line each."""

    @property
    @abstractmethod
    def labels(self) -> Actions | None:
        """The T labels, or None if there are none."""

    @property
    @abstractmethod
    def events(self) -> Bools:
        """Kill and death of every row, bool (T, 2)."""

    @cached_property
    @abstractmethod
    def states(self) -> States:
        """T + 1 states; the first is unknown."""

    @property
    def row_states(self) -> States:
        """The T states 1..T, one for every row of metadata."""
        return self.states[1:]

    @property
    @abstractmethod
    def rows(self) -> list[metadata.Row] | None:
        """The metadata of every row: [curr_vars], [curr_vars, infer_a] or [curr_vars, infer_a, helper_arr].

        None without metadata.
        """

    @property
    @abstractmethod
    def arrays(self) -> OriginalArrays:
        """All that the file holds besides frames, unchanged."""

    def notes(self, row: int) -> dict[str, Any]:
        """The metadata of a row: curr_vars, and infer_a and helper_arr where they are known; empty without metadata."""
        rows = self.rows
        if rows is None:
            return {}
        state, *rest = rows[row]
        # A pre-processed row has y and xaux in between, whose content the other entries tell.
        infer_a = {"infer_a": rest[0]} if rest else {}
        return {"curr_vars": state, **infer_a, **({"helper_arr": rest[-1]} if len(rest) > 1 else {})}

    @cached_property
    def actions(self) -> Actions | None:
        """None: the true actions are not known, or in part only (see PlayFile.true_switches)."""
        return None

    @property
    def action_known(self) -> Bools:
        """Bool (T,): all False, as there are no true actions."""
        return np.zeros(self.steps, np.bool_)

    @property
    def exact_labels(self) -> Actions | None:
        """The labels, with unbinned mouse counts where they are known."""
        return self.labels

    @cached_property
    def label_valid(self) -> Bools:
        """Bool (T,): False in the first row, and where the player is dead or has no weapon now or in the next state."""
        valid = np.zeros(self.steps, np.bool_)
        labels = self.labels
        if labels is not None:
            nobody = (self.states.health == 0) | (self.states.alive == 0)
            if self.rows is not None:
                nobody |= unknown(self.states.weapon)
            valid[:] = ~(nobody[:-1] | nobody[1:]) & np.isfinite(labels.mouse).all(1)
            valid[0] = False
        return valid

    @property
    def kills(self) -> Bools:
        """Bool (T,): the actor made a kill; helperarr's first column."""
        kills: Bools = self.events[:, 0]
        return kills

    @property
    def deaths(self) -> Bools:
        """Bool (T,): the actor died; helperarr's second column."""
        deaths: Bools = self.events[:, 1]
        return deaths

    @cached_property
    def gaps(self) -> Bools:
        """Bool (T,): True where the next frame is missing, and at the end: files do not continue each other."""
        gaps = np.zeros(self.steps, np.bool_)
        gaps[-1] = True
        return gaps

    @property
    def state_gaps(self) -> Bools:
        """Bool (T,): True in the first row, and where the frame before is missing: states lag one row behind frames."""
        return np.append(True, self.gaps[:-1])

    @property
    def disturbed(self) -> Bools:
        """Bool (T,): all False."""
        return np.zeros(self.steps, np.bool_)

    @abstractmethod
    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, 150, 280, 3) RGB; the bounds mean what they mean for a list."""

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The same frames in arrays of ``chunk`` frames (the last one may be shorter), in order."""
        first, last, _ = slice(start, stop).indices(self.steps)
        for begin in range(first, last, chunk):
            yield self.frames(begin, min(begin + chunk, last))

    @abstractmethod
    def fingerprint(self) -> str:
        """A hash of frames and rows but not of labels, 16 hexadecimal digits."""


def to_states(path: Path, rows: Sequence[Sequence[Any]]) -> States:
    """T rows [curr_vars, ...] -> T + 1 states, the first unknown; raises ClonestrikeError for an unreadable row."""
    try:
        return States.of([PlayerState(), *(metadata.to_state(row[0]) for row in rows)])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ClonestrikeError(f"the metadata of {path} is not readable ({error!r})", "remove it") from None


_HASHED = (
    "x", "y", "z", "vx", "vy", "vz", "yaw", "pitch", "view_height", "field_of_view", "scoped", "health", "armour",
    "weapon", "weapon_slot", "ammo", "team", "kills", "deaths", "alive", "first_person",
)  # fmt: skip
"""The fields of states in fingerprints."""


def metadata_bytes(rows: Sequence[metadata.Row], states: States) -> bytes:
    """What fingerprints hash of T rows of metadata and their T + 1 states.

    It must stay what it was in the first version, however metadata is read since: checkpoints and labels name play by
    its fingerprint.
    """
    clockwise = np.array([row[0]["xy_rad"] for row in rows], np.float64)
    columns = {
        **{name: states.columns[name] for name in _HASHED},
        "yaw": np.append(np.nan, -(clockwise + np.pi) % (2 * np.pi) - np.pi),
        "first_person": np.append(np.nan, [float(row[0]["obs_mode"] == FIRST_PERSON) for row in rows]),
    }
    return b"".join(repr(c.tolist()).encode() if c.dtype == object else c.tobytes() for c in columns.values())
