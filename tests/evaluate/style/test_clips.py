"""Spells out of traces of which they are known, and films of the real game."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from tests.evaluate.style.lives import life

from clonestrike.evaluate.style.clips import Incident, Replay, clearest, film, film_all
from clonestrike.evaluate.style.traces import TracedMatch, trace
from clonestrike.playing.named_actor import NamedActor, find_actor
from clonestrike.view.overlay import PANEL, WIDTH

MATCH = TracedMatch(NamedActor("runs/a.b:c", find_actor("random").entry), "doom", seed=7, minutes=1, decoding=None)


def test_the_longest_spell_is_the_clearest() -> None:
    steps = np.arange(200)
    looks_up = (steps < 10) | ((steps >= 40) & (steps < 70)) | (steps >= 190)
    stands = (steps >= 100) & (steps < 140)
    one = life(200, pitch=looks_up, x=np.where(stands, 100, steps) * 100.0, moving=stands)
    shorter = life(20, pitch=1.0)
    incidents = clearest([(replace(MATCH, seed=6), [shorter]), (MATCH, [replace(one, start=1000)])])
    assert incidents == [
        Incident(MATCH.actor, 7, "sky or floor", 1040, 1069, (4000.0, 0.0)),
        Incident(MATCH.actor, 7, "stuck", 1101, 1139, (10000.0, 0.0)),
    ]
    assert [incident.file for incident in incidents] == ["runs-a.b-c-sky-or-floor.mp4", "runs-a.b-c-stuck.mp4"]
    assert incidents[0].steps(10) == range(1025, 1085)
    assert incidents[0].row(Path("clips"), 10)["at_s"] == 104.0


def test_what_is_over_at_once_is_no_incident() -> None:
    assert clearest([(MATCH, [life(60, pitch=np.arange(60) < 7)])]) == []


def test_a_match_is_played_again_and_filmed(tmp_path: Path) -> None:
    match = TracedMatch(find_actor("random"), "doom", seed=3, minutes=0.3, decoding=None)
    incidents = clearest([(match, trace(match))])[:1]
    elsewhere = replace(incidents[0], fault="elsewhere", place=(0.0, 0.0))
    assert film(Replay(match, (*incidents, elsewhere), tmp_path)) == incidents
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(incident.file for incident in incidents)
    with av.open(str(tmp_path / incidents[0].file)) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert frames[0].shape == (WIDTH * 180 // 320 + PANEL, WIDTH, 3)
    assert len(frames) == 105


def test_a_spell_that_does_not_come_again_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    match = TracedMatch(find_actor("pretrained:doom"), "doom", seed=3, minutes=0.1, decoding=None)
    assert film_all([(match, [life(60, pitch=1.0)])], tmp_path, workers=1, rate=17.5) == []
    assert "did not repeat" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
