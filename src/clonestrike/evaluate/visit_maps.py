"""Maps of visits, and distances between them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.positions import Points, Positions

os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")  # or POT loads torch wherever it is installed
import ot

Counts = NDArray[np.float64]

BINS = 60
LARGEST_PROBLEM = 1500
"""Non-empty bins (of all players together) above which bins are merged two by two: with 2,500 the noise floor takes
seconds a player, merged a third of a second, and the distance changes by less than 1.5 %."""
SPLITS = 20
"""Number of random halvings for the noise floor."""


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
