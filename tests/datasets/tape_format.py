"""A data format of somebody else's: ``*.tape`` is an .npz with the frames and positions of several plays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools
from clonestrike.core.format import Contents, Format, PlaySource
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState, States
from clonestrike.core.trajectory import Trajectory
from clonestrike.core.usable import usable
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True, eq=False)
class Tape:
    """One play of a tape that walks ahead: frames uint8 (T, H, W, 3), xy float (T + 1, 2)."""

    path: Path
    part: int
    pictures: NDArray[np.uint8]
    xy: NDArray[np.float64]
    player: str = "taped"
    labels: None = None
    exact_labels: None = None

    @property
    def info(self) -> GameInfo:
        height, width = self.pictures.shape[1:3]
        return GameInfo("tape", "hall", "walk", 10.0, height, width, 90.0, "doom")

    @property
    def run(self) -> str:
        return f"{self.path.stem}-{self.part}"

    @property
    def steps(self) -> int:
        return len(self.pictures)

    @property
    def states(self) -> States:
        return States.of([PlayerState(x=x, y=y, weapon="torch", alive=True) for x, y in self.xy.tolist()])

    @property
    def row_states(self) -> States:
        return self.states[:-1]

    @property
    def actions(self) -> Actions:
        actions = Actions.zeros(self.steps)
        actions.switches[:, 0] = True
        return actions

    @property
    def action_known(self) -> Bools:
        return np.ones(self.steps, np.bool_)

    @property
    def label_valid(self) -> Bools:
        return np.zeros(self.steps, np.bool_)

    kills = deaths = disturbed = label_valid

    @property
    def gaps(self) -> Bools:
        gaps = np.zeros(self.steps, np.bool_)
        gaps[-1] = True
        return gaps

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        return self.pictures[start:stop]

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        chosen = self.frames(start, stop)
        return (chosen[i : i + chunk] for i in range(0, len(chosen), chunk))

    def fingerprint(self) -> str:
        return hashlib.blake2b(self.pictures.tobytes() + self.xy.tobytes(), digest_size=8).hexdigest()


def read(path: Path) -> list[Tape]:
    try:
        with np.load(path) as file:
            return [Tape(path, i, file[f"frames{i}"], file[f"xy{i}"]) for i in range(len(file.files) // 2)]
    except (BadZipFile, KeyError, ValueError) as error:
        raise ClonestrikeError(f"{path} is no tape ({error})", "copy it again") from None


def _find(path: Path) -> list[PlaySource]:
    found = path.rglob("*.tape") if path.is_dir() else [path] if path.suffix == ".tape" and path.exists() else []
    return [PlaySource(file, "tape") for file in sorted(found)]


def _open(sources: Sequence[PlaySource], strict: bool) -> list[Trajectory]:
    return [play for plays in usable([source.path for source in sources], read, strict, "tapes") for play in plays]


def _check(source: PlaySource) -> Contents:
    plays = read(source.path)
    faults = [f"play {play.part} stands still" for play in plays if not play.xy.any()]
    return Contents(sum(play.steps for play in plays), tuple(faults))


FORMAT = Format("tape", "tapes", _find, _open, _check)
