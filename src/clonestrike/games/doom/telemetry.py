"""State of the reported player, from the engine's game variables USER1..USER60.

The order of the variables is that of ``data/telemetry.acs``; units are converted to those of PlayerState.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import vizdoom as vzd

from clonestrike.core.states import PlayerState
from clonestrike.games.base import Score

TICS_PER_SECOND = 35
FIELD_OF_VIEW = 90.0
SCOPE_ZOOM = 2.0

USER = [getattr(vzd.GameVariable, f"USER{n}") for n in range(1, 61)]
REPORT = USER[:19]
SCORES = USER[40:56]

WEAPONS: tuple[tuple[str, int] | None, ...] = (
    None,
    ("fist", 1),
    ("chainsaw", 1),
    ("pistol", 2),
    ("shotgun", 3),
    ("super shotgun", 3),
    ("chaingun", 4),
    ("rocket launcher", 5),
    ("plasma rifle", 6),
    ("BFG 9000", 7),
    ("rifle", 1),
    ("sidearm", 2),
    ("knife", 3),
)
"""Weapon name and slot by the number in a report."""

BUTTON_BITS = {"left": 1 << 0, "space": 1 << 2, "ctrl": 1 << 3, "right": 1 << 5, "r": 1 << 6, "run": 1 << 8}
"""The engine's ``BT_`` flags; "run" is Doom's speed button, the inverse of shift."""

_FIXED = 65536.0
_TURN = 2 * math.pi


@dataclass(frozen=True)
class Report:
    """The number of the reported player, the state, and the inputs that are held."""

    subject: int
    tic: int
    state: PlayerState
    buttons: int
    forward: int
    side: int


def read_scores(engine: vzd.DoomGame) -> list[Score]:
    """Scores of players 0..15."""
    packed = [int(engine.get_game_variable(variable)) for variable in SCORES]
    return [Score(value >> 16, value & 0xFFFF) for value in packed]


def read_report(engine: vzd.DoomGame) -> Report | None:
    """The report now; None when no player is reported."""
    (
        subject,
        tic,
        x,
        y,
        z,
        vx,
        vy,
        vz,
        yaw,
        pitch,
        height,
        health,
        armour,
        weapon,
        ammo,
        scoped,
        buttons,
        forward,
        side,
    ) = (int(engine.get_game_variable(variable)) for variable in REPORT)
    if subject < 0 or tic == 0:
        return None
    held = WEAPONS[weapon]
    packed = int(engine.get_game_variable(SCORES[subject]))
    alive = health > 0
    speed = TICS_PER_SECOND / _FIXED
    turn = (yaw / _FIXED * _TURN + math.pi) % _TURN - math.pi
    tilt = -((pitch / _FIXED * _TURN + math.pi) % _TURN - math.pi)
    state = PlayerState(
        x=x / _FIXED,
        y=y / _FIXED,
        z=z / _FIXED,
        vx=vx * speed,
        vy=vy * speed,
        vz=vz * speed,
        yaw=turn,
        pitch=tilt,
        view_height=height / _FIXED,
        field_of_view=FIELD_OF_VIEW / SCOPE_ZOOM if scoped else FIELD_OF_VIEW,
        scoped=bool(scoped),
        health=float(max(health, 0)),
        armour=float(armour),
        weapon=held[0] if held else None,
        weapon_slot=held[1] if held else None,
        ammo=None if ammo < 0 else ammo,
        kills=packed >> 16,
        deaths=packed & 0xFFFF,
        alive=alive,
        first_person=True,
    )
    return Report(subject, tic, state, buttons, forward, side)
