"""Infers w a s d and shift from velocities: which keys explain the motion in the states best?

For every step, each hypothesis (9 directions, run or walk; for bots also directions in between) predicts the motion tic
by tic with the game's physics. The misfits become costs, and the cheapest sequence of hypotheses (Viterbi) wins. So a
step that tells nothing, because the player pushes against a wall or is in the air, gets the keys of its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clonestrike.core.actions import Bools, Ints
from clonestrike.core.movement import MovementProfile
from clonestrike.core.physics import Doubles, Facing

KEYS = ("w", "a", "s", "d", "shift")
QUARTER = 0.25
"""Share of a full move from which a partial move counts as a key."""


@dataclass(frozen=True)
class Hypotheses:
    """K hypotheses of what is held: ``moves`` (K, 3), forward -1..1, right -1..1 and walking 0 or 1; the first is idle.

    ``pressed`` bool (K, 5) is the same as keys, in the order of KEYS.
    """

    moves: Doubles
    pressed: Bools

    @classmethod
    def of(cls, moves: Sequence[tuple[float, float, float]]) -> Hypotheses:
        """Hypotheses of these moves."""
        all_moves = np.array(moves, np.float64)
        ahead, aside, walking = all_moves.T
        keys = [ahead > QUARTER, aside < -QUARTER, ahead < -QUARTER, aside > QUARTER, walking > 0]
        return cls(all_moves, np.stack(keys, 1))


_DIRECTIONS = [(ahead, aside) for ahead in (0.0, 1.0, -1.0) for aside in (0.0, 1.0, -1.0)]
_SHARES = [sign * share for share in (0.15, 0.4, 0.6, 0.8) for sign in (1, -1)]
_BETWEEN = [move for full in (1.0, -1.0) for share in _SHARES for move in ((full, share), (share, full))]
_KEYS = [(*d, 0.0) for d in _DIRECTIONS] + [(*d, 1.0) for d in _DIRECTIONS if d != (0, 0)]
BY_KEYS = Hypotheses.of(_KEYS)
"""The 9 directions that keys give, run or walked."""
ANY_DIRECTION = Hypotheses.of([*_KEYS, *((*d, 0.0) for d in _BETWEEN)])
"""BY_KEYS and 32 directions in between, in which one of two moves is weaker."""

CEILING = 34.0
"""Largest cost of a misfit. A step that no hypothesis explains must not outweigh its neighbours, but one that is
explained must be able to reverse the direction and back."""
EXPLAINED = 12.0
"""Misfit below which no other explanation (hit, wall, late keys) is tried."""
LATE = 1.0
"""Cost of other keys in the first tic."""
HIT = 3.0
"""Cost of a push by a hit."""
BLOCKED = 2.0
"""Cost of a motion that is stopped by an obstacle without a change of the velocity."""
STILL = 0.5
"""Cost of keys that do not move a player who stands, as against a wall."""
WALL = 6.0
"""Cost of a wall that was touched before the step."""
SCRAPE = 10.0
"""Cost of a wall that is reached within the step."""
CHANGE = 4.0
"""Cost of a change of one key: the negative log-likelihood of a change."""


@dataclass(frozen=True)
class Steps:
    """Horizontal motion in N steps.

    ``before``, ``after``, ``moved`` (N, 2): velocity at the start, at the end, and on average, units a second.
    ``yaw``, ``turn`` (N,): yaw at the start and its change, radians. ``height`` (N, 2): view height at start and end as
    a share of standing. ``flat``, ``aloft``, ``hurt`` bool (N,): surely on the ground, surely in the air, hit.
    """

    before: Doubles
    after: Doubles
    moved: Doubles
    yaw: Doubles
    turn: Doubles
    height: Doubles
    flat: Bools
    aloft: Bools
    hurt: Bools

    def __len__(self) -> int:
        return len(self.before)

    def rows(self, chosen: Bools | slice) -> Steps:
        """The chosen steps."""
        return Steps(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def press(steps: Steps, profile: MovementProfile, tics: int) -> Bools:
    """The most likely keys of N consecutive steps of ``tics`` engine tics each, bool (N, 5) in the order of KEYS."""
    hypotheses = hypotheses_of(profile)
    pressed: Bools = hypotheses.pressed[decode(costs(steps, profile, tics), hypotheses)]
    return pressed


def hypotheses_of(profile: MovementProfile) -> Hypotheses:
    """The hypotheses for players of this game."""
    return ANY_DIRECTION if profile.any_direction else BY_KEYS


def costs(steps: Steps, profile: MovementProfile, tics: int) -> Doubles:
    """Cost (N, K) of every hypothesis at every step: its misfit, at most CEILING, plus the cost of walking."""
    moves = hypotheses_of(profile).moves
    cost = np.full((len(steps), len(moves)), np.inf)
    unsure = ~steps.flat & ~steps.aloft
    sure = [(steps.flat, [np.ones(2 * tics)]), (steps.aloft, [np.zeros(2 * tics)])]
    for rows, footings in (*sure, (unsure, _footings(tics))):
        chosen = steps.rows(rows)
        found = np.min([_free(chosen, profile, footing) for footing in footings], 0)
        strange = found.min(1, initial=np.inf) > EXPLAINED
        found[strange] = np.minimum(found[strange], _excused(chosen.rows(strange), profile, footings))
        still = np.max([np.abs(chosen.before), np.abs(chosen.after), np.abs(chosen.moved)], (0, 2)) < profile.tolerance
        found[still] = np.minimum(found[still], STILL)
        cost[rows] = found
    found_costs: Doubles = np.minimum(cost, CEILING) + profile.walking_cost * moves[:, 2]
    return found_costs


def _footings(tics: int) -> list[Doubles]:
    """All footings (2 * tics,) of a step, 1 on the ground and 0 in the air, that change at most once."""
    moments = np.arange(2 * tics)
    leaving = [(moments < k).astype(np.float64) for k in range(2 * tics + 1)]
    return leaving + [1 - feet for feet in leaving[1:-1]]


def _tic(
    steps: Steps, profile: MovementProfile, velocity: Doubles, footing: Doubles, k: int
) -> tuple[Doubles, Doubles]:
    """Velocity after tic k and motion in it, for all hypotheses; turn and crouching are spread evenly over the step."""
    share = (k + 1) / (len(footing) // 2)
    height = steps.height[:, :1] + share * (steps.height[:, 1:] - steps.height[:, :1])
    facing = Facing.of((steps.yaw + share * steps.turn)[:, None], height)
    return profile.physics.tic(velocity, facing, hypotheses_of(profile).moves, footing[2 * k : 2 * k + 2])


def _predict(steps: Steps, profile: MovementProfile, footing: Doubles) -> tuple[Doubles, Doubles]:
    """Velocity after the step and mean motion in it, each (N, K, 2)."""
    velocity, moved, tics = steps.before[:, None], np.zeros(1), len(footing) // 2
    for k in range(tics):
        velocity, motion = _tic(steps, profile, velocity, footing, k)
        moved = moved + motion / tics
    return velocity, moved


def _square(misfit: Doubles, tolerance: float) -> Doubles:
    squares: Doubles = (misfit**2).sum(-1) / tolerance**2
    return squares


def _free(steps: Steps, profile: MovementProfile, footing: Doubles) -> Doubles:
    after, moved = _predict(steps, profile, footing)
    tolerance = profile.tolerance if footing.any() else profile.air_tolerance or profile.tolerance
    return _square(after - steps.after[:, None], tolerance) + _square(moved - steps.moved[:, None], tolerance)


def _excused(steps: Steps, profile: MovementProfile, footings: list[Doubles]) -> Doubles:
    """Cost (N, K) if something else may have changed the velocity: a hit, a wall, other keys in the first tic."""
    ground = np.ones_like(footings[0])
    after, _ = _predict(steps, profile, ground)
    cost = np.minimum(_wall(steps, profile, ground), BLOCKED + _square(after - steps.after[:, None], profile.tolerance))
    if profile.flinches:
        cost = np.minimum(cost, np.where(steps.hurt[:, None], _hit(steps, profile, ground), np.inf))
    if len(ground) == 2 * 2:
        for footing in footings:
            cost = np.minimum(cost, _late(steps, profile, footing))
    return cost


def _late(steps: Steps, profile: MovementProfile, footing: Doubles) -> Doubles:
    """Cost of the second of two tics alone; the velocity after the first one follows from the motion in both.

    It explains keys that change within the step, and a first tic at a wall. The keys are those of the second tic.
    """
    physics, first, second = profile.physics, footing[:2], footing[2:]
    last = steps.after / physics.velocity_after(np.ones(1), second)
    velocity = physics.velocity_after(2 * steps.moved - last, first)
    after, _ = _tic(steps, profile, velocity[:, None], footing, 1)
    return LATE + _square(after - steps.after[:, None], profile.tolerance)


def _hit(steps: Steps, profile: MovementProfile, footing: Doubles) -> Doubles:
    """Cost with the best push by a hit: before tic k it adds to later motion and, with friction, to the velocity."""
    after, moved = _predict(steps, profile, footing)
    velocity, motion = steps.after[:, None] - after, steps.moved[:, None] - moved
    kept, tics = float(profile.physics.friction(footing[:2])[0]), len(footing) // 2
    costs = []
    for k in range(tics):
        remains = kept ** np.arange(1, tics - k + 1)
        share = remains.sum() / kept / tics / remains[-1]
        costs.append(HIT + _square(motion - share * velocity, profile.tolerance))
    best: Doubles = np.min(costs, 0)
    return best


def _wall(steps: Steps, profile: MovementProfile, footing: Doubles) -> Doubles:
    """Cost of motion along a wall, whose direction is that of the velocity after the step."""
    speed = np.linalg.norm(steps.after, axis=1, keepdims=True)
    along = (steps.after / np.maximum(speed, 1e-9))[:, None]
    motion = (steps.moved[:, None] * along).sum(-1)

    def misfit(velocity: Doubles, moved: Doubles) -> Doubles:
        spread = profile.tolerance + profile.wall_noise * np.maximum(np.abs(moved), speed)
        squares: Doubles = ((velocity - speed) / spread) ** 2 + ((moved - motion) / spread) ** 2
        return squares

    cost = WALL + misfit(*_slide(steps, profile, footing, along, 0, 1 - profile.wall_loss))
    for tic in range(len(footing) // 2):  # a wall reached within a tic leaves an unknown share of the velocity
        least, least_moved = _slide(steps, profile, footing, along, tic, 0.0)
        most, most_moved = _slide(steps, profile, footing, along, tic, 1.0)
        span = np.where(np.abs(most - least) > 1e-6, most - least, 1.0)
        share = np.clip((speed - least) / span, 0, 1)
        met = misfit(least + share * (most - least), least_moved + share * (most_moved - least_moved))
        cost = np.minimum(cost, SCRAPE + met)
    return np.where(speed > profile.tolerance, cost, CEILING)


def _slide(
    steps: Steps, profile: MovementProfile, footing: Doubles, along: Doubles, first: int, share: float
) -> tuple[Doubles, Doubles]:
    """Velocity after the step and mean motion, each (N, K), along a wall that is touched from tic ``first`` on.

    That tic keeps ``share`` of the velocity along the wall, every later one ``1 - profile.wall_loss``.
    """
    velocity, moved, tics, rest = steps.before[:, None], np.zeros(1), len(footing) // 2, 1 - profile.wall_loss
    for k in range(tics):
        velocity, motion = _tic(steps, profile, velocity, footing, k)
        straight = (motion * along).sum(-1)
        if k >= first:
            velocity = along * (velocity * along).sum(-1, keepdims=True) * (share if k == first else rest)
            straight = straight * rest
        moved = moved + straight / tics
    return (velocity * along).sum(-1), moved


def decode(cost: Doubles, hypotheses: Hypotheses) -> Ints:
    """The cheapest sequence of hypotheses (Viterbi), int64 (N,); every change of a key costs CHANGE."""
    pressed = hypotheses.pressed
    change = CHANGE * (pressed[:, None] != pressed[None]).sum(-1)
    n = len(cost)
    came_from = np.zeros((n, len(pressed)), np.int64)
    total = np.zeros(len(pressed))
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
