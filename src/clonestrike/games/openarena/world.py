"""The solids and items of a map, from the game's files, for lines of sight and tours."""

from __future__ import annotations

import re
import struct
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clonestrike.errors import ClonestrikeError

DATA = Path("/usr/share/games/openarena/baseoa")
ENTITIES, TEXTURES, PLANES, MODELS, BRUSHES, SIDES = 0, 1, 2, 7, 8, 9
"""Numbers of the lumps of a compiled map (BSP version 46)."""
SOLID = 1
_BLOCK = re.compile(r"\{([^{}]*)\}")
_PAIR = re.compile(r'"([^"]*)"\s+"([^"]*)"')

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """The convex solids of a map as planes, and its items.

    ``normals`` (P, 3) and ``distances`` (P,) of the planes of all solids, in order; ``first`` (S,) is the index
    of the first plane of each solid. ``items`` are names and positions (x, y, z).
    """

    normals: Doubles
    distances: Doubles
    first: NDArray[np.int64]
    items: tuple[tuple[str, tuple[float, float, float]], ...]

    def clear(self, start: tuple[float, ...], end: tuple[float, ...]) -> bool:
        """Whether no solid is on the line between two points. Curved surfaces and doors do not count."""
        a = self.normals @ np.array(start) - self.distances
        b = self.normals @ np.array(end) - self.distances
        outside = (a > 0) & (b > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = a / (a - b)
        enter = np.where(a > b, crossing, -np.inf)
        leave = np.where(a < b, crossing, np.inf)
        enters = np.maximum(np.maximum.reduceat(enter, self.first), 0)
        leaves = np.minimum(np.minimum.reduceat(leave, self.first), 1)
        blocked = (enters < leaves) & ~np.logical_or.reduceat(outside, self.first)
        return not bool(blocked.any())


@cache
def world_of(name: str) -> World:
    """The world of a map; raises ClonestrikeError when the game's files have no such map."""
    for archive in sorted(DATA.glob("*.pk3"), reverse=True):  # the last archive takes precedence, as in the game
        with zipfile.ZipFile(archive) as files:
            if f"maps/{name}.bsp" in files.namelist():
                return _parse(files.read(f"maps/{name}.bsp"))
    raise ClonestrikeError(f"openarena has no map {name!r} in {DATA}", "give another with map=")


def _parse(data: bytes) -> World:
    def lump(number: int) -> bytes:
        offset, length = struct.unpack_from("<ii", data, 8 + 8 * number)
        return data[offset : offset + length]

    planes = np.frombuffer(lump(PLANES), "<f4").reshape(-1, 4).astype(np.float64)
    contents = np.frombuffer(lump(TEXTURES), "<i4").reshape(-1, 18)[:, 17]
    brushes = np.frombuffer(lump(BRUSHES), "<i4").reshape(-1, 3)
    sides = np.frombuffer(lump(SIDES), "<i4").reshape(-1, 2)[:, 0]
    begin, count = np.frombuffer(lump(MODELS), "<i4").reshape(-1, 10)[0, 8:]  # the first model is the static world
    solid = [b for b in brushes[begin : begin + count] if contents[b[2]] & SOLID and b[1] > 0]
    used = np.concatenate([sides[b[0] : b[0] + b[1]] for b in solid])
    first = np.cumsum([0, *(b[1] for b in solid)])[:-1].astype(np.int64)
    return World(planes[used, :3], planes[used, 3], first, tuple(_items(lump(ENTITIES).decode("latin-1"))))


def _items(text: str) -> list[tuple[str, tuple[float, float, float]]]:
    found = []
    for block in _BLOCK.findall(text):
        entity = dict(_PAIR.findall(block))
        if entity.get("classname", "").startswith(("weapon_", "item_", "ammo_")) and "origin" in entity:
            x, y, z = map(float, entity["origin"].split())
            found.append((entity["classname"], (x, y, z)))
    return found
