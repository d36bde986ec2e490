import os
import signal

import numpy as np
import pytest

from clonestrike.actions import Action
from clonestrike.control import WORKER_LOST, Step, control_loop, worker_pool
from clonestrike.games.base import Game, GameInfo, Lockstep, LockstepClock, Observation
from clonestrike.states import PlayerState


class Script(Game, Lockstep):
    """A game of ours that shows a given sequence of players, alive or not."""

    info = GameInfo("script", "", "", 16.0, 4, 4, 90.0, "doom")

    def __init__(self, players: list[tuple[str, bool]]) -> None:
        self.players, self.now = players, 0
        self.held: list[Action] = []

    def observe(self) -> Observation:
        player, alive = self.players[self.now]
        frame = np.full((4, 4, 3), self.now, np.uint8)
        return Observation(frame, PlayerState(alive=alive), player, 0, 0)

    def apply(self, action: Action) -> None:
        self.held.append(action)

    def advance(self) -> None:
        self.now += 1

    @property
    def finished(self) -> bool:
        return self.now >= len(self.players)

    def close(self) -> None:
        pass


class Walker:
    """Presses w, and notes what it was asked and when it was reset."""

    def __init__(self) -> None:
        self.log: list[int | str] = []

    def reset(self) -> None:
        self.log.append("reset")

    def act(self, observation: Observation) -> Action:
        self.log.append(int(observation.frame[0, 0, 0]))
        return Action(frozenset("w"))


class Notes:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    def step(self, step: Step) -> None:
        self.steps.append(step)


def test_the_actor_is_asked_in_play_only_and_forgets_between_runs() -> None:
    game = Script([("a", True), ("a", True), ("a", False), ("a", False), ("a", True), ("b", True)])
    actor, notes = Walker(), Notes()
    played = control_loop(game, actor, LockstepClock(game), [notes])
    assert played == 4
    assert actor.log == ["reset", 0, 1, "reset", 4, "reset", 5]
    assert [bool(action.keys) for action in game.held] == [True, True, False, False, True, True]
    assert [step.action is None for step in notes.steps] == [False, False, True, True, False, False]


def test_the_loop_stops_when_it_is_told() -> None:
    game, actor, notes = Script([("a", True)] * 10), Walker(), Notes()
    control_loop(game, actor, LockstepClock(game), [notes], stop=lambda: len(notes.steps) == 3)
    assert len(notes.steps) == 3


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_noticed() -> None:
    with worker_pool(1) as pool, pytest.raises(WORKER_LOST):
        pool.submit(_die).result()
