"""The control loop: observe, act, apply, at the pace of a clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from clonestrike.core.actions import Action
from clonestrike.core.actor import Actor, Decision
from clonestrike.core.observation import Observation
from clonestrike.games.base import Game
from clonestrike.playing.clock import Clock
from clonestrike.playing.watcher import Watcher


@dataclass(frozen=True)
class Step:
    """One step of the loop: the observation, the decision, and their times."""

    observation: Observation
    decision: Decision | None
    """None out of play: the actor was not asked, and nothing is held."""
    action_time_ns: int
    """When the action was applied, by time.perf_counter_ns()."""
    late_ns: int
    """How late the step began; 0 in lockstep."""
    missed: int
    """Number of steps that were skipped since the match began."""


class Listener(Protocol):
    """Receives every step: a recorder, a video, a window. Listeners do not depend on each other."""

    def step(self, step: Step) -> None:
        """Called once a step, before the game advances."""


@dataclass(frozen=True)
class Played:
    """The result of a loop: the number of steps in play, and whether the actor wanted to stop."""

    steps: int
    left: bool


def control_loop(
    game: Game,
    actor: Actor,
    clock: Clock,
    listeners: Sequence[Listener] = (),
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Played:
    """Play until the match, the actor or ``stop`` ends it.

    Out of play (dead, another player, not first person) nothing is pressed and the actor is reset.
    """
    played = 0
    for step in _steps(game, actor, clock, stop):
        for listener in listeners:
            listener.step(step)
        played += step.decision is not None
        if step.decision and step.decision.leave:
            return Played(played, left=True)
    return Played(played, left=False)


def watch_loop(
    game: Game,
    watcher: Watcher,
    clock: Clock,
    listeners: Sequence[Listener] = (),
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Played:
    """Watch other players until the match or ``stop`` ends it."""
    played = 0
    for step in _steps(game, watcher, clock, stop):
        for listener in listeners:
            listener.step(step)
        watcher.follow(step.observation)  # it may choose another player, for the next step
        played += step.decision is not None
    return Played(played, left=False)


def _steps(game: Game, actor: Actor, clock: Clock, stop: Callable[[], bool]) -> Iterator[Step]:
    actor.reset()
    player: str | None = None
    while clock.tick() and not stop():
        observation = game.observe()
        decision: Decision | None = None
        if observation.playing:
            if player is not None and observation.player != player:
                actor.reset()
            player = observation.player
            decision = actor.act(observation)
        elif player is not None:
            actor.reset()
            player = None
        game.apply(decision.action if decision else Action())
        yield Step(observation, decision, time.perf_counter_ns(), clock.late_ns, clock.missed)
