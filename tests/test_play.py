from pathlib import Path
from typing import cast

import av
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, RealTimeClock
from clonestrike.play import PlayConfig, lateness, play


def test_a_match_is_played_and_filmed(tmp_path: Path) -> None:
    video = tmp_path / "match.mp4"
    result = play(PlayConfig("random", "doom:bots=3", minutes=0.1, video=video, seed=2))
    assert result["minutes"] == pytest.approx(0.1, abs=0.02)
    assert result["kills"] >= 0
    with av.open(str(video)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert frames == pytest.approx(0.1 * 60 * 17.5, abs=8)
    assert list(tmp_path.iterdir()) == [video]


def test_at_real_time_the_lateness_is_reported() -> None:
    result = play(PlayConfig("random", "doom:bots=1", minutes=0.05, real_time=True, seed=2))
    assert set(result["real_time"]) == {"late_ms_p50", "late_ms_p95", "late_ms_p99", "late_share", "missed_steps"}


def test_lateness_is_told_in_milliseconds_and_as_a_share() -> None:
    clock = RealTimeClock(cast(Game, None), 20.0)
    clock.lateness_ns = [0, 0, 0, 10_000_000]
    found = lateness(clock, 20.0)
    assert found["late_ms_p50"] == 0
    assert found["late_share"] == 0.25  # a tenth of a step of 50 ms is 5 ms


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"actor": "nobody"}, "is no checkpoint"),
        ({"game": "doom:map=x"}, "no map 'x'"),
        ({"minutes": 0.0}, "more than 0"),
        ({"video": Path("/dev/null/x.mp4")}, "/dev/null"),
    ],
)
def test_bad_input_is_told(changes: dict[str, object], words: str) -> None:
    values: dict[str, object] = {"actor": "random", "game": "doom:bots=1", "minutes": 0.02, **changes}
    with pytest.raises((ClonestrikeError, OSError), match=words):
        play(PlayConfig(**values))  # type: ignore[arg-type]
