"""What is seen at one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Action
from clonestrike.core.states import PlayerState

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Observation:
    """The screen at one step, uint8 (H, W, 3) RGB, and the metadata at the same instant (None if the game has none).

    ``player`` names who is seen; a change of it, or a state that is not alive or not first person, ends a run.
    Times are from time.perf_counter_ns(), on every system the finest clock that never goes back.
    """

    frame: Frame
    state: PlayerState | None
    player: str
    frame_time_ns: int
    state_time_ns: int
    pressed: Action | None = None
    """What the player really held from the previous observation to this one; None where the game does not tell."""

    @property
    def playing(self) -> bool:
        """Whether this is first-person play: what may be recorded, and what an actor is asked about."""
        return self.state is None or (self.state.alive is not False and self.state.first_person is not False)
