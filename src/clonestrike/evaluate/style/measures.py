"""What the lives of one player show: aim, lives, distances, walls, faults."""

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
"""A shot later than that after the first sight is no reaction to it."""
UNSEEN_STEPS = 8
"""A sight is new after so many steps without one."""
NEAR_WALL = 48.0
"""Game units from the middle of a player, three radii: another player has no room between."""


@dataclass(frozen=True)
class Style:
    """What the lives of one player show; shares are of the steps, None where nothing is known."""

    steps: int
    lifetime: list[float]
    """Seconds, of every life that was seen from birth to death."""
    kill_distance: list[float]
    """Game units to the nearest enemy in sight, of every kill of somebody in sight."""
    reaction: list[float]
    """Seconds from a new sight of an enemy to the first shot."""
    wall_distance: list[float]
    """Game units to the nearest wall, of every step in which it is known."""
    mouse_x: list[float]
    """Share of the steps in every mouse x bin."""
    turning: float
    """Mean turn of the view, degrees a second."""
    enemy_in_sight: float | None
    firing: float
    faults: dict[str, float | None]
    """Share of every failure mode."""
    counts: dict[str, int | None] = field(default_factory=dict)
    """Lives, kills and reactions that this is drawn from."""

    @classmethod
    def of(cls, seen_lives: Sequence[Life], steps_per_second: float) -> Self:
        """From lives; raises ClonestrikeError when there are none."""
        if not seen_lives:
            raise ClonestrikeError("there is no play to look at", "give the matches more minutes")
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
        """Share of the steps nearer than NEAR_WALL to a wall."""
        return float((np.array(self.wall_distance) < NEAR_WALL).mean()) if self.wall_distance else None

    @property
    def shares(self) -> dict[str, float | None]:
        """Shares of the steps that are no faults, for a table."""
        return {"enemy in sight": self.enemy_in_sight, "firing": self.firing, "near a wall": self.near_wall}

    def row(self) -> dict[str, float | None]:
        """Medians and shares, for a table."""
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
    """Of the nearest enemy in sight in the step before the kill counts."""
    at = np.flatnonzero(np.diff(column(life, "kills")) > 0)
    distances = column(life, "enemy")[at]
    return [float(d) for d in distances[np.isfinite(distances)]]


def _reactions(life: Trace) -> list[int]:
    """Steps from every new sight of an enemy to the first shot before the next one, if it comes soon enough."""
    sight, shot = seen(life), fires(life)
    new = sight & (run_sums(np.concatenate([[0.0], sight[:-1]]).astype(np.float64), UNSEEN_STEPS) == 0)
    found = []
    for start, end in pairwise([*np.flatnonzero(new).tolist(), len(life)]):
        shots = np.flatnonzero(shot[start : min(end, start + REACTION_STEPS)])
        if len(shots) and not shot[start]:
            found.append(int(shots[0]))
    return found
