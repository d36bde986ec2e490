"""What labelling must know of a game's movement and weapons: every game's record brings its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clonestrike.core.physics import Physics


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
