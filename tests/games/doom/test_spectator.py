import math
from collections import Counter

import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom.engine import CALIBRATION, DoomSpec
from clonestrike.games.doom.spectator import DoomSpectator
from clonestrike.playing.clock import LockstepClock


def test_a_bot_is_watched_in_first_person_with_its_inputs() -> None:
    with DoomSpectator(DoomSpec(), seed=4, minutes=0.7) as game:
        clock = LockstepClock(game)
        pressed: Counter[str] = Counter()
        turns: list[tuple[float, float]] = []
        yaws: list[float] = []
        playing = frames = 0
        while clock.tick():
            seen = game.observe()
            frames += 1
            assert seen.state is not None
            yaw = seen.state.yaw
            if not seen.playing or yaw is None:
                yaws.clear()
                if frames % 10 == 0:
                    game.watch(max(game.players(), key=lambda name: game.players()[name]))
                continue
            playing += 1
            action = seen.pressed
            assert action is not None
            pressed.update(action.keys)
            pressed["left"] += action.left
            if yaws:
                turned = -math.remainder(yaw - yaws[-1], 2 * math.pi) / CALIBRATION.radians_per_count
                turns.append((turned, action.mouse_x))
            yaws.append(yaw)
        assert playing > 0.6 * frames
        assert pressed["w"] > 50
        assert pressed["left"] > 5
        turned_by, pressed_by = np.array(turns).T
        np.testing.assert_allclose(turned_by, pressed_by, atol=1e-6)


def test_watching_another_player_changes_who_is_seen() -> None:
    with DoomSpectator(DoomSpec(bots=3), seed=4, minutes=1) as game:
        assert set(game.players()) == {"bot 1", "bot 2", "bot 3"}
        places = []
        for name in game.players():
            game.watch(name)
            game.advance()
            game.advance()
            seen = game.observe()
            assert seen.player == name
            assert seen.state is not None
            places.append((seen.state.x, seen.state.y))
        assert len(set(places)) == 3
        with pytest.raises(ClonestrikeError, match="no player 'bot 4'"):
            game.watch("bot 4")


def test_nobody_to_watch_is_told() -> None:
    with pytest.raises(ClonestrikeError, match="no bots to watch"):
        DoomSpectator(DoomSpec(bots=0), seed=1, minutes=1)
