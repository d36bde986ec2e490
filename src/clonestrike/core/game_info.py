"""What is known of a game: its name, its rate, its frames, and how mouse counts turn the view."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Calibration:
    """How mouse counts turn the view: ``radians_per_count`` at full field of view, and the pitch limits in radians.

    0.00096 rad a count is the original's (sensitivity 2.50 times m_yaw 0.022 degrees).
    """

    radians_per_count: float = 0.00096
    pitch_min: float = -np.pi / 2
    pitch_max: float = np.pi / 2


@dataclass(frozen=True)
class GameInfo:
    """What a recording must know of the game it comes from."""

    game: str
    map: str
    mode: str
    steps_per_second: float
    frame_height: int
    frame_width: int
    field_of_view: float
    """Horizontal, degrees, unscoped."""
    movement: str
    """Name of the movement profile that labelling uses (see labelling.movement)."""
    calibration: Calibration = field(default_factory=Calibration)
    versions: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it is kept in recording.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> GameInfo:
        """From recording.json; raises KeyError or TypeError when a part is missing."""
        return cls(**{**data, "calibration": Calibration(**data["calibration"])})
