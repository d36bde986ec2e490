"""Quality of a recording's states: counts of suspect rows, and a verdict.

The original counts rows in its files of 1000 rows and has absolute limits; recordings have any length, so the limits
here are shares of the rows. The original compares health and ammo of two sources (GSI and RAM). PlayerState has them
only once, so position and velocity are compared instead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import States
from clonestrike.labelling.movement import profile_of
from clonestrike.labelling.paper import idle
from clonestrike.labelling.rules import leaps

STILL_VIEW = 0.001
"""Turn below which the view stands still, radians a step (the original's)."""
STILL_PLAYER = 0.01
"""Speed below which the player stands still, units a second (the original's)."""
SHORTEST = 200
"""Shorter recordings are treated as having this many rows: in a short life a player may well stand all the time."""

LIMITS = {
    "dead": (0.2, "the player is dead"),
    "not_first_person": (0.0, "the view is not first person"),
    "leaps": (0.02, "position and velocity disagree"),
    "velocity_static": (0.35, "the player does not move"),
}
"""Share of the rows above which a recording is suspect, and the reason: in the original 200, 0, 20 and 350 of 1000
rows. (The limit of a view that stands still depends on the game, see MovementProfile.still_view.)"""


@dataclass(frozen=True)
class Quality:
    """Counts of rows as in the original. Rows that are dead or skipped are in no other count."""

    rows: int
    dead: int
    """The player is dead at the end of the row."""
    skipped: int
    """The player cannot act or is unknown at the start or the end of the row."""
    not_first_person: int
    leaps: int
    """The player moved farther than the velocity at either end explains."""
    mouse_static: int
    velocity_static: int
    still_view: float
    """Share of the rows in which the view may stand still."""

    @classmethod
    def of(cls, states: States, info: GameInfo) -> Quality:
        """Count the T rows of T+1 states."""
        before, now = states[:-1], states[1:]
        out = idle(before) | idle(now)
        dead = out & ((now.health == 0) | (now.alive == 0))
        return cls(
            rows=len(now),
            dead=int(dead.sum()),
            skipped=int((out & ~dead).sum()),
            not_first_person=int((~out & (now.first_person == 0)).sum()),
            leaps=int((~out & leaps(before, now, info)).sum()),
            mouse_static=int((~out & (np.abs(now.yaw - before.yaw) < STILL_VIEW)).sum()),
            velocity_static=int((~out & (np.hypot(now.vx, now.vy) < STILL_PLAYER)).sum()),
            still_view=profile_of(info).still_view,
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the recording is suspect; empty for a good one."""
        rows = max(self.rows, SHORTEST)
        limits = LIMITS | {"mouse_static": (self.still_view, "the view does not turn")}
        return tuple(
            f"{reason} in {getattr(self, name)} of {self.rows} rows"
            for name, (limit, reason) in limits.items()
            if getattr(self, name) > limit * rows
        )

    @property
    def verdict(self) -> Literal["good", "suspect"]:
        """Whether the recording should be learned from (``good``)."""
        return "suspect" if self.reasons else "good"

    def to_json(self) -> dict[str, Any]:
        """Counts, verdict and reasons."""
        counts: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        del counts["still_view"]
        return counts | {"verdict": self.verdict, "reasons": "; ".join(self.reasons)}
