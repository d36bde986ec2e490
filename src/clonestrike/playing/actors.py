"""Who can play: the scripted expert, a human, a random actor, or an agent from a checkpoint."""

from __future__ import annotations

import random
from typing import Protocol

from clonestrike import games
from clonestrike.core.actions import ACTION_SPACE, KEYS, Action
from clonestrike.core.actor import Actor
from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, TrueInputs
from clonestrike.playing.human import Human
from clonestrike.policy.shipped import checkpoint

MOVES = frozenset("wasd")


class RandomActor:
    """Presses every key and button half of the time and turns at random; holds each choice for 1 to 16 steps."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.reset()

    def reset(self) -> None:
        self._left = 0
        self._action = Action()

    def act(self, observation: Observation) -> Action:
        if self._left == 0:
            self._left = self._random.randint(1, 16)
            self._action = Action(
                frozenset(key for key in KEYS if self._random.random() < 0.5),
                left=self._random.random() < 0.5,
                right=self._random.random() < 0.5,
                mouse_x=self._random.choice(ACTION_SPACE.mouse_x_bins[4:-4]),
                mouse_y=self._random.choice(ACTION_SPACE.mouse_y_bins[4:-4]),
            )
        self._left -= 1
        return self._action


class Bystander:
    """Presses nothing: a human plays in the game's own window."""

    def reset(self) -> None:
        """Nothing to forget."""

    def act(self, observation: Observation) -> Action:
        return Action()


class Intending(Actor, Protocol):
    """An actor whose executed action may be another one than the one to learn from."""

    intended: Action
    """What to learn at the last step."""
    disturbed: bool
    """Whether something else was executed."""


class Disturbed:
    """Executes another action than the actor's now and then, so that a recording shows how to come back.

    Bursts of 3 to 8 steps add a turn, and every other one changes the moves too; ``share`` of the steps lie in bursts
    (DART, Laskey et al. 2017, is the idea). ``intended`` is what the actor chose, the action that a recording keeps.
    """

    def __init__(self, actor: Actor, share: float, seed: int) -> None:
        if not 0 <= share < 0.9:
            raise ClonestrikeError(
                f"noise is a share of the steps from 0 to 0.9, not {share}", "give --noise such a share"
            )
        self._actor = actor
        self._start = share / (5.5 * (1 - share))  # chance a step that a burst of 5.5 steps on average begins
        self._random = random.Random(seed)
        self.reset()

    def reset(self) -> None:
        self._actor.reset()
        self._left = 0
        self._turn = self._tilt = 0.0
        self._moves: frozenset[str] | None = None
        self.intended = Action()
        self.disturbed = False

    def act(self, observation: Observation) -> Action:
        self.intended = self._actor.act(observation)
        if self._left == 0 and self._random.random() < self._start:
            self._begin()
        self.disturbed = self._left > 0
        if not self.disturbed:
            return self.intended
        self._left -= 1
        chosen = self.intended
        keys = chosen.keys if self._moves is None else (chosen.keys - MOVES) | self._moves
        return ACTION_SPACE.snap(
            Action(keys, chosen.left, chosen.right, chosen.mouse_x + self._turn, chosen.mouse_y + self._tilt)
        )

    def _begin(self) -> None:
        chance = self._random
        self._left = chance.randint(3, 8)
        self._turn = chance.choice((0.0, chance.gauss(0, 200), chance.choice((-300.0, 300.0))))
        # Up to the limits of the pitch: a clone that has never seen them does not come back from there.
        self._tilt = chance.choice((0.0, chance.gauss(0, 60), chance.gauss(0, 200)))
        self._moves = frozenset(key for key in MOVES if chance.random() < 0.5) if chance.random() < 0.5 else None


class Corrected:
    """Executes what an agent chooses; ``intended`` is what the expert would have done in its place.

    The way to collect data for dataset aggregation (DAgger, Ross et al. 2011): the agent visits the places to which its
    own faults lead, and the expert says how to come back.
    """

    def __init__(self, agent: Actor, expert: Actor) -> None:
        self._agent, self._expert = agent, expert
        self.reset()

    def reset(self) -> None:
        self._agent.reset()
        self._expert.reset()
        self.intended, self.disturbed = Action(), False

    def act(self, observation: Observation) -> Action:
        self.intended = self._expert.act(observation)
        executed = self._agent.act(observation)
        self.disturbed = executed != self.intended
        return executed


def check_actor(name: str) -> None:
    """Raise ClonestrikeError if there is no such actor; loads nothing."""
    if name in ("expert", "human", "random"):
        return
    path = checkpoint(name)
    if not (path / "policy.onnx").is_file() and not (path.is_file() and path.suffix == ".onnx"):
        raise ClonestrikeError(
            f"{name} is no checkpoint (it has no policy.onnx), no .onnx file and none of expert, human, random",
            "name one that clonestrike train wrote",
        )


def open_actor(name: str, game_name: str, game: Game, *, seed: int, decoding: str | None = None) -> Actor:
    """``expert``, ``human``, ``random``, or a checkpoint: its folder, its ONNX file alone, or ``pretrained:doom``."""
    check_actor(name)
    if name == "expert":
        return games.open_expert(game_name, game, seed=seed)
    if name == "random":
        return RandomActor(seed)
    if name == "human" and isinstance(game, TrueInputs):
        return Bystander()
    if name == "human":
        return Human(f"Clonestrike: {game.info.game} {game.info.map}", game.info.steps_per_second)
    from clonestrike.policy.agent import Agent
    from clonestrike.policy.decoding import Decoding

    rules = None if decoding is None else Decoding.preset(decoding)
    return Agent(checkpoint(name), rules, seed=seed)
