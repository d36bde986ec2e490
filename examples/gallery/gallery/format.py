"""A data format: ``NAME.shots.npz`` holds the frames, places and inputs of one play.

Arrays: ``frames`` uint8 (T, H, W, 3) RGB; ``held`` bool (T, 3): forward, right, fire; ``counts`` float32 (T,) of mouse
motion to the right; ``kills`` int64 (T + 1,).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import SWITCHES, Actions
from clonestrike.core.format import Contents, Format, PlaySource
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState, States
from clonestrike.core.trajectory import BaseTrajectory, Trajectory
from clonestrike.core.usable import usable
from clonestrike.errors import ClonestrikeError

ENDING = ".shots.npz"
ARRAYS = ("frames", "held", "counts", "kills")
SWITCHES_HELD = [SWITCHES.index(name) for name in ("w", "d", "left")]


@dataclass(frozen=True, eq=False)
class Shots(BaseTrajectory):
    """One file as a trajectory."""

    file: Path
    arrays: dict[str, NDArray[np.generic]]

    @property
    def path(self) -> Path:
        return self.file

    @property
    def info(self) -> GameInfo:
        height, width = self.arrays["frames"].shape[1:3]
        return GameInfo("gallery", "hall", "deathmatch", 10.0, height, width, 90.0, "gallery")

    @cached_property
    def states(self) -> States:
        return States.of([PlayerState(kills=kills, alive=True) for kills in self.arrays["kills"].tolist()])

    @cached_property
    def actions(self) -> Actions:
        actions = Actions.zeros(len(self.arrays["frames"]))
        actions.switches[:, SWITCHES_HELD] = self.arrays["held"]
        actions.mouse[:, 0] = self.arrays["counts"]
        return actions

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        return np.asarray(self.arrays["frames"][start:stop], np.uint8)

    def fingerprint(self) -> str:
        content = b"".join(self.arrays[name].tobytes() for name in ARRAYS)
        return hashlib.blake2b(content, digest_size=8).hexdigest()


def read(path: Path) -> Shots:
    """Open a file; raises ClonestrikeError when it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            play = Shots(path, {name: file[name] for name in ARRAYS})
    except (BadZipFile, EOFError, KeyError, OSError, ValueError) as error:
        raise ClonestrikeError(f"{path} cannot be read ({error})", "copy it again") from None
    shapes = [play.arrays[name].shape for name in ARRAYS]
    steps = play.arrays["counts"].size
    if shapes != [(steps, *shapes[0][1:3], 3), (steps, 3), (steps,), (steps + 1,)]:
        raise ClonestrikeError(f"{path} has arrays of the shapes {shapes}", "copy it again")
    return play


def find(path: Path) -> list[PlaySource]:
    """The files at a path or under it."""
    found = path.rglob(f"*{ENDING}") if path.is_dir() else [path] if path.name.endswith(ENDING) else []
    return [PlaySource(file, "shots") for file in sorted(found) if file.is_file()]


def open_files(sources: Sequence[PlaySource], strict: bool) -> list[Trajectory]:
    """All of them; a damaged one is reported and skipped, or is an error."""
    return [*usable([source.path for source in sources], read, strict, FORMAT.title)]


def check(source: PlaySource) -> Contents:
    """Read all of a file."""
    play = read(source.path)
    return Contents(play.steps, () if play.arrays["held"].any() else ("nothing is ever pressed",))


FORMAT = Format("shots", "files of shots", find, open_files, check)
