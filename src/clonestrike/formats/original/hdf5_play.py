"""The original's HDF5 files as trajectories."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE, Actions, Bools
from clonestrike.core.states import PlayerState, States
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.arrays import OriginalArrays, decoded
from clonestrike.formats.original.hdf5 import Hdf5Index, mapped
from clonestrike.formats.original.layout import AMMO_SCALE, AUX, HEALTH_SCALE, OriginalFile
from clonestrike.formats.original.play import to_states
from clonestrike.formats.original.play_file import PlayFile
from clonestrike.formats.original.recorder_play import RecorderPlay, is_recorder


@dataclass(frozen=True, eq=False)
class Hdf5Play(PlayFile):
    """One ``hdf5_<stub><n>.hdf5``; frames are read from the file when they are asked for."""

    index: Hdf5Index

    @classmethod
    def open(cls, file: OriginalFile, run: str) -> Hdf5Play:
        """Index the file, as part of this run; raises ClonestrikeError when nothing of it can be used."""
        return cls(file, run, Hdf5Index.read(file.path))

    @property
    def steps(self) -> int:
        """T, the number of frames that can be used."""
        return len(self.index.frames)

    @property
    def faults(self) -> Sequence[str]:
        """What cannot be used of the file, and why; a line each."""
        return self.index.faults

    @property
    def has_frames(self) -> bool:
        """True: an HDF5 file without frames cannot be used."""
        return True

    @cached_property
    def own_labels(self) -> Actions:
        """The T labels in frame_i_y; mouse counts are those of the bins, NaN where no bin is set."""
        return decoded(self.index.rows(self.path, "y"))

    @property
    def own_exact_labels(self) -> Actions:
        """The T labels with unbinned mouse counts from the metadata's infer_a; without it ``own_labels``.

        Raises ClonestrikeError when an action of the metadata cannot be read.
        """
        infer_a = self.arrays.infer_a
        if infer_a is None:
            return self.own_labels
        try:
            return metadata.to_actions(infer_a)
        except (TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"the metadata of {self.path} has an unreadable action ({error})",
                "download the metadata again, or move it away",
            ) from None

    @property
    def arrays(self) -> OriginalArrays:
        """The arrays of the file, and its metadata; with the labels beside its recorder file, if y was made of them."""
        y, xaux, helperarr = (self.index.rows(self.path, kind) for kind in ("y", "xaux", "helperarr"))
        rows, infer_a = self.rows, None
        if rows is not None and len(rows[0]) == 1:
            infer_a = self._labels_of_recorder_file(y)
        if rows is not None and infer_a is not None:
            before = [None, *(row[0] for row in rows)]
            found = zip(rows, before, infer_a, strict=False)
            rows = [[metadata.inferred(row[0], previous), action] for row, previous, action in found]
        return OriginalArrays(self.file.number, self.index.frames, y, xaux, helperarr, rows)

    def _labels_of_recorder_file(self, y: NDArray[Any]) -> list[metadata.Row] | None:
        """infer_a of every row, whose mouse counts are not binned; None unless y is what they are binned to."""
        twin = self._recorder_file
        labels = twin.labels if twin else None
        frames = self.index.frames
        if labels is None or frames[-1] >= len(labels):
            return None
        mine = Actions(labels.switches[frames], labels.mouse[frames])
        return metadata.to_infer_a(mine) if np.array_equal(ACTION_SPACE.encode(mine), y) else None

    @property
    def _recorder_file(self) -> RecorderPlay | None:
        """The recorder file beside this file, of which it was made; None if there is none."""
        file = OriginalFile(self.file.folder, self.file.data_set, self.file.number, ".npy", self.file.digits)
        return RecorderPlay.open(file, self.run) if file.path.exists() and is_recorder(file) else None

    @cached_property
    def events(self) -> Bools:
        """Bool (T, 2): kill, death; from helperarr."""
        events: Bools = self.index.rows(self.path, "helperarr") > 0.5
        return events

    @cached_property
    def gaps(self) -> Bools:
        """Bool (T,): True where the next frame is missing, and at the end."""
        gaps: Bools = np.diff(self.index.frames, append=-1) != 1
        return gaps

    @property
    def rows(self) -> list[metadata.Row] | None:
        """The metadata [curr_vars, infer_a, helper_arr] of every row; None without metadata.

        It is that of a metadata file, or else of the recorder file that this file was made from.
        """
        numbers = self.index.frames.tolist()
        rows = metadata.metadata_rows(self.file, numbers)
        twin = self._recorder_file if rows is None else None
        if twin is not None and numbers[-1] < twin.steps:
            kept = twin.rows
            rows = [kept[j] for j in numbers]
        return rows

    @cached_property
    def states(self) -> States:
        """T + 1 states, from the metadata, or health, ammo and team from xaux (which has those of the row before)."""
        rows = self.rows
        if rows is not None:
            return to_states(self.path, rows)
        newest = self.index.rows(self.path, "xaux")[:, :AUX]
        states = [PlayerState()]
        for i, (health, ammo, team) in enumerate(newest[1:, -3:].tolist()):
            follows = self.index.frames[i + 1] == self.index.frames[i] + 1
            states.append(_from_xaux(health, ammo, team) if follows else PlayerState())
        return States.of([*states, PlayerState()])

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, 150, 280, 3) RGB; the bounds mean what they mean for a list."""
        first, last, _ = slice(start, stop).indices(self.steps)
        return self.index.pictures(self.path, first, last)

    def fingerprint(self) -> str:
        """16 hexadecimal digits: a hash of xaux and events of all frames, and of the beginnings of 16 pictures."""
        digest = hashlib.blake2b(digest_size=8)
        digest.update(self.index.frames.tobytes() + self.events.tobytes())
        digest.update(self.index.rows(self.path, "xaux").tobytes())
        with mapped(self.path) as data:
            for offset in self.index.offsets["x"][:: max(1, self.steps // 16)].tolist():
                digest.update(data[offset : offset + 4096])
        return digest.hexdigest()


def _from_xaux(health: float, ammo: float, team: float) -> PlayerState:
    if not np.isfinite([health, ammo, team]).all():
        return PlayerState()
    clip = round(ammo * AMMO_SCALE)
    return PlayerState(
        health=float(round(health * HEALTH_SCALE)),
        ammo=clip if clip >= 0 else None,
        team="CT" if team > 0.5 else "T",
        alive=health > 0,
    )
