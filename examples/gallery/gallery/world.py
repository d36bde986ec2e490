"""The gallery itself: players on a plane, their targets, what they see. It knows nothing of Clonestrike."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 120, 160
FIELD_OF_VIEW = math.radians(90)
HIT = math.radians(4)
"""A shot hits a target that is no further than this from the crosshair."""
SPEED = 100.0
"""Units a second."""


@dataclass
class Shooter:
    """Somebody in the gallery; every shooter has a target of their own, at an angle in radians."""

    chance: random.Random
    x: float = 0.0
    y: float = 0.0
    vx: float = 0.0
    vy: float = 0.0
    yaw: float = 0.0
    """Counter-clockwise, radians."""
    target: float = 0.5
    ammo: int = 100_000
    kills: int = field(default=0)

    def off(self) -> float:
        """How far the target is to the left of the crosshair, radians within -pi..pi."""
        return math.remainder(self.target - self.yaw, 2 * math.pi)

    def step(self, ahead: int, right: int, turn: float, fires: bool, seconds: float) -> None:
        """Fire, walk and turn left by ``turn`` radians: a step of the game."""
        if fires:
            self.ammo -= 1
            if abs(self.off()) < HIT:
                self.kills += 1
                self.target = self.yaw + self.chance.choice((-1, 1)) * self.chance.uniform(0.3, 1.2)
        length = math.hypot(ahead, right) or 1.0
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        self.vx = SPEED * (ahead * cos + right * sin) / length
        self.vy = SPEED * (ahead * sin - right * cos) / length
        self.x += self.vx * seconds
        self.y += self.vy * seconds
        self.yaw = math.remainder(self.yaw + turn, 2 * math.pi)

    def picture(self) -> NDArray[np.uint8]:
        """What the shooter sees, uint8 (120, 160, 3) RGB: sky, floor, posts every 30 degrees, and the target in red."""
        frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        frame[: HEIGHT // 2], frame[HEIGHT // 2 :] = (90, 140, 200), (70, 90, 60)
        for degrees in range(0, 360, 30):
            self._draw(frame, math.radians(degrees), 1, 30, (220, 220, 220))
        self._draw(frame, self.target, 4, 10, (230, 30, 30))
        frame[HEIGHT // 2 - 1 : HEIGHT // 2 + 1, WIDTH // 2 - 1 : WIDTH // 2 + 1] = (0, 255, 0)
        return frame

    def _draw(
        self, frame: NDArray[np.uint8], angle: float, width: int, height: int, colour: tuple[int, int, int]
    ) -> None:
        off = math.remainder(angle - self.yaw, 2 * math.pi)
        if abs(off) < FIELD_OF_VIEW / 2:
            column = round(WIDTH / 2 * (1 - math.tan(off) / math.tan(FIELD_OF_VIEW / 2)))
            rows = slice(HEIGHT // 2 - height, HEIGHT // 2 + height)
            frame[rows, max(column - width, 0) : column + width] = colour
