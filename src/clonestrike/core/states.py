"""States: what is known of the player at one instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PlayerState:
    """The player's state at one instant. Unknown fields are None, never a made-up value.

    Positions are in game units and velocities in game units a second. Yaw is counter-clockwise from +x,
    pitch is positive upwards, both in radians; the field of view is horizontal, in degrees.
    """

    x: float | None = None
    y: float | None = None
    z: float | None = None
    vx: float | None = None
    vy: float | None = None
    vz: float | None = None
    yaw: float | None = None
    pitch: float | None = None
    view_height: float | None = None
    field_of_view: float | None = None
    scoped: bool | None = None
    health: float | None = None
    armour: float | None = None
    weapon: str | None = None
    weapon_slot: int | None = None
    ammo: int | None = None
    team: str | None = None
    kills: int | None = None
    deaths: int | None = None
    alive: bool | None = None
    first_person: bool | None = None
    """The picture shows what the player sees: he plays himself, or is watched through his own eyes."""
    weapon_type: str | None = None
    """Kind of weapon in the game's own words, such as ``Rifle``; some weapons have none."""
    item: int | None = None
    """Item definition of the weapon in memory; the high half may hold the item's quality."""
    memory_health: float | None = None
    """Health in memory, where ``health`` is what the game posted."""
    posted_ammo: int | None = None
    """Rounds in the clip that the game posted, where ``ammo`` is what memory holds; -1 for a weapon without a clip."""


STATE_FIELDS = tuple(f.name for f in fields(PlayerState))
TEXT_FIELDS = ("weapon", "team", "weapon_type")
BOOL_FIELDS = ("scoped", "alive", "first_person")
INTEGER_FIELDS = ("weapon_slot", "ammo", "kills", "deaths", "item", "posted_ammo")


def unknown(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Bool (N,): which values of a text column, object (N,), are None."""
    none: NDArray[np.bool_] = column == None  # noqa: E711 - elementwise
    return none


@dataclass(frozen=True)
class States:
    """N states as columns.

    Text fields are object arrays of str or None; every other field is float64 with NaN for unknown
    (true is 1, false is 0).
    """

    columns: dict[str, NDArray[Any]]

    @classmethod
    def of(cls, states: Sequence[PlayerState]) -> States:
        """The same states as columns."""
        columns: dict[str, NDArray[Any]] = {}
        for name in STATE_FIELDS:
            values = [getattr(state, name) for state in states]
            if name in TEXT_FIELDS:
                columns[name] = np.array([*values, None], object)[:-1]  # the None keeps numpy from guessing a dtype
            else:
                columns[name] = np.array([np.nan if v is None else float(v) for v in values], np.float64)
        return cls(columns)

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name in STATE_FIELDS:
            return self.columns[name]
        raise AttributeError(name)

    def __len__(self) -> int:
        return len(self.columns["x"])

    def __getitem__(self, rows: slice) -> States:
        return States({name: column[rows] for name, column in self.columns.items()})

    def at(self, row: int) -> PlayerState:
        """One row as a PlayerState."""
        values: dict[str, Any] = {}
        for name in STATE_FIELDS:
            value = self.columns[name][row]
            if name in TEXT_FIELDS:
                values[name] = value
            elif np.isnan(value):
                values[name] = None
            elif name in BOOL_FIELDS:
                values[name] = bool(value)
            else:
                values[name] = int(value) if name in INTEGER_FIELDS else float(value)
        return PlayerState(**values)
