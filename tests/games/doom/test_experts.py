import os
import signal
import time

import numpy as np
import pytest
from tests.games.doom.test_engine import engines_of

from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.experts import STRENGTHS, DoomExpertSpectator, skill_of, strength_of
from clonestrike.games.doom.pair import Pair
from clonestrike.games.graph import MapGraph


def test_an_expert_is_watched_from_outside_as_it_sees_itself(shared_graph: MapGraph) -> None:
    with DoomExpertSpectator(DoomSpec(), seed=1, minutes=0.4) as game:
        own = game._match
        steps = playing = 0
        agree, differ = [], []
        while not game.finished:
            game.advance()
            seen = game.observe()
            steps += 1
            if not seen.playing:
                continue
            playing += 1
            assert seen.player == f"expert {strength_of(1)}"
            assert seen.state == own.observe().state
            differ.append(np.mean(seen.frame != own.observe().frame))
            action = seen.pressed
            assert action is not None
            agree.append((action.keys, action.left) == (game.held.keys, game.held.left))
        assert playing > 0.6 * steps
        assert np.median(differ) < 0.01  # sparks fly differently in every engine
        assert np.mean(agree) > 0.95  # not on the step after a death
        assert game.players() == {seen.player: own.scores[1].kills}
        with pytest.raises(ClonestrikeError, match="no player 'bot 1'"):
            game.watch("bot 1")


def test_a_watched_match_repeats_under_its_seed(shared_graph: MapGraph) -> None:
    def play(seed: int) -> tuple[list[object], bytes]:
        with DoomExpertSpectator(DoomSpec(bots=3), seed=seed, minutes=1) as game:
            states: list[object] = []
            for _ in range(100):
                game.advance()
                seen = game.observe()
                states.append((seen.state, seen.pressed))
            return states, game.observe().frame.tobytes()

    first = play(3)  # both players begin on one spot under this seed
    assert play(3) == first
    assert play(4) != first


def test_strengths_are_drawn_and_ordered() -> None:
    skills = [skill_of(strength) for strength in range(1, STRENGTHS + 1)]
    assert {strength_of(seed) for seed in range(100)} == set(range(1, STRENGTHS + 1))
    assert skills == sorted(skills, key=lambda skill: skill.gain)
    assert skills == sorted(skills, key=lambda skill: skill.reaction, reverse=True)


def test_more_bots_than_there_is_room_for(shared_graph: MapGraph) -> None:
    with pytest.raises(ClonestrikeError, match="room for 14 bots"):
        DoomExpertSpectator(DoomSpec(bots=15), seed=1, minutes=1)


@pytest.mark.parametrize("which", ["host", "guest"])
def test_an_engine_of_two_that_dies_is_one_line(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = time.monotonic_ns()
    monkeypatch.setenv("CLONESTRIKE_TEST", str(mark))
    pair = Pair(DoomSpec(bots=1), seed=1, minutes=1)
    try:
        for engine in engines_of(mark, "-join" if which == "guest" else "-host"):
            os.kill(engine, signal.SIGKILL)
        time.sleep(0.2)
        with pytest.raises(ClonestrikeError, match="the Doom engine") as error:
            pair.idle(2)
        assert "\n" not in str(error.value)
    finally:
        pair.close()
    assert not engines_of(mark)
