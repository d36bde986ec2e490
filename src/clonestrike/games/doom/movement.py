"""The movement profile of Doom."""

from __future__ import annotations

from clonestrike.core.movement import MovementProfile, PaperThresholds, Trigger
from clonestrike.core.physics import DoomPhysics

_TRIGGER_TICS = {
    "pistol": (14, 4), "sidearm": (14, 4), "shotgun": (37, 3), "super shotgun": (57, 3), "chaingun": (8, 0),
    "rocket launcher": (20, 8), "plasma rifle": (3, 0), "BFG 9000": (40, 30), "rifle": (4, 0),
}  # fmt: skip

MOVEMENT = MovementProfile(
    paper=PaperThresholds(
        jump_rise=150.0,
        landed=30.0,
        crouched=30.0,
        still=20.0,
        steady=30.0,
        braking=100.0,
        walking=280.0,
        slow_scopes=(),
        reload_rows=(35, 26),
    ),
    physics=DoomPhysics(),
    tolerance=0.05,
    jump_speed=8 * 35.0,
    gravity=35.0 * 35.0,
    standing=41.0,
    crouched=20.5,
    switch_seconds=14 / 35,
    slot_keys={1: "1", 2: "2", 3: "3"},
    triggers={name: Trigger(tics / 35, delay / 35) for name, (tics, delay) in _TRIGGER_TICS.items()},
    reload_seconds={"rifle": 52 / 35},
    wall_loss=1 / 32,
    scope_turns=False,
    birth_seconds=7 / 35,
    still_view=0.95,  # bots turn in snaps
)
