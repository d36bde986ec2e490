"""The control loop, and processes that play several matches at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from clonestrike.core.actions import Action
from clonestrike.core.actor import Actor
from clonestrike.core.observation import Observation
from clonestrike.games.base import Game
from clonestrike.playing.clock import Clock


@dataclass(frozen=True)
class Step:
    """One step of the loop: what was seen, what was answered (None while not playing), and when."""

    observation: Observation
    action: Action | None
    action_time_ns: int
    late_ns: int
    missed: int


class Listener(Protocol):
    """Whoever wants to know of every step: a recorder, a video, a window."""

    def step(self, step: Step) -> None:
        """Called once a step, before the game goes on."""


def control_loop(
    game: Game,
    actor: Actor,
    clock: Clock,
    listeners: Sequence[Listener] = (),
    *,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Play until the match or somebody ends it; returns the steps that were played.

    Out of play (dead, another player, not first person) nothing is pressed and the actor is reset.
    """
    actor.reset()
    player: str | None = None
    played = 0
    while clock.tick() and not stop():
        observation = game.observe()
        if observation.playing:
            if player is not None and observation.player != player:
                actor.reset()
            player = observation.player
            action = actor.act(observation)
            played += 1
        else:
            if player is not None:
                actor.reset()
            player, action = None, None
        game.apply(action or Action())
        step = Step(observation, action, time.perf_counter_ns(), clock.late_ns, clock.missed)
        for listener in listeners:
            listener.step(step)
    return played
