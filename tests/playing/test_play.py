from pathlib import Path

import av
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.playing.config import PlayConfig
from clonestrike.playing.play import play

SLOW = """
import time
from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision

class Slow:
    def __init__(self, info, seed):
        pass

    def reset(self):
        pass

    def act(self, observation):
        time.sleep(0.1)
        return Decision(Action())
"""
"""Takes longer than a step of Doom, which has 57 ms."""


def test_a_match_is_played_and_filmed(tmp_path: Path) -> None:
    video = tmp_path / "match.mp4"
    result = play(PlayConfig("random", "doom:bots=3", minutes=0.1, video=video, seed=2))
    assert result["minutes"] == pytest.approx(0.1, abs=0.02)
    assert (result["kills"], result["deaths"]) == (0, 0)  # what this seed gives
    assert [result[name] for name in ("kills_per_1000_steps", "deaths_per_1000_steps", "kill_ratio")] == [0, 0, 0]
    with av.open(str(video)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert frames == pytest.approx(0.1 * 60 * 17.5, abs=8)
    assert list(tmp_path.iterdir()) == [video]


def test_at_real_time_the_lateness_is_reported() -> None:
    result = play(PlayConfig("random", "doom:bots=1", minutes=0.05, real_time=True, seed=2))
    times = {f"{what}_ms_p{percent}" for what in ("step", "late") for percent in (50, 95, 99)}
    assert set(result["real_time"]) == times | {"steps", "late_share", "missed_steps", "unchanged_frames"}
    assert result["real_time"]["steps"] == pytest.approx(0.05 * 60 * 17.5, rel=0.3)
    for what in ("step", "late"):
        low, middle, high = (result["real_time"][f"{what}_ms_p{percent}"] for percent in (50, 95, 99))
        assert 0 < low <= middle <= high
    assert 0 <= result["real_time"]["late_share"] <= 1


def test_an_actor_too_slow_for_the_rate_is_reported_as_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slow_agent.py").write_text(SLOW)
    monkeypatch.syspath_prepend(str(tmp_path))
    times = play(PlayConfig("slow_agent:Slow", "doom:bots=0", minutes=0.03, real_time=True, seed=2))["real_time"]
    assert times["step_ms_p50"] >= 100
    assert times["late_ms_p50"] > 0
    assert times["late_share"] > 0.9  # all but the first
    assert times["missed_steps"] > 0.5 * times["steps"]
    assert "of the steps were late" in capsys.readouterr().err


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
