from pathlib import Path

import av
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.playing.config import PlayConfig
from clonestrike.playing.play import play


def test_a_match_is_played_and_filmed(tmp_path: Path) -> None:
    video = tmp_path / "match.mp4"
    result = play(PlayConfig("random", "doom:bots=3", minutes=0.1, video=video, seed=2))
    assert result["minutes"] == pytest.approx(0.1, abs=0.02)
    assert (result["kills"], result["deaths"]) == (0, 0)  # what this seed gives
    with av.open(str(video)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert frames == pytest.approx(0.1 * 60 * 17.5, abs=8)
    assert list(tmp_path.iterdir()) == [video]


def test_at_real_time_the_lateness_is_reported() -> None:
    result = play(PlayConfig("random", "doom:bots=1", minutes=0.05, real_time=True, seed=2))
    times = {f"{what}_ms_p{percent}" for what in ("step", "late") for percent in (50, 95, 99)}
    assert set(result["real_time"]) == times | {"steps", "late_share", "missed_steps", "unchanged_frames"}
    assert result["real_time"]["steps"] == pytest.approx(0.05 * 60 * 17.5, rel=0.3)
    assert 0 < result["real_time"]["step_ms_p50"] < 1000 / 17.5


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
