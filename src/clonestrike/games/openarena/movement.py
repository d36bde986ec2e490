"""The movement profile of OpenArena."""

from __future__ import annotations

from clonestrike.core.movement import MovementProfile, PaperThresholds, Trigger
from clonestrike.core.physics import QuakePhysics

_TRIGGER_SECONDS = {
    "machinegun": 0.1, "shotgun": 1.0, "grenade launcher": 0.8, "rocket launcher": 0.8, "lightning gun": 0.05,
    "railgun": 1.5, "plasma gun": 0.1, "bfg": 0.2, "nailgun": 1.0, "prox launcher": 0.8, "chaingun": 0.03,
}  # fmt: skip

MOVEMENT = MovementProfile(
    paper=PaperThresholds(
        jump_rise=100.0,
        landed=10.0,
        crouched=20.0,
        still=1.0,
        steady=15.0,
        braking=60.0,
        walking=200.0,
        slow_scopes=(),
    ),
    physics=QuakePhysics(),
    tolerance=8.0,
    jump_speed=270.0,
    gravity=800.0,
    standing=26.0,
    crouched=12.0,
    switch_seconds=0.2,
    slot_keys={2: "1", 5: "2", 3: "3"},
    triggers={name: Trigger(seconds) for name, seconds in _TRIGGER_SECONDS.items()},
    scope_turns=False,
    air_tolerance=1.0,
    walking_cost=3.0,
    any_direction=True,
    still_view=0.95,
)
