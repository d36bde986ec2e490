"""Movement profiles: what labelling must know of a game's movement and weapons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clonestrike.core.physics import Physics


@dataclass(frozen=True)
class PaperThresholds:
    """Constants of the original's rules, in game units and seconds. The defaults are the original's, for CS:GO."""

    jump_rise: float = 150.0
    """Rise of vertical velocity in a step that only a jump exceeds."""
    landed: float = 10.0
    """Vertical velocity below which a rise is a landing."""
    crouched: float = 50.0
    """View height below which the player crouches."""
    still: float = 0.1
    """Speed below which the player stands."""
    steady: float = 7.0
    """Change of speed in a step below which a player runs steadily."""
    braking: float = 70.0
    """Loss of speed in a step that friction alone does not explain."""
    walking: float = 140.0
    """Steady speed below which shift is held."""
    scoped_walking: float = 60.0
    """``walking`` while a weapon of ``slow_scopes`` is scoped."""
    slow_scopes: tuple[str, ...] = ("weapon_awp",)
    reload_rows: tuple[int, int] = (32, 23)
    """The reload was pressed between these numbers of rows before the clip rose."""
    field_of_view: float = 90.0
    """Field of view, degrees, at which the calibration holds."""


@dataclass(frozen=True)
class Trigger:
    """How a weapon fires while its trigger is held.

    The game reads it every ``seconds``; a reading fires its first shot after ``delay`` seconds.
    """

    seconds: float
    delay: float = 0.0


@dataclass(frozen=True)
class MovementProfile:
    """A game's movement and weapons. Lengths are in game units, velocities in units a second."""

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
    """Seconds from pressing a weapon key until the weapon changes."""
    slot_keys: Mapping[int, str]
    """Key of every weapon slot that has one in the action space."""
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    """Trigger by weapon; that of a weapon not listed is read once a step."""
    reload_seconds: Mapping[str, float] = field(default_factory=dict)
    """Seconds from pressing r until the clip rises, by weapon. A weapon not listed is never reloaded."""
    wall_loss: float = 0.0
    """Share of the velocity along a wall that is lost in a tic of sliding."""
    wall_noise: float = 0.02
    """Standard deviation of what the physics predicts along a wall, as a share of the velocity."""
    scope_turns: bool = True
    """Whether a scope slows the turn of the view with its field of view."""
    flinches: bool = True
    """Whether a hit pushes the player."""
    birth_seconds: float = 0.0
    """Seconds after a spawn in which the player can neither move nor turn."""
    air_tolerance: float | None = None
    """``tolerance`` in free fall, where keys change the velocity less; None: free fall is not distinguished."""
    walking_cost: float = 0.5
    """Cost of holding shift, as a negative log-likelihood: it is held less often than not."""
    any_direction: bool = False
    """Whether bots move in directions between those that keys give."""
    still_view: float = 0.65
    """Largest share of rows with a still view in a good recording (default: the original's, for humans)."""
