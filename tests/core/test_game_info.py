import json
import math
from typing import Any

import numpy as np
import pytest

from clonestrike.core.game_info import Calibration, GameInfo, with_crosshair
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.files import as_dataclass
from clonestrike.games.doom.engine import DoomSpec

CALIBRATION = Calibration(radians_per_count=0.001)


def test_counts_go_right_and_down() -> None:
    assert CALIBRATION.counts(0.1, -0.02) == pytest.approx((-100, 20))
    x, y = CALIBRATION.counts(np.array([0.1, -0.2]), np.array([0.0, 0.3]))
    np.testing.assert_allclose([x, y], [[-100, 200], [0, -300]])


@pytest.mark.parametrize(
    ("before", "now", "counts"),
    [
        (PlayerState(yaw=0.2, pitch=0.1), PlayerState(yaw=0.1, pitch=0.3), (100, -200)),
        (PlayerState(yaw=math.pi - 0.1), PlayerState(yaw=0.1 - math.pi), (-200, 0)),  # the short way round
        (PlayerState(yaw=0.1 - math.pi), PlayerState(yaw=math.pi - 0.1), (200, 0)),
        (PlayerState(), PlayerState(), (0, 0)),
    ],
)
def test_counts_between_two_views(before: PlayerState, now: PlayerState, counts: tuple[float, float]) -> None:
    assert CALIBRATION.counts_between(before, now) == pytest.approx(counts)


def read(info: dict[str, Any]) -> GameInfo:
    return as_dataclass(with_crosshair(info), GameInfo, "recording.json", "the recording is damaged")


def test_a_header_keeps_the_crosshair() -> None:
    info = DoomSpec().info
    assert info.crosshair == (75, 160)
    assert read(json.loads(json.dumps(info.to_json()))) == info


@pytest.mark.parametrize(("game", "crosshair"), [("doom", (75, 160)), ("csgo", None)])
def test_a_header_from_before_crosshairs_opens(game: str, crosshair: tuple[int, int] | None) -> None:
    data = DoomSpec().info.to_json() | {"game": game}
    del data["crosshair"]
    assert read(data).crosshair == crosshair


@pytest.mark.parametrize("crosshair", [75, (75,), "middle"])
def test_a_damaged_crosshair_is_refused(crosshair: object) -> None:
    with pytest.raises(ClonestrikeError, match="crosshair"):
        read(DoomSpec().info.to_json() | {"crosshair": crosshair})


def test_a_header_without_its_parts_is_refused() -> None:
    with pytest.raises(ClonestrikeError, match="map"):
        read({"game": "toy"})
