"""Play in .npz files: ``NAME.play.npz`` with ``frames`` uint8 (T, H, W, 3), ``switches`` bool (T, 13) and ``mouse``
float32 (T, 2), the answers to these frames.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from clonestrike import console
from clonestrike.core.actions import Actions, Bools
from clonestrike.core.format import Contents, Format, PlaySource
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState, States
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError

KIND = "npz"


@dataclass(frozen=True)
class NpzPlay:
    """One file as a trajectory: the fields that every stage after recording reads."""

    path: Path
    info: GameInfo
    player: str
    run: str
    part: int
    steps: int
    states: States
    row_states: States
    actions: Actions | None
    action_known: Bools
    labels: Actions | None
    exact_labels: Actions | None
    label_valid: Bools
    kills: Bools
    deaths: Bools
    gaps: Bools
    disturbed: Bools
    pictures: NDArray[np.uint8]

    @classmethod
    def open(cls, path: Path) -> NpzPlay:
        """Raises ClonestrikeError for a file that is damaged or of another content."""
        try:
            with np.load(path, allow_pickle=False) as file:
                frames, actions = file["frames"], Actions(file["switches"], file["mouse"])
            steps, height, width, _ = frames.shape
            if frames.dtype != np.uint8 or len(actions) != steps:
                raise ValueError(f"{steps} frames of {frames.dtype}, {len(actions)} actions")
        except (OSError, KeyError, ValueError, BadZipFile) as error:
            raise ClonestrikeError(f"{path} is damaged ({error})", "restore it, or leave it out") from None
        no, yes = np.zeros(steps, np.bool_), np.ones(steps, np.bool_)
        unknown = States.of([PlayerState()] * (steps + 1))
        return cls(
            path=path, info=GameInfo("npz", "", "", 16.0, height, width, 90.0, movement=""), player=KIND,
            run=path.name, part=0, steps=steps, states=unknown, row_states=unknown[:steps], actions=actions,
            action_known=yes, labels=None, exact_labels=None, label_valid=no, kills=no, deaths=no, gaps=no,
            disturbed=no, pictures=frames,
        )  # fmt: skip

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1."""
        return self.pictures[start:stop]

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The same in arrays of ``chunk`` frames."""
        frames = self.frames(start, stop)
        return (frames[i : i + chunk] for i in range(0, len(frames), chunk))

    def fingerprint(self) -> str:
        """Changes with the file."""
        return hashlib.blake2b(self.path.read_bytes(), digest_size=8).hexdigest()


def find(path: Path) -> list[PlaySource]:
    """By the name alone: files are not opened to be found."""
    found = path.rglob("*.play.npz") if path.is_dir() else [path]
    return [PlaySource(file, KIND) for file in sorted(found) if file.name.endswith(".play.npz") and file.is_file()]


def open_all(sources: Sequence[PlaySource], strict: bool) -> list[Trajectory]:
    """What is damaged is reported and passed over, unless ``strict``."""
    opened: list[Trajectory] = []
    for source in sources:
        try:
            opened.append(NpzPlay.open(source.path))
        except ClonestrikeError as error:
            if strict:
                raise
            console.messages.print(f"skipped: {error}", markup=False, soft_wrap=True)
    if not opened:
        raise ClonestrikeError("none of the .npz files can be used", "see the lines above")
    return opened


def check(source: PlaySource) -> Contents:
    """Reads all of a file."""
    return Contents(NpzPlay.open(source.path).steps)


FORMAT = Format("npz", ".npz files", find, open_all, check)
