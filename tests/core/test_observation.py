import numpy as np
import pytest

from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState


@pytest.mark.parametrize(
    ("state", "playing"),
    [
        (None, True),
        (PlayerState(), True),
        (PlayerState(alive=True, first_person=True), True),
        (PlayerState(alive=False), False),
        (PlayerState(alive=True, first_person=False), False),
    ],
)
def test_playing(state: PlayerState | None, playing: bool) -> None:
    assert Observation(np.zeros((2, 2, 3), np.uint8), state, "me", 0, 0).playing is playing
