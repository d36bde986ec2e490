"""The walls of a Doom map, read from an engine that is started for that only."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom.engine import DoomSpec, Engine, engine_faults

PLAYER_HEIGHT = 56.0
"""Least height, game units, between floor and ceiling for a player to pass."""

End = tuple[float, float]


@cache
def map_walls(name: str) -> NDArray[np.float64]:
    """The walls of a map as segments, float64 (W, 4) in game units: (x, y) of both ends.

    These are lines that block, and lines with no room for a player between floor and ceiling, since some maps raise a
    floor to the ceiling instead of marking a wall. A ledge is no wall; a door counts as it is at the start of a match.
    Starting the engine takes 0.2 s.
    """
    engine = Engine(DoomSpec(name, bots=0), seed=0, minutes=1, sectors=True)
    try:
        with engine_faults():
            state = engine.game.get_state()
    finally:
        engine.close()
    if state is None:
        raise ClonestrikeError("the Doom engine did not show the map", "start again")
    blocking: set[tuple[End, End]] = set()
    rooms: dict[tuple[End, End], list[tuple[float, float]]] = {}
    for sector in state.sectors:
        for line in sector.lines:
            one, other = sorted(((line.x1, line.y1), (line.x2, line.y2)))  # a line between two sectors comes twice
            rooms.setdefault((one, other), []).append((sector.floor_height, sector.ceiling_height))
            if line.is_blocking:
                blocking.add((one, other))
    walls = [
        (*one, *other)
        for (one, other), sides in rooms.items()
        if (one, other) in blocking or min(top for _, top in sides) - max(floor for floor, _ in sides) < PLAYER_HEIGHT
    ]
    return np.array(walls, np.float64).reshape(-1, 4)
