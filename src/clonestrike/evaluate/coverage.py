"""Coverage: visit maps of players, and the distances between them.

The distance is the two-dimensional earth mover's distance: the least mean distance, in game units, by which the time
that one player spent in the bins of the map must be moved to become that of the other. It is exact on bin centres.
Also reported is the number that the paper prints under that name, see ``flattened_histogram_distance``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from clonestrike.core.figures import save
from clonestrike.core.format import Content
from clonestrike.core.opening import find, iter_known
from clonestrike.datasets.figures import draw_map
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
