"""A window beside the game that shows what its agent sees and does."""

from __future__ import annotations

import time
from itertools import product

import numpy as np

from clonestrike import console
from clonestrike.games.base import Game, Windowed
from clonestrike.playing.loop import Step
from clonestrike.playing.window import Window
from clonestrike.view.overlay import overlay

BESIDE = 2 / 3
"""Size of the window beside a game that has one of its own, as a share of the picture's, so that both fit a screen."""
PATIENCE = 0.5
"""Seconds until a desktop has moved and raised windows."""


class Show:
    """A listener that shows every step in a window, with the overlay of videos below it.

    A game with a window of its own keeps the focus, and the picture is put into a corner where it does not lie over
    the game; where there is none, a warning says so.
    """

    def __init__(self, title: str, game: Game) -> None:
        own = game if isinstance(game, Windowed) else None
        self.window = Window(title, scale=1 if own is None else BESIDE, takes_focus=own is None)
        self._rate = game.info.steps_per_second
        self._steps = 0
        # Opened before the match begins, since that takes longer than a step.
        self.window.show(overlay(np.zeros((game.info.frame_height, game.info.frame_width, 3), np.uint8), None))
        if own is not None:
            self._leave(own)

    def step(self, step: Step) -> None:
        action, prediction = (step.decision.action, step.decision.prediction) if step.decision else (None, None)
        seen = step.observation
        self.window.show(overlay(seen.frame, action, prediction, seen.state, self._steps, self._rate))
        self.window.events()
        self._steps += 1

    def _leave(self, game: Windowed) -> None:
        """Give the focus back, and go where the game can be seen."""
        game.focus()
        for right, bottom in product((True, False), repeat=2):
            self.window.move(right=right, bottom=bottom)
            if _whole(game):
                return
        console.warning(f"the game cannot be seen whole ({game.obstacle}): move it or this window aside")


def _whole(game: Windowed) -> bool:
    """Whether the game can be seen whole, now or in a moment."""
    end = time.monotonic() + PATIENCE
    while game.obstacle is not None:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
