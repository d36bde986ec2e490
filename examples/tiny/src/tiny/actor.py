"""Seeker: turns until it sees red, aims there and fires."""

from __future__ import annotations

import math

import numpy as np

from clonestrike.core.actions import Action
from clonestrike.core.actor import Actor, Decision
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.playing.player import ActorEntry, Seat


class Seeker:
    """It knows the picture only, so it can play any game, and finds what is red there."""

    def __init__(self, info: GameInfo) -> None:
        self._focal = info.frame_width / 2 / math.tan(math.radians(info.field_of_view) / 2)
        self._calibration = info.calibration

    def reset(self) -> None:
        """A new run begins: nothing to forget."""

    def act(self, observation: Observation) -> Decision:
        """Where it sees nothing red it turns right."""
        red = (observation.frame[..., 0] > 180) & (observation.frame[..., 1] < 80)
        columns = np.flatnonzero(red.any(0))
        if not len(columns):
            return Decision(Action(mouse_x=300))
        right = math.atan((columns.mean() - red.shape[1] / 2) / self._focal)
        counts, _ = self._calibration.counts(-right, 0.0)
        return Decision(Action(left=abs(right) < 0.06, mouse_x=counts))


def seeker(info: GameInfo, seed: int) -> Actor:
    """For ``clonestrike play tiny.actor:seeker``: needs no entry point."""
    return Seeker(info)


def _open(seat: Seat) -> Actor:
    return Seeker(seat.game.info)


ACTOR = ActorEntry(_open, learned=False)
