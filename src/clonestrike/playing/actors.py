"""Actors that are not agents: the random actor, a bystander, and two that wrap an actor to record corrections of it."""

from __future__ import annotations

import random
from dataclasses import replace

from clonestrike import games
from clonestrike.core.actions import ACTION_SPACE, KEYS, Action
from clonestrike.core.actor import Actor, Decision
from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import TrueInputs
from clonestrike.playing.human import Human
from clonestrike.playing.named_actor import ActorEntry, Seat

MOVES = "wasd"
"""In this order: that of a set differs from process to process, and a seed must give the same moves in all."""


class RandomActor:
    """Presses every key and button half of the time and turns at random; holds each choice for 1 to 16 steps."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.reset()

    def reset(self) -> None:
        self._left = 0
        self._decision = Decision()

    def act(self, observation: Observation) -> Decision:
        if self._left == 0:
            self._left = self._random.randint(1, 16)
            self._decision = Decision(
                Action(
                    frozenset(key for key in KEYS if self._random.random() < 0.5),
                    left=self._random.random() < 0.5,
                    right=self._random.random() < 0.5,
                    mouse_x=self._random.choice(ACTION_SPACE.mouse_x_bins[4:-4]),
                    mouse_y=self._random.choice(ACTION_SPACE.mouse_y_bins[4:-4]),
                )
            )
        self._left -= 1
        return self._decision


class Bystander:
    """Does nothing, while a human plays in the game's own window."""

    def reset(self) -> None:
        """Does nothing: the actor has no memory."""

    def act(self, observation: Observation) -> Decision:
        return Decision(observed=True)


def check_noise(share: float) -> None:
    """Raises ClonestrikeError when this cannot be the share of disturbed steps."""
    if not 0 <= share < 0.9:
        raise ClonestrikeError(f"noise is a share of the steps from 0 to 0.9, not {share}", "use 0.2, for example")


class Disturbed:
    """Disturbs the actions of an actor in bursts, so that recordings show how to recover (after DART, Laskey et al.
    2017).

    Bursts of 3 to 8 steps add a turn, and every other one changes the moves too; ``share`` of the steps are in bursts.
    The intended action, which a recording stores, is the actor's own.
    """

    def __init__(self, actor: Actor, share: float, seed: int) -> None:
        check_noise(share)
        self._actor = actor
        self._start = share / (5.5 * (1 - share))  # probability that a burst begins; its mean length is 5.5 steps
        self._random = random.Random(seed)
        self.reset()

    def reset(self) -> None:
        self._actor.reset()
        self._left = 0
        self._turn = self._tilt = 0.0
        self._moves: frozenset[str] | None = None

    def act(self, observation: Observation) -> Decision:
        decision = self._actor.act(observation)
        if self._left == 0 and self._random.random() < self._start:
            self._begin()
        if self._left == 0:
            return decision
        self._left -= 1
        chosen = decision.action
        keys = chosen.keys if self._moves is None else (chosen.keys - set(MOVES)) | self._moves
        executed = ACTION_SPACE.snap(
            Action(keys, chosen.left, chosen.right, chosen.mouse_x + self._turn, chosen.mouse_y + self._tilt)
        )
        return replace(decision, action=executed, intended=decision.learned)

    def _begin(self) -> None:
        chance = self._random
        self._left = chance.randint(3, 8)
        self._turn = chance.choice((0.0, chance.gauss(0, 200), chance.choice((-300.0, 300.0))))
        # Up to the limits of the pitch: an agent that has never seen them does not recover from there.
        self._tilt = chance.choice((0.0, chance.gauss(0, 60), chance.gauss(0, 200)))
        self._moves = frozenset(key for key in MOVES if chance.random() < 0.5) if chance.random() < 0.5 else None


class Corrected:
    """Executes the agent's action; the intended action is the expert's.

    Collects data for dataset aggregation (DAgger, Ross et al. 2011): the agent visits the states to which its own
    errors lead, and the expert shows how to recover.
    """

    def __init__(self, agent: Actor, expert: Actor) -> None:
        self._agent, self._expert = agent, expert

    def reset(self) -> None:
        self._agent.reset()
        self._expert.reset()

    def act(self, observation: Observation) -> Decision:
        intended = self._expert.act(observation).action
        decision = self._agent.act(observation)
        differs = decision.action != intended
        return replace(decision, intended=intended if differs else None)


def _expert(seat: Seat) -> Actor:
    return games.open_expert(seat.game_name, seat.game, seed=seat.seed)


def _human(seat: Seat) -> Actor:
    """A bystander if the game is played in its own window; otherwise a human with a window of Clonestrike."""
    if isinstance(seat.game, TrueInputs):
        return Bystander()
    info = seat.game.info
    return Human(f"Clonestrike: {info.game} {info.map}", info.steps_per_second)


def _random(seat: Seat) -> Actor:
    return RandomActor(seat.seed)


EXPERT = ActorEntry(_expert, privileged=True, learned=False, prepare=games.prepare_expert)
HUMAN = ActorEntry(_human, human=True, learned=False)
RANDOM = ActorEntry(_random, learned=False)
