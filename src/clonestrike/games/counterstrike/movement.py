"""The movement profile of Counter-Strike; weapon names are those of Game State Integration."""

from __future__ import annotations

from clonestrike.core.movement import MovementProfile, PaperThresholds, Trigger
from clonestrike.core.physics import SourcePhysics

_RELOAD_SECONDS = {
    "ak47": 2.5, "m4a1": 3.1, "m4a1_silencer": 3.1, "famas": 3.3, "galilar": 3.0, "aug": 3.8, "sg556": 2.8,
    "awp": 3.7, "ssg08": 3.7, "scar20": 3.1, "g3sg1": 4.7, "mac10": 2.6, "mp5sd": 3.0, "mp7": 3.1, "mp9": 2.1,
    "bizon": 2.4, "p90": 3.4, "ump45": 3.5, "m249": 5.7, "negev": 5.7, "mag7": 2.5, "glock": 2.3, "hkp2000": 2.3,
    "usp_silencer": 2.2, "p250": 2.2, "fiveseven": 2.3, "tec9": 2.5, "cz75a": 2.8, "elite": 3.8, "deagle": 2.2,
    "revolver": 2.3,
}  # fmt: skip
_TRIGGER_SECONDS = {
    "ak47": 0.1, "m4a1": 0.09, "m4a1_silencer": 0.1, "famas": 0.09, "galilar": 0.09, "aug": 0.1, "sg556": 0.11,
    "scar20": 0.25, "g3sg1": 0.25, "mac10": 0.075, "mp5sd": 0.08, "mp7": 0.08, "mp9": 0.07, "bizon": 0.08, "p90": 0.07,
    "ump45": 0.09, "m249": 0.08, "negev": 0.075, "cz75a": 0.1,
}  # fmt: skip

MOVEMENT = MovementProfile(
    paper=PaperThresholds(),
    physics=SourcePhysics(),
    tolerance=12.0,
    jump_speed=300.0,
    gravity=800.0,
    standing=64.06,
    crouched=46.04,
    switch_seconds=1 / 16,
    slot_keys={1: "1", 2: "2", 3: "3"},
    triggers={f"weapon_{name}": Trigger(seconds) for name, seconds in _TRIGGER_SECONDS.items()},
    reload_seconds={f"weapon_{name}": seconds for name, seconds in _RELOAD_SECONDS.items()},
    flinches=False,
)
