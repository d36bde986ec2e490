"""Observations: what a game shows and tells at one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Action
from clonestrike.core.states import PlayerState

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Observation:
    """The frame at one step, uint8 (H, W, 3) RGB, and the state at the same instant (None if the game tells none).

    ``player`` is the name of the player seen. A run ends when it changes, or when the state is not alive or not first
    person. Times are from time.perf_counter_ns(), the finest monotonic clock on every system.
    """

    frame: Frame
    state: PlayerState | None
    player: str
    frame_time_ns: int
    state_time_ns: int
    pressed: Action | None = None
    """The true action from the previous observation to this one; None if the game does not tell it."""

    @property
    def playing(self) -> bool:
        """Whether this is first-person play by a living player. Only such steps are recorded and shown to an actor."""
        return self.state is None or (self.state.alive is not False and self.state.first_person is not False)
