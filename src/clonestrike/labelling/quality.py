"""Quality of a play's states: counts of suspect rows, and a verdict.

The original counts rows in its files of 1000 rows and has absolute limits; play has any length, so the limits here are
shares of the rows. Two differences besides: play of one's own (observer mode 0) counts as first person, and where
health and ammunition are known from one source only, position and velocity are compared instead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from clonestrike.core.actions import Bools
from clonestrike.core.angles import to_clockwise
from clonestrike.core.game_info import GameInfo
from clonestrike.core.movement import MovementProfile
from clonestrike.core.physics import Doubles
from clonestrike.core.states import PlayerState, States
from clonestrike.labelling.movement import profile_of
from clonestrike.labelling.paper import idle, speed
from clonestrike.labelling.rules import leaps

STILL_VIEW = 0.001
"""Turn below which the view stands still, radians a step (the original's)."""
STILL_PLAYER = 0.01
"""Speed below which the player stands still, units a second (the original's)."""
SHORTEST = 200
"""Shorter play is treated as having this many rows: in a short life a player may well stand all the time."""
NO_CLIP = -1
"""Rounds that the game posts for a weapon without a clip."""

REASONS = {
    "dead": "the player is dead",
    "health_mismatch": "the game's posts and memory disagree on the health",
    "ammo_mismatch": "the game's posts and memory disagree on the ammunition",
    "not_first_person": "the view is not first person",
    "leaps": "position and velocity disagree",
    "mouse_static": "the view does not turn",
    "velocity_static": "the player does not move",
}
"""What is wrong with the rows of every count that has a limit."""


@dataclass(frozen=True)
class Quality:
    """Counts of rows as in the original. Rows that are dead or skipped are in no other count."""

    rows: int
    dead: int
    """The player cannot act, and is dead at the end of the row."""
    skipped: int
    """The player cannot act or is unknown at the start or the end of the row. A first row whose start nothing is known
    of, as in the original's files, is not counted."""
    health_mismatch: int | None
    """The health that the game posted is neither that in memory nor that in memory a row before; None if only one of
    the two is known."""
    ammo_mismatch: int | None
    """The same of the rounds in the clip."""
    not_first_person: int
    leaps: int
    """The player moved farther than the velocity at either end explains."""
    mouse_static: int
    velocity_static: int
    still_view: float
    """Share of the rows in which the view may stand still."""

    @classmethod
    def of(cls, states: States, info: GameInfo) -> Quality:
        """Count the T rows of T+1 states; raises ClonestrikeError if ``info`` names a profile that is not installed."""
        before, now = states[:-1], states[1:]
        out = idle(before) | idle(now)
        seen = ~out
        if len(out) and states.at(0) == PlayerState():
            out[0] = False
        ends = np.where(np.isnan(now.memory_health), (now.health == 0) | (now.alive == 0), now.memory_health == 0)
        turn = to_clockwise(now.yaw) - to_clockwise(before.yaw)  # not wrapped, as in the original
        clips = [np.nan_to_num(state.ammo, nan=NO_CLIP) for state in (before, now)]
        return cls(
            rows=len(now),
            dead=int((out & ends).sum()),
            skipped=int((out & ~ends).sum()),
            health_mismatch=_mismatches(seen, now.health, before.memory_health, now.memory_health),
            ammo_mismatch=_mismatches(seen, now.posted_ammo, *clips),
            not_first_person=int((seen & (now.first_person == 0)).sum()),
            leaps=int((seen & leaps(before, now, info)).sum()),
            mouse_static=int((seen & (np.abs(turn) < STILL_VIEW)).sum()),
            velocity_static=int((seen & (speed(now) < STILL_PLAYER)).sum()),
            still_view=profile_of(info).still_view if info.movement else MovementProfile.still_view,
        )

    @property
    def counts(self) -> dict[str, int]:
        """All counts of rows that are known, by name, for tables and pictures."""
        counts = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("rows", "still_view")
        }
        return {name: count for name, count in counts.items() if count is not None}

    @property
    def shares(self) -> dict[str, float]:
        """The same counts as shares of the rows."""
        return {name: count / max(self.rows, 1) for name, count in self.counts.items()}

    @property
    def limits(self) -> dict[str, float]:
        """Largest share of the rows of each count in good play: in the original 0.2 of 1000 rows are 200.

        ``leaps`` has one only where the two sources cannot be compared.
        """
        limits = {
            "dead": 0.2,
            "health_mismatch": 0.02,
            "ammo_mismatch": 0.02,
            "not_first_person": 0.0,
            "leaps": 0.02,
            "mouse_static": self.still_view,
            "velocity_static": 0.35,
        }
        if self.health_mismatch is not None:
            del limits["leaps"]
        return {name: limit for name, limit in limits.items() if name in self.counts}

    @property
    def exceeded(self) -> tuple[str, ...]:
        """The counts that are above their limit."""
        rows, counts = max(self.rows, SHORTEST), self.counts
        return tuple(name for name, limit in self.limits.items() if counts[name] > limit * rows)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the play is suspect; empty for good play."""
        counts = self.counts
        return tuple(f"{REASONS[name]} in {counts[name]} of {self.rows} rows" for name in self.exceeded)

    @property
    def verdict(self) -> Literal["good", "suspect"]:
        """Whether the play should be learned from (``good``)."""
        return "suspect" if self.reasons else "good"

    def to_json(self) -> dict[str, Any]:
        """Counts, verdict and reasons."""
        return {"rows": self.rows, **self.counts, "verdict": self.verdict, "reasons": "; ".join(self.reasons)}


def _mismatches(seen: Bools, posted: Doubles, earlier: Doubles, memory: Doubles) -> int | None:
    """Rows in which a posted value is neither that in memory nor the earlier one there; None if it is never known."""
    known = ~np.isnan(posted) & ~np.isnan(memory)
    return int((seen & known & (memory != posted) & (earlier != posted)).sum()) if known.any() else None
