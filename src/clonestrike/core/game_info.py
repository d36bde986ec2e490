"""Properties of a game: its name, step rate, frame size, and how mouse counts turn the view."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, TypeVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from clonestrike.core.states import PlayerState

Angle = TypeVar("Angle", float, NDArray[np.float64])

# Ranges are checked where a GameInfo is read from a file.
Pixels = Annotated[int, Meta(ge=0, le=16384)]
Pitch = Annotated[float, Meta(ge=-np.pi, le=np.pi)]

EARLIER_CROSSHAIRS = {"doom": (75, 160)}
"""Crosshairs (row, column) by game, for recordings from before they were stored; else the middle of the frame."""


@dataclass(frozen=True)
class Calibration:
    """How mouse counts turn the view: ``radians_per_count`` at full field of view, and the pitch limits in radians.

    0.00096 rad a count is the original's (sensitivity 2.50 times m_yaw 0.022 degrees).
    """

    radians_per_count: Annotated[float, Meta(gt=0)] = 0.00096
    pitch_min: Pitch = -np.pi / 2
    pitch_max: Pitch = np.pi / 2

    def counts(self, turn: Angle, tilt: Angle) -> tuple[Angle, Angle]:
        """Mouse x (right) and y (down) in counts that turn an unscoped view left by ``turn`` and up by ``tilt`` rad."""
        return -turn / self.radians_per_count, -tilt / self.radians_per_count

    def counts_between(self, before: PlayerState, now: PlayerState) -> tuple[float, float]:
        """Mouse x and y in counts that turned the view from one state to the next, the short way round.

        An unknown angle is taken as 0.
        """
        turn = math.remainder((now.yaw or 0.0) - (before.yaw or 0.0), 2 * math.pi)
        return self.counts(turn, (now.pitch or 0.0) - (before.pitch or 0.0))


@dataclass(frozen=True)
class GameInfo:
    """What a recording stores about its game."""

    game: str
    map: str
    mode: str
    steps_per_second: Annotated[float, Meta(ge=1e-6, le=1000)]
    frame_height: Pixels
    frame_width: Pixels
    field_of_view: Annotated[float, Meta(gt=0, le=360)]
    """Horizontal, degrees, unscoped."""
    movement: str
    """The game whose movement profile labelling uses (``GameEntry.movement``); empty where there is none."""
    calibration: Calibration = field(default_factory=Calibration)
    versions: dict[str, str] = field(default_factory=dict)
    crosshair: tuple[Pixels, Pixels] | None = None
    """Row and column of the frame's pixel that shots are aimed at; None: the middle of the frame."""

    def to_json(self) -> dict[str, Any]:
        """The object stored as ``info`` in recording.json."""
        return asdict(self)


def with_crosshair(info: object) -> object:
    """The ``info`` of a recording.json; where none is stored, the crosshair that the game had then is added."""
    if isinstance(info, dict) and "crosshair" not in info:
        game = info.get("game")
        return {**info, "crosshair": EARLIER_CROSSHAIRS.get(game) if isinstance(game, str) else None}
    return info
