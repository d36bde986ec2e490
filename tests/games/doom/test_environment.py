import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from clonestrike.games.doom.environment import DoomDeathmatch


def test_gymnasium_makes_it_and_its_checker_passes() -> None:
    env = gymnasium.make("clonestrike/DoomDeathmatch-v0", bots=2, minutes=0.5, render_mode="rgb_array")
    try:
        check_env(env.unwrapped)
    finally:
        env.close()


def test_an_episode_is_a_match() -> None:
    env = DoomDeathmatch(bots=2, minutes=0.2)
    try:
        frame, _ = env.reset(seed=5)
        assert env.observation_space.contains(frame)
        action = np.zeros(15, np.int64)
        action[-2:] = 11, 7  # the middle bins: no motion
        steps, truncated = 0, False
        while not truncated:
            _, reward, terminated, truncated, info = env.step(action)
            assert not terminated
            assert reward in (-1.5, -1, -0.5, 0, 0.5, 1, 2)
            steps += 1
        assert steps == pytest.approx(0.2 * 60 * 17.5, abs=6)
        assert set(info) == {"kills", "deaths", "alive"}
    finally:
        env.close()


def test_a_step_before_reset_is_refused() -> None:
    with pytest.raises(gymnasium.error.ResetNeeded):
        DoomDeathmatch().step(np.zeros(15, np.int64))
