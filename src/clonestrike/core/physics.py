"""How keys move a player in Doom, Source and Quake III, one engine tic at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Facing:
    """Unit vectors forward and to the right, (..., 2), both multiplied by the relative view height."""

    forward: Doubles
    right: Doubles

    @classmethod
    def of(cls, yaw: Doubles, height: Doubles) -> Self:
        """Compute from the yaw in radians and the view height as a share of the standing height."""
        cos, sin = height * np.cos(yaw), height * np.sin(yaw)
        return cls(np.stack([cos, sin], -1), np.stack([sin, -cos], -1))


class Physics(ABC):
    """How a player's horizontal velocity responds to the keys, one engine tic at a time.

    Velocities are in units a second. Arrays broadcast against each other; the last axis of a vector is x, y.
    """

    tics_per_second: float

    @abstractmethod
    def tic(self, velocity: Doubles, facing: Facing, keys: Doubles, footing: Doubles) -> tuple[Doubles, Doubles]:
        """Velocity after a tic, and the velocity with which the player moves in it, both (..., 2).

        Args:
            velocity: (..., 2) before the tic.
            facing: directions of the view during the tic.
            keys: (..., 3): forward -1..1, right -1..1, walking 0 or 1.
            footing: (..., 2): 1 on the ground, 0 in the air, at the start of the tic and at the end of its motion.
        """

    @abstractmethod
    def friction(self, footing: Doubles) -> Doubles:
        """Share (..., 1) that remains of an external push after a tic; above 0 if hits push players."""

    @abstractmethod
    def velocity_after(self, moved: Doubles, footing: Doubles) -> Doubles:
        """Velocity after a tic in which the player moved with velocity ``moved``; proportional to ``moved``."""


@dataclass(frozen=True)
class DoomPhysics(Physics):
    """Doom (ZDoom): keys add a thrust, the player moves, friction slows the player. Measured in the engine.

    Each tic u = v + thrust, the player moves by u, then v = u * friction. In the air there is no friction, and thrust
    is divided by 256. A player who presses nothing and is slower than ``stop`` along both axes stands.
    """

    tics_per_second: float = 35.0
    run_forward: float = 50 / 32 * 35
    run_side: float = 40 / 32 * 35
    walk_forward: float = 25 / 32 * 35
    walk_side: float = 24 / 32 * 35
    air_control: float = 1 / 256
    ground_friction: float = 0.90625
    stop: float = 35 / 16

    def friction(self, footing: Doubles) -> Doubles:
        return np.where(footing[..., 1:] > 0, self.ground_friction, 1.0)

    def velocity_after(self, moved: Doubles, footing: Doubles) -> Doubles:
        return moved * self.friction(footing)

    def tic(self, velocity: Doubles, facing: Facing, keys: Doubles, footing: Doubles) -> tuple[Doubles, Doubles]:
        ahead, aside, walking = keys[..., :1], keys[..., 1:2], keys[..., 2:] > 0
        thrust = ahead * np.where(walking, self.walk_forward, self.run_forward) * facing.forward
        thrust = thrust + aside * np.where(walking, self.walk_side, self.run_side) * facing.right
        moved = velocity + np.where(footing[..., :1] > 0, 1.0, self.air_control) * thrust
        idle = (ahead == 0) & (aside == 0) & (footing[..., 1:] > 0)
        stands = idle & (np.abs(moved) < self.stop).all(-1, keepdims=True)
        return np.where(stands, 0.0, moved * self.friction(footing)), moved


@dataclass(frozen=True)
class DraggedPhysics(Physics):
    """Common to Source and Quake: on the ground a tic begins with a drag proportional to max(speed, ``stop``)."""

    tics_per_second: float
    drag: float
    stop: float

    def friction(self, footing: Doubles) -> Doubles:
        return np.where(footing[..., :1] > 0, 1 - self.drag / self.tics_per_second, 1.0)

    def velocity_after(self, moved: Doubles, footing: Doubles) -> Doubles:
        return moved

    def _slowed(self, velocity: Doubles, grounded: NDArray[np.bool_]) -> Doubles:
        speed = np.linalg.norm(velocity, axis=-1, keepdims=True)
        loss = np.where(grounded, np.maximum(speed, self.stop) * self.drag / self.tics_per_second, 0.0)
        slowed: Doubles = velocity * np.maximum(speed - loss, 0.0) / np.maximum(speed, 1e-9)
        return slowed


@dataclass(frozen=True)
class SourcePhysics(DraggedPhysics):
    """Source: friction first, then acceleration towards the wished velocity, up to its speed.

    Defaults are CS:GO's server variables (sv_friction, sv_accelerate, sv_stopspeed) with a rifle's running speed; the
    lightest weapon makes a tenth more, the heaviest a third less.
    """

    tics_per_second: float = 64.0
    run: float = 225.0
    walk: float = 0.52
    accelerate: float = 5.5
    air_speed: float = 30.0
    drag: float = 5.2
    stop: float = 80.0

    def tic(self, velocity: Doubles, facing: Facing, keys: Doubles, footing: Doubles) -> tuple[Doubles, Doubles]:
        grounded, seconds = footing[..., :1] > 0, 1 / self.tics_per_second
        velocity = self._slowed(velocity, grounded)
        wish = keys[..., :1] * facing.forward + keys[..., 1:2] * facing.right
        length = np.linalg.norm(wish, axis=-1, keepdims=True)
        direction = wish / np.maximum(length, 1e-9)
        top = self.run * np.linalg.norm(facing.forward, axis=-1, keepdims=True)
        wished = np.where(length > 0, top * np.where(keys[..., 2:] > 0, self.walk, 1.0), 0.0)
        missing = np.where(grounded, wished, np.minimum(wished, self.air_speed))
        missing = missing - (velocity * direction).sum(-1, keepdims=True)
        velocity = velocity + np.clip(np.minimum(self.accelerate * top * seconds, missing), 0.0, None) * direction
        return velocity, velocity


@dataclass(frozen=True)
class QuakePhysics(DraggedPhysics):
    """Quake III: as Source, but with more control in the air, and crouching limits the wished speed.

    The wished speed is that of the larger of the two moves: two keys are no faster than one, and partial moves (of
    bots or of a joystick) are slower. A tic is a server frame, in which bots move.
    Defaults are the game's own (pm_accelerate, pm_airaccelerate, pm_friction, pm_stopspeed, pm_duckScale, g_speed).
    """

    tics_per_second: float = 1000 / 31
    run: float = 320.0
    walk: float = 0.5
    crouch: float = 0.25
    accelerate: float = 10.0
    air_accelerate: float = 1.0
    drag: float = 6.0
    stop: float = 100.0
    crouching: float = 0.75
    """Share of the standing view height below which a player crouches."""

    def tic(self, velocity: Doubles, facing: Facing, keys: Doubles, footing: Doubles) -> tuple[Doubles, Doubles]:
        grounded, seconds = footing[..., :1] > 0, 1 / self.tics_per_second
        velocity = self._slowed(velocity, grounded)
        height = np.linalg.norm(facing.forward, axis=-1, keepdims=True)
        wish = (keys[..., :1] * facing.forward + keys[..., 1:2] * facing.right) / np.maximum(height, 1e-9)
        direction = wish / np.maximum(np.linalg.norm(wish, axis=-1, keepdims=True), 1e-9)
        wished = self.run * np.abs(keys[..., :2]).max(-1, keepdims=True) * np.where(keys[..., 2:] > 0, self.walk, 1.0)
        wished = np.where(grounded & (height < self.crouching), np.minimum(wished, self.crouch * self.run), wished)
        gain = np.where(grounded, self.accelerate, self.air_accelerate) * wished * seconds
        missing = wished - (velocity * direction).sum(-1, keepdims=True)
        velocity = velocity + np.clip(np.minimum(gain, missing), 0.0, None) * direction
        return velocity, velocity
