"""w a s d and shift from velocities: which keys would have moved the player as the states say?

Every row asks all hypotheses (9 directions, run or walk) to predict its motion tic by tic with the game's physics. The
misfits become costs, and the cheapest sequence of hypotheses (Viterbi) decides: where a row says nothing, because the
player pushes against a wall or flies, the keys around it are carried over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonestrike.actions import Bools, Ints
from clonestrike.inverse_dynamics.movement import Doubles, Facing, MovementProfile

KEYS = ("w", "a", "s", "d", "shift")
_DIRECTIONS = [(ahead, aside) for ahead in (0, 1, -1) for aside in (0, 1, -1)]
HYPOTHESES: Doubles = np.array(
    [(*d, 0) for d in _DIRECTIONS] + [(*d, 1) for d in _DIRECTIONS if d != (0, 0)], np.float64
)
"""(17, 3): forward, right, walking; the first presses nothing."""
PRESSED: Bools = np.stack(
    [
        HYPOTHESES[:, 0] > 0,
        HYPOTHESES[:, 1] < 0,
        HYPOTHESES[:, 0] < 0,
        HYPOTHESES[:, 1] > 0,
        HYPOTHESES[:, 2] > 0,
    ],
    1,
)
"""(17, 5): the same as keys, in the order of KEYS."""

CEILING = 30.0
"""No misfit costs more: one row that the physics does not know must not outvote its neighbours."""
EXPLAINED = 12.0
"""Misfits below this need no excuse."""
UNUSUAL = 2.0
"""Cost of an excuse: feet that leave or touch the ground within the step, a turn within one tic."""
HIT = 4.0
"""Cost of a push by a hit."""
WALL = 4.0
SCRAPE = 8.0
"""Cost of a wall that was touched before, and of one that was met within the step."""
CHANGE = 3.0
"""Cost of a key that changes: the logarithm of how rarely keys do."""


@dataclass(frozen=True)
class Steps:
    """N steps of horizontal motion, as far as the states tell.

    ``before``, ``after``, ``moved`` (N, 2): velocity at either end and the distance over the step's time, units a
    second; ``yaw``, ``turn`` (N,): facing at the start and its change, radians; ``height`` (N, 2): view height at either
    end as a share of standing; ``flat`` and ``hurt`` bool (N,): surely on the ground, and hit.
    """

    before: Doubles
    after: Doubles
    moved: Doubles
    yaw: Doubles
    turn: Doubles
    height: Doubles
    flat: Bools
    hurt: Bools

    def __len__(self) -> int:
        return len(self.before)

    def rows(self, chosen: Bools | slice) -> Steps:
        """Some of the steps."""
        return Steps(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Prediction:
    """Of every step and hypothesis: velocity after (N, H, 2), mean motion (N, H, 2), and first tic's motion (N, H, 2)."""

    after: Doubles
    moved: Doubles


def press(steps: Steps, profile: MovementProfile, tics: int) -> Bools:
    """Bool (N, 5) in the order of KEYS: the likeliest keys of N consecutive steps of ``tics`` engine tics each."""
    return PRESSED[decode(costs(steps, profile, tics))]


def costs(steps: Steps, profile: MovementProfile, tics: int) -> Doubles:
    """(N, 17): how badly every hypothesis explains every step, from 0 to CEILING."""
    even = np.arange(1, tics + 1) / tics
    on_ground = np.ones(2 * tics)
    cost = np.full((len(steps), len(HYPOTHESES)), np.inf)
    cost[steps.flat] = _free(steps.rows(steps.flat), profile, on_ground, even)
    open_rows = cost.min(1, initial=np.inf) > EXPLAINED
    for footing in _footings(tics):
        for turned in (even, np.ones(tics), np.eye(tics)[-1]):
            rows = steps.rows(open_rows)
            excuse = UNUSUAL * (turned is not even)
            cost[open_rows] = np.minimum(cost[open_rows], _free(rows, profile, footing, turned) + excuse)
    open_rows = cost.min(1, initial=np.inf) > EXPLAINED
    rows = steps.rows(open_rows)
    cost[open_rows] = np.minimum(cost[open_rows], _excused(rows, profile, on_ground, even))
    return np.minimum(cost, CEILING)


def _footings(tics: int) -> list[Doubles]:
    """Feet at the start and end of every tic: on the ground, in the air, or changing once."""
    moments = np.arange(2 * tics)
    leaving = [(moments < k).astype(np.float64) for k in range(2 * tics + 1)]
    return leaving + [1 - feet for feet in leaving[1:-1]]


def _predict(steps: Steps, profile: MovementProfile, footing: Doubles, turned: Doubles) -> tuple[list[Doubles], list[Doubles]]:
    """Velocities after every tic and motions in every tic, each (N, 17, 2)."""
    velocity = steps.before[:, None]
    after, moved = [], []
    for k in range(len(turned)):
        velocity, motion = _tic(steps, profile, velocity, footing, turned, k)
        after.append(velocity)
        moved.append(motion)
    return after, moved


def _tic(
    steps: Steps, profile: MovementProfile, velocity: Doubles, footing: Doubles, turned: Doubles, k: int
) -> tuple[Doubles, Doubles]:
    height = steps.height[:, :1] + (steps.height[:, 1:] - steps.height[:, :1]) * (k + 1) / len(turned)
    facing = Facing.of((steps.yaw + turned[k] * steps.turn)[:, None], height)
    return profile.physics.tic(velocity, facing, HYPOTHESES, footing[2 * k : 2 * k + 2])


def _square(misfit: Doubles, profile: MovementProfile) -> Doubles:
    squares: Doubles = (misfit**2).sum(-1) / profile.tolerance**2
    return squares


def _free(steps: Steps, profile: MovementProfile, footing: Doubles, turned: Doubles) -> Doubles:
    after, moved = _predict(steps, profile, footing, turned)
    mean = sum(moved) / len(moved)
    return _square(after[-1] - steps.after[:, None], profile) + _square(mean - steps.moved[:, None], profile)


def _excused(steps: Steps, profile: MovementProfile, footing: Doubles, turned: Doubles) -> Doubles:
    """Misfit that remains when a hit or a wall may have changed the velocity."""
    after, moved = _predict(steps, profile, footing, turned)
    missing_velocity = steps.after[:, None] - after[-1]
    missing_motion = steps.moved[:, None] - sum(moved) / len(moved)
    tics = len(moved)
    cost = np.full(missing_velocity.shape[:2], np.inf)
    kept = float(profile.physics.friction(footing[:2])[0])
    if profile.flinches:
        for k in range(tics):  # a push before the motion of tic k shows in every later motion, and less in the velocity
            remains = kept ** np.arange(1, tics - k + 1)
            share = (remains / kept).sum() / tics / remains[-1]
            pushed = _square(missing_motion - share * missing_velocity, profile) + HIT
            cost = np.minimum(cost, np.where(steps.hurt[:, None], pushed, np.inf))
    return np.minimum(cost, _wall(steps, profile, footing, turned))


def _wall(steps: Steps, profile: MovementProfile, footing: Doubles, turned: Doubles) -> Doubles:
    """Misfit along the wall, whose direction is that of the velocity that is left."""
    speed = np.linalg.norm(steps.after, axis=1)
    along = (steps.after / np.maximum(speed, 1e-9)[:, None])[:, None]
    motion = (steps.moved[:, None] * along).sum(-1)
    slid, slid_motion = _slide(steps, profile, footing, turned, along, 0, 1 - profile.wall_loss)
    spread = profile.tolerance + profile.wall_noise * np.maximum(np.abs(slid_motion), speed[:, None])
    cost = WALL + ((slid - speed[:, None]) / spread) ** 2 + ((slid_motion - motion) / spread) ** 2
    for tic in range(len(turned)):
        least, least_motion = _slide(steps, profile, footing, turned, along, tic, 0.0)
        most, most_motion = _slide(steps, profile, footing, turned, along, tic, 1.0)
        span = np.where(np.abs(most - least) > 1e-6, most - least, 1.0)
        share = np.clip((speed[:, None] - least) / span, 0, 1)
        velocity = least + share * (most - least)
        scraped = least_motion + share * (most_motion - least_motion)
        spread = profile.tolerance + profile.wall_noise * np.maximum(np.abs(scraped), speed[:, None])
        met = SCRAPE + ((velocity - speed[:, None]) / spread) ** 2 + ((scraped - motion) / spread) ** 2
        cost = np.minimum(cost, met)
    return np.where(speed[:, None] > profile.tolerance, cost, CEILING)


def _slide(
    steps: Steps, profile: MovementProfile, footing: Doubles, turned: Doubles, along: Doubles, first: int, share: float
) -> tuple[Doubles, Doubles]:
    """Velocity and mean motion along a wall (N, 17) that is touched from tic ``first`` on, which leaves ``share`` of it."""
    velocity = steps.before[:, None]
    motions = []
    for k in range(len(turned)):
        velocity, motion = _tic(steps, profile, velocity, footing, turned, k)
        straight = (motion * along).sum(-1)
        if k >= first:
            rest = 1 - profile.wall_loss
            velocity = along * (velocity * along).sum(-1, keepdims=True) * (share if k == first else rest)
            straight = straight * rest
        motions.append(straight)
    return (velocity * along).sum(-1), sum(motions) / len(motions)


def decode(cost: Doubles) -> Ints:
    """The cheapest sequence of hypotheses, int64 (N,), when every key that changes costs CHANGE (Viterbi)."""
    change = CHANGE * (PRESSED[:, None] != PRESSED[None]).sum(-1)
    n = len(cost)
    came_from = np.zeros((n, len(HYPOTHESES)), np.int64)
    total = np.zeros(len(HYPOTHESES))
    for t in range(n):
        if t:
            through = total[:, None] + change
            came_from[t] = through.argmin(0)
            total = through.min(0)
        total = total + cost[t]
    path = np.zeros(n, np.int64)
    if n:
        path[-1] = total.argmin()
    for t in range(n - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path
