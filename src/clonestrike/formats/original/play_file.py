"""The original's files that have frames: HDF5 files and recorder files. Their labels can be replaced."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from clonestrike.core.actions import Actions, Bools
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.labels_file import SUFFIX, StoredLabels
from clonestrike.formats.original.play import OriginalPlay


def labels_path(file: Path) -> Path:
    """Where the labels of a file of play lie: ``dm_1.npy`` has ``dm_1.labels.parquet``."""
    return file.with_suffix(SUFFIX)


@dataclass(frozen=True, eq=False)
class PlayFile(OriginalPlay):
    """A file of play with frames. Labels that lie beside it win over those in it."""

    @property
    @abstractmethod
    def own_labels(self) -> Actions | None:
        """The T labels in the file, or None if there are none."""

    @property
    @abstractmethod
    def own_exact_labels(self) -> Actions | None:
        """The T labels that came with the file, with unbinned mouse counts where they are known."""

    @property
    @abstractmethod
    def has_frames(self) -> bool:
        """False where the frames were stripped from the file."""

    @cached_property
    def _stored(self) -> StoredLabels | None:
        return StoredLabels.read(labels_path(self.path), self.steps, self.fingerprint)

    @cached_property
    def labels(self) -> Actions | None:
        """The T labels beside the file, else those in it; None if there are none.

        Raises ClonestrikeError when the labels beside the file are damaged, or not those of this file.
        """
        return self._stored.actions if self._stored else self.own_labels

    @property
    def exact_labels(self) -> Actions | None:
        """The same labels, with unbinned mouse counts where they are known."""
        return self._stored.actions if self._stored else self.own_exact_labels

    @cached_property
    def label_valid(self) -> Bools:
        """Bool (T,): as labelling said; for labels that came with the file as the original's inference skips rows."""
        return self._stored.valid if self._stored else super().label_valid

    @property
    def true_switches(self) -> Actions | None:
        """T actions with the keys in tp_wasd and the left button in tp_lclick; None unless every row has both.

        Raises ClonestrikeError when a row holds another key.
        """
        rows = self.rows
        if rows is None or not all(row[0].keys() >= metadata.TRUE_KEYS for row in rows):
            return None
        try:
            return metadata.to_true_switches([row[0] for row in rows])
        except (TypeError, ValueError) as error:
            raise ClonestrikeError(f"{self.path} has unreadable keys ({error})", "download it again") from None

    def write_labels(self, actions: Actions, valid: Bools) -> None:
        """Store T labels, and which of them may be learned from (bool (T,)), beside the file.

        They replace earlier ones; opened again, the file has them. Raises ClonestrikeError when they cannot be written.
        """
        if len(actions) != self.steps or valid.shape != (self.steps,):
            raise ValueError(f"{len(actions)} labels, valid {valid.shape} for {self.steps} steps")
        StoredLabels(actions, np.asarray(valid, np.bool_)).write(labels_path(self.path), self.fingerprint())
