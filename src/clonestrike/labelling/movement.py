"""What the rules must know of a game's movement and weapons: everything game-specific is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clonestrike.core.game_info import GameInfo
from clonestrike.errors import ClonestrikeError
from clonestrike.labelling.physics import DoomPhysics, Physics, QuakePhysics, SourcePhysics


@dataclass(frozen=True)
class PaperThresholds:
    """Constants of the original's rules, in game units and seconds. The defaults are the original's, for CS:GO."""

    jump_rise: float = 150.0
    """Vertical velocity rises by more in a step than by anything but a jump."""
    landed: float = 10.0
    """Vertical velocity below which a rise is a landing."""
    crouched: float = 50.0
    """View height below which the player crouches."""
    still: float = 0.1
    steady: float = 7.0
    """Change of speed in a step below which a player runs steadily."""
    braking: float = 70.0
    """Loss of speed in a step that friction alone does not explain."""
    walking: float = 140.0
    """Steady speed below which shift is held."""
    scoped_walking: float = 60.0
    """The same with one of ``slow_scopes`` scoped."""
    slow_scopes: tuple[str, ...] = ("weapon_awp",)
    reload_rows: tuple[int, int] = (32, 23)
    """A reload was pressed so many rows before the clip rose, from first to last."""
    field_of_view: float = 90.0
    """At which the calibration holds."""


@dataclass(frozen=True)
class Trigger:
    """How a weapon fires while its trigger is held.

    ``seconds`` from one reading of the trigger to the next, and ``delay`` from a reading to its first shot.
    """

    seconds: float
    delay: float = 0.0


@dataclass(frozen=True)
class MovementProfile:
    """A game, as far as labelling needs it. Lengths are in game units, velocities in units a second."""

    paper: PaperThresholds
    physics: Physics
    tolerance: float
    """Standard deviation of a velocity that the physics predicts."""
    jump_speed: float
    """Vertical velocity right after a jump."""
    gravity: float
    """Loss of vertical velocity a second."""
    standing: float
    """View height of a player who stands."""
    crouched: float
    """View height of a player who crouches."""
    switch_seconds: float
    """From pressing a weapon key until the weapon changes."""
    slot_keys: Mapping[int, str]
    """Key of every weapon slot that has one in the action space."""
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    """By weapon; any other weapon's trigger is read for every shot."""
    reload_seconds: Mapping[str, float] = field(default_factory=dict)
    """By weapon, from pressing r until the clip rises; a weapon without is not reloaded (its ammo is picked up)."""
    wall_loss: float = 0.0
    """Share of the velocity along a wall that a tic of sliding costs."""
    wall_noise: float = 0.02
    """Standard deviation of what the physics predicts along a wall, as a share of the velocity."""
    scope_turns: bool = True
    """Whether a scope slows the turn of the view with its field of view."""
    flinches: bool = True
    """Whether a hit pushes the player."""
    birth_seconds: float = 0.0
    """How long a player who has just been born can neither move nor turn."""
    air_tolerance: float | None = None
    """The same of a player who falls freely, whose velocity the keys change less; None: falls are not told apart."""
    walking_cost: float = 0.5
    """Cost of shift, which is held less often than not: a logarithm."""
    any_direction: bool = False
    """Whether bots move in directions between those that keys give."""
    still_view: float = 0.65
    """Share of the rows in which a good recording's view may stand still (the original's, for people)."""


_CSGO_RELOAD = {
    "ak47": 2.5, "m4a1": 3.1, "m4a1_silencer": 3.1, "famas": 3.3, "galilar": 3.0, "aug": 3.8, "sg556": 2.8,
    "awp": 3.7, "ssg08": 3.7, "scar20": 3.1, "g3sg1": 4.7, "mac10": 2.6, "mp5sd": 3.0, "mp7": 3.1, "mp9": 2.1,
    "bizon": 2.4, "p90": 3.4, "ump45": 3.5, "m249": 5.7, "negev": 5.7, "mag7": 2.5, "glock": 2.3, "hkp2000": 2.3,
    "usp_silencer": 2.2, "p250": 2.2, "fiveseven": 2.3, "tec9": 2.5, "cz75a": 2.8, "elite": 3.8, "deagle": 2.2,
    "revolver": 2.3,
}  # fmt: skip
_CSGO_AUTOMATIC = {
    "ak47": 0.1, "m4a1": 0.09, "m4a1_silencer": 0.1, "famas": 0.09, "galilar": 0.09, "aug": 0.1, "sg556": 0.11,
    "scar20": 0.25, "g3sg1": 0.25, "mac10": 0.075, "mp5sd": 0.08, "mp7": 0.08, "mp9": 0.07, "bizon": 0.08, "p90": 0.07,
    "ump45": 0.09, "m249": 0.08, "negev": 0.075, "cz75a": 0.1,
}  # fmt: skip

_DOOM_TICS = {
    "pistol": (14, 4), "sidearm": (14, 4), "shotgun": (37, 3), "super shotgun": (57, 3), "chaingun": (8, 0),
    "rocket launcher": (20, 8), "plasma rifle": (3, 0), "BFG 9000": (40, 30), "rifle": (4, 0),
}  # fmt: skip

_OPENARENA_SECONDS = {
    "machinegun": 0.1, "shotgun": 1.0, "grenade launcher": 0.8, "rocket launcher": 0.8, "lightning gun": 0.05,
    "railgun": 1.5, "plasma gun": 0.1, "bfg": 0.2, "nailgun": 1.0, "prox launcher": 0.8, "chaingun": 0.03,
}  # fmt: skip

PROFILES: dict[str, MovementProfile] = {
    "csgo": MovementProfile(
        paper=PaperThresholds(),
        physics=SourcePhysics(),
        tolerance=12.0,
        jump_speed=300.0,
        gravity=800.0,
        standing=64.06,
        crouched=46.04,
        switch_seconds=1 / 16,
        slot_keys={1: "1", 2: "2", 3: "3"},
        triggers={f"weapon_{name}": Trigger(seconds) for name, seconds in _CSGO_AUTOMATIC.items()},
        reload_seconds={f"weapon_{name}": seconds for name, seconds in _CSGO_RELOAD.items()},
        flinches=False,
    ),
    "doom": MovementProfile(
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
        triggers={name: Trigger(tics / 35, delay / 35) for name, (tics, delay) in _DOOM_TICS.items()},
        reload_seconds={"rifle": 52 / 35},
        wall_loss=1 / 32,
        scope_turns=False,
        birth_seconds=7 / 35,
        still_view=0.95,  # bots turn in snaps
    ),
    "openarena": MovementProfile(
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
        triggers={name: Trigger(seconds) for name, seconds in _OPENARENA_SECONDS.items()},
        scope_turns=False,
        air_tolerance=1.0,
        walking_cost=3.0,
        any_direction=True,
        still_view=0.95,
    ),
}
"""By the name that GameInfo.movement gives."""


def profile_of(info: GameInfo) -> MovementProfile:
    """The movement profile of a recording; raises ClonestrikeError if there is none of that name."""
    try:
        return PROFILES[info.movement]
    except KeyError:
        known = ", ".join(sorted(PROFILES))
        raise ClonestrikeError(
            f"no movement profile is called {info.movement!r}", f"labels need one of {known}"
        ) from None
