"""Where a player went, run by run, and its file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.trajectory import Trajectory
from clonestrike.datasets.sets import PlaySet
from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile, regular

Points = NDArray[np.float32]


FORMAT_VERSION = 1


@dataclass(frozen=True)
class Positions:
    """Positions of one player (or kind of player): ``xy`` float32 (N, 2) in game units, ``run`` int32 (N,).

    On disk this is an .npz file with ``format_version``, ``xy``, ``run`` and ``map`` (empty if unknown).
    """

    xy: Points
    run: NDArray[np.int32]
    map: str = ""

    @classmethod
    def of(cls, runs: Sequence[NDArray[Any]], map: str = "") -> Self:  # noqa: A002 - the field's name
        """Positions from runs (or whole matches), float arrays (N, 2) each; unknown ones (NaN) are dropped."""
        xy = np.concatenate([np.zeros((0, 2), np.float32), *runs]).astype(np.float32)
        run = np.repeat(np.arange(len(runs), dtype=np.int32), [len(points) for points in runs])
        known = np.isfinite(xy).all(axis=1)
        return cls(xy[known], run[known], map)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with AtomicFile(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, format_version=FORMAT_VERSION, xy=self.xy, run=self.run, map=self.map)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that save() wrote; raises ClonestrikeError for anything else."""
        try:
            # Opened here: NumPy leaves a file open that begins like a zip and is none.
            with regular(path).open("rb") as content, np.load(content, allow_pickle=False) as file:
                version, xy, run, place = (file[name] for name in ("format_version", "xy", "run", "map"))
                found = int(version)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
            raise ClonestrikeError(f"{path} holds no readable positions", "evaluate again to write them") from None
        if found != FORMAT_VERSION:
            raise ClonestrikeError(
                f"{path} has format version {found}, this program reads {FORMAT_VERSION}", "evaluate again"
            )
        if xy.dtype != np.float32 or xy.shape != (len(run), 2) or run.dtype != np.int32 or place.ndim:
            raise ClonestrikeError(f"{path} holds positions of another shape or kind", "evaluate again to write them")
        return cls(xy, run, str(place))

    @classmethod
    def of_sets(cls, plays: Iterable[tuple[PlaySet, Trajectory]]) -> dict[PlaySet, Self]:
        """Positions of every set, one for each row of its play (see Trajectory.row_states).

        Parts of a run in the same folder are one run here, too.
        """
        found: dict[PlaySet, dict[tuple[Path, str], list[NDArray[np.float64]]]] = {}
        for one, play in plays:
            parts = found.setdefault(one, {}).setdefault((play.path.parent, play.run), [])
            states = play.row_states
            parts.append(np.stack([states.x, states.y], axis=1))
        return {one: cls.of([np.concatenate(parts) for parts in runs.values()], one.map) for one, runs in found.items()}

    def __len__(self) -> int:
        return len(self.xy)

    def halves(self, rng: np.random.Generator) -> tuple[Self, Self]:
        """Split whole runs at random into two sets with about half of the steps each; one run leaves one set empty."""
        runs, steps = np.unique(self.run, return_counts=True)
        order = rng.permutation(len(runs))
        taken = np.cumsum(steps[order])
        cut = 1 + int(np.abs(taken[:-1] - taken[-1] / 2).argmin()) if len(runs) > 1 else 1
        first = np.isin(self.run, runs[order[:cut]])
        return type(self)(self.xy[first], self.run[first], self.map), type(self)(
            self.xy[~first], self.run[~first], self.map
        )
