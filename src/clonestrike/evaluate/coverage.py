"""Coverage: visit maps of players, and the distances between them.

The distance is the two-dimensional earth mover's distance: the least mean distance, in game units, by which the time
that one player spent in the bins of the map must be moved to become that of the other. It is exact on bin centres.
Also reported is the number that the paper prints under that name, see ``flattened_histogram_distance``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from clonestrike.core.figures import save
from clonestrike.core.format import Content
from clonestrike.core.trajectory import Trajectory
from clonestrike.datasets.figures import draw_map
from clonestrike.datasets.opening import find, iter_known
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import CoverageConfig
from clonestrike.files import AtomicFile, write_json

os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")  # or POT loads torch wherever it is installed
import ot

Points = NDArray[np.float32]
Counts = NDArray[np.float64]

FORMAT_VERSION = 1
BINS = 60
LARGEST_PROBLEM = 1500
"""Non-empty bins (of all players together) above which bins are merged two by two: with 2,500 the noise floor takes
seconds a player, merged a third of a second, and the distance changes by less than 1.5 %."""
SPLITS = 20
"""Number of random halvings for the noise floor."""


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
            with np.load(path, allow_pickle=False) as file:
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
    def of_play(cls, path: Path, plays: Iterable[Trajectory]) -> Self:
        """Positions of the play at ``path``; raises ClonestrikeError if there is none, or on several maps."""
        names: dict[tuple[Path, str], int] = {}
        maps: set[str] = set()
        runs, owners = [], []
        for play in plays:
            states = play.states
            maps.add(play.info.map)
            # The last state of a part is the first of the next, and is left out.
            runs.append(np.stack([states.x, states.y], axis=1)[:-1])
            owners.append(names.setdefault((play.path.parent, play.run), len(names)))
        if len(maps) != 1:
            where = f"play on several maps ({', '.join(sorted(maps))}): compare one at a time" if maps else "no play"
            raise ClonestrikeError(f"{path} holds {where}", "name the folders one by one")
        positions = cls.of(runs, maps.pop())
        return cls(positions.xy, np.array(owners, np.int32)[positions.run], positions.map)

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


@dataclass(frozen=True)
class Grid:
    """Bins over a map: edges in game units, float64 (n + 1,) each."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @classmethod
    def around(cls, xy: Points, bins: int = BINS) -> Self:
        """A grid of ``bins`` x ``bins`` between the extremes of both coordinates; raises ClonestrikeError for none."""
        if not len(xy):
            raise ClonestrikeError("the reference has no known position", "choose another with --reference")
        (x0, y0), (x1, y1) = xy.min(axis=0).astype(np.float64), xy.max(axis=0).astype(np.float64)
        pad_x, pad_y = (0.5 if x0 == x1 else 0), (0.5 if y0 == y1 else 0)
        return cls(np.linspace(x0 - pad_x, x1 + pad_x, bins + 1), np.linspace(y0 - pad_y, y1 + pad_y, bins + 1))

    @property
    def centres(self) -> NDArray[np.float64]:
        """Bin centres, float64 (n_x, n_y, 2)."""
        return np.stack(
            np.meshgrid((self.x[1:] + self.x[:-1]) / 2, (self.y[1:] + self.y[:-1]) / 2, indexing="ij"), axis=-1
        )

    def coarser(self) -> Grid:
        """The same extent with half as many bins each way."""
        return Grid(self.x[::2], self.y[::2])


def visit_map(xy: Points, grid: Grid) -> Counts:
    """Steps in each bin, float64 (n_x, n_y); points outside the grid are dropped."""
    counts: Counts = np.histogram2d(xy[:, 0], xy[:, 1], bins=(grid.x, grid.y))[0]
    return counts


def earth_movers_distance(a: Counts, b: Counts, grid: Grid) -> float:
    """Exact 2-D earth mover's distance of two visit maps, each normalised to 1, in game units.

    The cost is a metric, so what both maps have in a bin stays there, and only the surplus of each bin is moved.
    """
    surplus = a / a.sum() - b / b.sum()
    give, take = surplus > 1e-12, surplus < -1e-12
    if not give.any() or not take.any():
        return 0.0
    source, target = surplus[give], -surplus[take]
    moved = source.sum()
    cost = ot.dist(grid.centres[give], grid.centres[take], metric="euclidean")
    return float(moved * ot.emd2(source / moved, target / target.sum(), cost, numItermax=2_000_000))


def manageable(grid: Grid, filled: int) -> Grid:
    """The grid for distances: this one, or a coarser one if more than LARGEST_PROBLEM of its bins are filled."""
    return grid if filled <= LARGEST_PROBLEM else grid.coarser()


def flattened_histogram_distance(a: Counts, b: Counts) -> float:
    """The paper's "earth mover's distance": the 1-D Wasserstein distance between the *values* of two visit maps.

    It compares how often each share of the steps occurs among the bins, whichever bins they are: two players in
    opposite corners can be at distance 0. Shares sum to 1 over the bins, as in the paper. For comparison only.
    """
    return float(ot.wasserstein_1d((a / a.sum()).ravel(), (b / b.sum()).ravel()))


def _players(path: Path) -> dict[str, Callable[[], Positions]]:
    """The players at a path by name, each with a function that reads its positions.

    Files of positions are one player each. Otherwise, all play is one player named after the path; if there are only
    states without frames, files are grouped by the player in their names.
    """
    saved = sorted(path.glob("positions-*.npz")) if path.is_dir() else [path] if path.suffix == ".npz" else []
    if saved:
        return {file.stem.removeprefix("positions-"): partial(Positions.load, file) for file in saved}
    sources = [found.source for found in find(path)]
    if not sources or any(source.content is not Content.STATES for source in sources):
        return {path.name: lambda: Positions.of_play(path, iter_known([path]))}
    groups: dict[str, list[Path]] = {}
    for source in sources:
        groups.setdefault(source.player or path.name, []).append(source.path)
    return {name: partial(_of_frameless, files) for name, files in groups.items()}


def _of_frameless(files: list[Path]) -> Positions:
    return Positions.of_play(files[0], iter_known(files))


def _gather(config: CoverageConfig) -> tuple[dict[str, Positions], Grid]:
    """All players by name, the reference's first, and the grid around the reference."""
    if not config.paths:
        raise ClonestrikeError("no path given", "name folders of recordings or of evaluations")
    reference = config.reference or config.paths[0]
    paths = {path.resolve(): path for path in (reference, *config.paths)}
    players: dict[str, Positions] = {}
    extent = []
    for path in paths.values():
        for name, read in _players(path).items():
            positions = read()
            players[name if name not in players else f"{name} ({path})"] = positions
            if path == reference:
                extent.append(positions.xy)
    maps = {positions.map for positions in players.values() if positions.map}
    if len(maps) > 1:
        raise ClonestrikeError(
            f"these were played on different maps ({', '.join(sorted(maps))})", "compare one at a time"
        )
    return players, Grid.around(np.concatenate(extent))


def noise_floor(positions: Positions, grid: Grid, seed: int) -> dict[str, float | None]:
    """Mean and extremes of the distance between random halves of a player's runs, game units; None for a single run."""
    rng, distances = np.random.default_rng(seed), []
    for _ in range(SPLITS):
        a, b = (visit_map(half.xy, grid) for half in positions.halves(rng))
        if a.any() and b.any():
            distances.append(earth_movers_distance(a, b, grid))
    found = bool(distances)
    return {
        "noise_floor": float(np.mean(distances)) if found else None,
        "noise_floor_low": min(distances) if found else None,
        "noise_floor_high": max(distances) if found else None,
    }


def coverage(config: CoverageConfig) -> dict[str, Any]:
    """Visit maps of all players on the reference's 60 x 60 bins, and the distances between each two of them.

    The noise floor of a player is the distance between random halves of its runs. Halves have fewer steps than the
    whole, so it is an overestimate; a distance below it means nothing. Writes ``coverage.json`` and ``coverage.png``
    into ``out``. Raises ClonestrikeError for paths without positions, or play on different maps.
    """
    players, fine = _gather(config)
    maps = {name: visit_map(positions.xy, fine) for name, positions in players.items()}
    for name, counts in maps.items():
        if not counts.any():
            raise ClonestrikeError(
                f"{name} was never inside the reference's part of the map", "choose another --reference"
            )
    grid = manageable(fine, int(np.count_nonzero(sum(maps.values()))))
    moved = {name: visit_map(positions.xy, grid) for name, positions in players.items()}
    result: dict[str, Any] = {
        "map": next((positions.map for positions in players.values() if positions.map), None),
        "bins": list(next(iter(maps.values())).shape),
        "distance_bins": list(next(iter(moved.values())).shape),
        "players": {
            name: {
                "steps": len(positions),
                "outside": len(positions) - int(maps[name].sum()),
                "runs": len(np.unique(positions.run)),
                "bins_visited": int(np.count_nonzero(maps[name])),
                **noise_floor(positions, grid, config.seed),
            }
            for name, positions in players.items()
        },
        "distances": [
            {
                "a": a,
                "b": b,
                "earth_movers_distance": earth_movers_distance(moved[a], moved[b], grid),
                "flattened_histogram_distance": flattened_histogram_distance(maps[a], maps[b]),
            }
            for a, b in combinations(players, 2)
        ],
    }
    if config.out is not None:
        config.out.mkdir(parents=True, exist_ok=True)
        draw(maps, fine, config.out / "coverage.png")
        write_json(result, config.out / "coverage.json")
        result["figure"] = str(config.out / "coverage.png")
    return result


def draw(maps: dict[str, Counts], grid: Grid, path: Path) -> None:
    """Visit maps side by side, same extent and same logarithmic colours (share of the player's time), as a PNG file."""
    shares = {name: counts / counts.sum() for name, counts in maps.items()}
    norm = LogNorm(
        min(share[share > 0].min() for share in shares.values()), max(share.max() for share in shares.values())
    )
    figure = Figure(figsize=(3.4 * len(maps) + 0.9, 3.6), layout="constrained")
    axes = figure.subplots(1, len(maps), squeeze=False, sharex=True, sharey=True)[0]
    for axis, (name, share) in zip(axes, shares.items(), strict=True):
        axis.set_facecolor("#0d0d16")
        image = draw_map(axis, grid.x, grid.y, share, norm)
        axis.set_title(name, fontsize=11)
        axis.tick_params(labelsize=7)
    figure.colorbar(image, ax=axes, label="share of the steps in a bin", shrink=0.85).ax.tick_params(labelsize=7)
    save(figure, path, 130)
