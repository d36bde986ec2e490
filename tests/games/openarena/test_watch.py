"""Bots watched in first person in the real game: states, true inputs, labels."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from tests.games.openarena.conftest import SMALL

from clonestrike import games
from clonestrike.errors import ClonestrikeError
from clonestrike.games.openarena import memory
from clonestrike.games.openarena.match import SteppedSpectator
from clonestrike.labelling.config import LabelConfig
from clonestrike.labelling.label import label
from clonestrike.playing.clock import clock_of
from clonestrike.playing.config import RecordConfig
from clonestrike.playing.record import record
from clonestrike.recordings.recording import Recording, find_recordings

pytestmark = pytest.mark.usefixtures("arena")

GAME = f"openarena:map=oa_dm1,bots=7,skill=3,{SMALL}"


def test_bots_are_recorded_and_their_inputs_inferred(tmp_path: Path) -> None:
    record(RecordConfig(tmp_path / "bots", GAME, watch="bots", steps=300))
    recordings = [Recording.open(path) for path in find_recordings([tmp_path / "bots"])]
    assert sum(recording.steps for recording in recordings) == 300
    for recording in recordings:
        states = recording.states[: recording.steps]
        assert (states.alive == 1).all()
        assert (states.first_person == 1).all()
        assert (states.health > 0).all()
        assert recording.player
    result = label(LabelConfig((tmp_path / "bots",), score=True))
    assert result["valid"] > 250
    assert result["movement_f1"] > 0.8
    assert result["switches"]["w"]["support"] > 30


def test_who_is_watched_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    game = games.open_spectator(GAME, seed=0, minutes=1)
    assert isinstance(game, SteppedSpectator)
    with game:
        clock = clock_of(game)
        players = list(game.players())
        assert len(players) == 7
        for wanted in players[:2]:
            game.watch(wanted)
            steps = 0
            while not ((seen := game.observe()).playing and seen.player == wanted):
                steps += 1
                assert steps < 600
                assert clock.tick()
        with pytest.raises(ClonestrikeError, match="no player 'nobody'"):
            game.watch("nobody")

        known = json.loads(json.dumps(memory.offsets()))
        known["cgame"]["sha256"] = "0" * 64
        with monkeypatch.context() as patch:
            patch.setattr(memory, "offsets", lambda: known)
            with pytest.raises(ClonestrikeError, match="of another build than openarena"):
                memory.Memory(game.arena.pid)

        os.kill(game.arena.pid, signal.SIGKILL)
        time.sleep(0.2)
        with pytest.raises(ClonestrikeError, match="gone"):
            game.observe()


def test_nobody_to_watch() -> None:
    with pytest.raises(ClonestrikeError, match="no bots to watch"):
        games.open_spectator("openarena:bots=0", seed=0, minutes=1)
