"""Coverage: visit maps of players, and the distances between them.

The distance is the two-dimensional earth mover's distance: the least mean distance, in game units, by which the time
that one player spent in the bins of the map must be moved to become that of the other. It is exact on bin centres.
Also reported is the number that the paper prints under that name, see ``flattened_histogram_distance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from clonestrike.console import progress
from clonestrike.core.figures import save
from clonestrike.datasets.figures import draw_map
from clonestrike.datasets.sets import iter_sets, titles
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import CoverageConfig
from clonestrike.evaluate.positions import Positions
from clonestrike.evaluate.visit_maps import (
    Counts,
    Grid,
    earth_movers_distance,
    flattened_histogram_distance,
    manageable,
    noise_floor,
    visit_map,
)
from clonestrike.files import write_json

OUTSIDE = "never inside the reference's part of the map"
"""Why a player is left out who was on its map."""


@dataclass(frozen=True)
class Comparison:
    """The players to compare, all on one map."""

    players: dict[str, Positions]
    """By name, the reference first."""
    left_out: dict[str, str]
    """Players that were found on other maps, and these maps."""

    @property
    def reference(self) -> str:
        """Name of the player around whom the grid is laid."""
        return next(iter(self.players))

    @classmethod
    def of(cls, config: CoverageConfig) -> Comparison:
        """Find all players, choose the reference, and leave out who played on other maps.

        Raises ClonestrikeError for paths without positions, and for one where nobody played on the reference's map.
        """
        if not config.paths:
            raise ClonestrikeError("no path given", "name folders of recordings or of evaluations")
        named = config.reference is not None and not config.reference.exists()
        reference = config.paths[0] if named or config.reference is None else config.reference
        found: dict[Path, dict[str, Positions]] = {}
        everybody: dict[str, Positions] = {}
        for path in (reference, *config.paths):
            if path.resolve() not in found:
                players = {name if name not in everybody else f"{name} ({path})": of for name, of in _players(path)}
                found[path.resolve()] = players
                everybody |= players
        if named and str(config.reference) not in everybody:
            raise ClonestrikeError(
                f"{config.reference} is neither a path nor a player here", f"choose {', '.join(everybody)}"
            )
        here = found.pop(reference.resolve())
        first = str(config.reference) if named else _largest(here, list(found.values()))
        place = everybody[first].map
        apart = {name: one.map for name, one in everybody.items() if place and one.map and one.map != place}
        for players in (here, *found.values()):
            if players.keys() <= apart.keys():
                raise ClonestrikeError(
                    f"these were played on different maps ({', '.join(sorted({place, *apart.values()}))})",
                    "compare one at a time",
                )
        return cls({first: everybody[first]} | {n: of for n, of in everybody.items() if n not in apart}, apart)


def _players(path: Path) -> list[tuple[str, Positions]]:
    """The players at a path, with their names: one for each file of positions there, or for each set of play."""
    saved = sorted(path.glob("positions-*.npz")) if path.is_dir() else [path] if path.suffix == ".npz" else []
    if saved:
        return [(file.stem.removeprefix("positions-"), Positions.load(file)) for file in saved]
    with progress() as bars:
        found = Positions.of_sets(bars.track(iter_sets([path]), total=None, description=f"reading {path.name}"))
    if not found:
        raise ClonestrikeError(f"{path} holds no play that can be used", "name another folder")
    names = titles(found)
    return [(names[one], found[one]) for one in sorted(found)]


def _largest(candidates: dict[str, Positions], others: Sequence[dict[str, Positions]]) -> str:
    """The candidate with the most steps, if possible on a map on which one of the others played."""
    maps = {positions.map for players in others for positions in players.values()}
    shared = [name for name, positions in candidates.items() if positions.map in maps] or list(candidates)
    return max(shared, key=lambda name: len(candidates[name]))


def coverage(config: CoverageConfig) -> dict[str, Any]:
    """Visit maps of all players on the reference's 60 x 60 bins, and the distances between each two of them.

    The noise floor of a player is the distance between random halves of its runs. Halves have fewer steps than the
    whole, so it is an overestimate; a distance below it means nothing. Writes ``coverage.json`` and ``coverage.png``
    into ``out``. Players that were never where the grid lies are left out. Raises ClonestrikeError as Comparison.of
    does, and if all but the reference are left out.
    """
    compared = Comparison.of(config)
    fine = Grid.around(compared.players[compared.reference].xy)
    everybody = {name: visit_map(positions.xy, fine) for name, positions in compared.players.items()}
    maps = {name: counts for name, counts in everybody.items() if counts.any()}
    outside = dict.fromkeys(everybody.keys() - maps.keys(), OUTSIDE)
    if outside and len(maps) == 1:
        raise ClonestrikeError(f"{', '.join(sorted(outside))}: {OUTSIDE}", "choose another --reference")
    players = {name: compared.players[name] for name in maps}
    grid = manageable(fine, int(np.count_nonzero(sum(maps.values()))))
    moved = {name: visit_map(positions.xy, grid) for name, positions in players.items()}
    result: dict[str, Any] = {
        "map": next((positions.map for positions in players.values() if positions.map), None),
        "reference": compared.reference,
        "left_out": {**compared.left_out, **outside},
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
        draw(maps, fine, config.out / "coverage.png", config.pdf)
        write_json(result, config.out / "coverage.json")
        result["figure"] = str(config.out / "coverage.png")
    return result


def draw(maps: dict[str, Counts], grid: Grid, path: Path, pdf: bool) -> None:
    """Visit maps side by side, same extent and same logarithmic colours (share of the player's time), as a file."""
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
    save(figure, path, 130, pdf)
