"""Measures of one player's style: aim, length of lives, distances, walls, faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

import numpy as np

from clonestrike.core.actions import ACTION_SPACE
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.style.faults import FAULTS, column, fires, run_sums, seen, turns
from clonestrike.evaluate.style.traces import Life, Trace

REACTION_STEPS = 64
"""Largest number of steps from the first sight of an enemy to a shot that counts as reaction."""
UNSEEN_STEPS = 8
"""Steps without an enemy in sight after which a sight is new."""
NEAR_WALL = 48.0
"""Distance of a player's centre to a wall, in game units, below which the player is near it: three radii."""


@dataclass(frozen=True)
class Style:
    """Measures of one player's lives; shares are of the steps, None if unknown."""

    steps: int
    lifetime: list[float]
    """Length in seconds of every life that was seen from birth to death."""
    kill_distance: list[float]
    """Distance to the nearest enemy in sight, in game units, at every kill with an enemy in sight."""
    reaction: list[float]
    """Seconds from a new sight of an enemy to the first shot."""
    wall_distance: list[float]
    """Distance to the nearest wall, in game units, at every step where it is known."""
    mouse_x: list[float]
    """Share of the steps in every mouse x bin."""
    turning: float
    """Mean turn of the view, in degrees per second."""
    enemy_in_sight: float | None
    firing: float
    faults: dict[str, float | None]
    """Fault -> share of the steps."""
    counts: dict[str, int | None] = field(default_factory=dict)
    """Number of lives, kills and reactions."""

    @classmethod
    def of(cls, seen_lives: Sequence[Life], steps_per_second: float) -> Self:
        """Measure lives; raises ClonestrikeError when there are none."""
        if not seen_lives:
            raise ClonestrikeError("there is no play to measure", "give the matches more minutes")
        lives = [life.trace for life in seen_lives]
        rows = np.concatenate(lives)
        known = not np.isnan(column(rows, "enemy")).all()
        bins = ACTION_SPACE.mouse_x_bins
        nearest = np.abs(column(rows, "mouse_x")[:, None] - np.array(bins)).argmin(1)
        reactions = [r / steps_per_second for life in lives for r in _reactions(life)] if known else []
        walls = column(rows, "wall")
        return cls(
            steps=len(rows),
            lifetime=[len(life.trace) / steps_per_second for life in seen_lives if life.whole],
            kill_distance=[d for life in lives for d in _kill_distances(life)] if known else [],
            reaction=reactions,
            wall_distance=walls[np.isfinite(walls)].tolist(),
            mouse_x=(np.bincount(nearest, minlength=len(bins)) / len(rows)).tolist(),
            turning=float(np.degrees(np.concatenate([np.abs(turns(life)) for life in lives]).mean()))
            * steps_per_second,
            enemy_in_sight=float(seen(rows).mean()) if known else None,
            firing=float(fires(rows).mean()),
            faults={
                name: float(np.concatenate([fault.of(life) for life in lives]).mean())
                if known or not fault.needs_sight
                else None
                for name, fault in FAULTS.items()
            },
            counts={
                "lives": sum(life.whole for life in seen_lives),
                "kills": sum(int(np.nansum(np.diff(column(life, "kills")) > 0)) for life in lives),
                "reactions": len(reactions) if known else None,
            },
        )

    @property
    def near_wall(self) -> float | None:
        """Share of the steps at less than NEAR_WALL from a wall; None if unknown."""
        return float((np.array(self.wall_distance) < NEAR_WALL).mean()) if self.wall_distance else None

    @property
    def shares(self) -> dict[str, float | None]:
        """Name -> share of the steps, for measures other than faults."""
        return {"enemy in sight": self.enemy_in_sight, "firing": self.firing, "near a wall": self.near_wall}

    def row(self) -> dict[str, float | None]:
        """Name -> value of all medians and shares, for a table."""
        return {
            "life, s (median)": _median(self.lifetime),
            "kill distance (median)": _median(self.kill_distance),
            "reaction, s (median)": _median(self.reaction),
            "turning, degrees/s": self.turning,
            **self.shares,
            **self.faults,
        }


def _median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None


def _kill_distances(life: Trace) -> list[float]:
    """Distances of the nearest enemy in sight, one step before each kill, in game units."""
    at = np.flatnonzero(np.diff(column(life, "kills")) > 0)
    distances = column(life, "enemy")[at]
    return [float(d) for d in distances[np.isfinite(distances)]]


def _reactions(life: Trace) -> list[int]:
    """Steps from each new sight of an enemy to the first shot within REACTION_STEPS and before the next new sight."""
    sight, shot = seen(life), fires(life)
    new = sight & (run_sums(np.concatenate([[0.0], sight[:-1]]).astype(np.float64), UNSEEN_STEPS) == 0)
    found = []
    for start, end in pairwise([*np.flatnonzero(new).tolist(), len(life)]):
        shots = np.flatnonzero(shot[start : min(end, start + REACTION_STEPS)])
        if len(shots) and not shot[start]:
            found.append(int(shots[0]))
    return found
