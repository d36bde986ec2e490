"""Games as Gymnasium environments: its own checker, its wrappers and its vector environments run on the real game."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import av
import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from gymnasium.wrappers import FrameStackObservation, RecordVideo
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE
from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError
from clonestrike.games import environment
from clonestrike.games.doom.environment import DoomDeathmatch
from clonestrike.games.environment import GameEnvironment

STILL = np.array([0] * 13 + [ACTION_SPACE.mouse_x_bins.index(0), ACTION_SPACE.mouse_y_bins.index(0)])
FRAME = (180, 320, 3)


Env = gymnasium.Env[Frame, NDArray[np.int64]]


def small() -> Env:
    return environment.env("doom:bots=2", minutes=0.1, render_mode="rgb_array")


@pytest.mark.parametrize(
    ("name", "options"),
    [("clonestrike/Game-v0", {"game": "doom:bots=2"}), ("clonestrike/DoomDeathmatch-v0", {"bots": 2})],
)
def test_gymnasiums_checker_finds_nothing(name: str, options: dict[str, Any]) -> None:
    env = gymnasium.make(name, minutes=0.5, render_mode="rgb_array", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize(
    "name",
    [
        "clonestrike.games.environment:clonestrike/Game-v0",
        "clonestrike.games.doom:clonestrike/DoomDeathmatch-v0",
    ],
)
def test_gymnasium_finds_it_by_its_name_alone(name: str) -> None:
    code = f"import gymnasium; print(gymnasium.make({name!r}).observation_space.shape)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == str(FRAME)


def test_an_episode_is_a_match() -> None:
    env = DoomDeathmatch(bots=2, minutes=0.2)
    try:
        frame, _ = env.reset(seed=5)
        assert env.observation_space.contains(frame)
        steps, truncated, total = 0, False, 0.0
        info: dict[str, Any] = {}
        while not truncated:
            _, reward, terminated, truncated, info = env.step(STILL)
            assert not terminated
            total += reward
            steps += 1
        assert steps == pytest.approx(0.2 * 60 * 17.5, abs=6)
        assert set(info) == {"kills", "deaths", "alive"}
        assert total == info["kills"] - 0.5 * info["deaths"]
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(STILL)
    finally:
        env.close()


def test_a_seed_repeats_a_match_and_another_one_does_not() -> None:
    def episode(seed: int) -> NDArray[np.uint8]:
        env.reset(seed=seed)
        return np.stack([env.step(env.action_space.sample())[0] for _ in range(30)])

    env = small()
    try:
        env.action_space.seed(1)
        first = episode(3)
        env.action_space.seed(1)
        assert (episode(3) == first).all()
        env.action_space.seed(1)
        assert (episode(4) != first).any()
        unseeded = env.reset()[0]
        assert (unseeded != env.reset()[0]).any(), "every match without a seed is another one"
    finally:
        env.close()


def test_actions_arrive() -> None:
    env = environment.env("doom:bots=0", minutes=1)
    try:
        turn = STILL.copy()
        turn[-2] = ACTION_SPACE.mouse_x_bins.index(300)
        pictures = []
        for action in (STILL, turn):
            env.reset(seed=1)
            pictures.append(env.step(action)[0])
        assert (pictures[0] != pictures[1]).mean() > 0.2
    finally:
        env.close()


def test_a_step_before_reset_is_refused() -> None:
    env = GameEnvironment()
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(STILL)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.render()


def test_what_cannot_be_played_is_said() -> None:
    with pytest.raises(ClonestrikeError, match="no game 'tetris'"):
        environment.env("tetris")
    with pytest.raises(ClonestrikeError, match="no option 'bot'"):
        environment.env("doom:bot=3")


@pytest.mark.parametrize("minutes", [0.0, -1.0, float("nan")])
def test_a_match_without_a_length_is_refused(minutes: float) -> None:
    """Doom would play on without end."""
    env = environment.env("doom:bots=1", minutes=minutes)
    with pytest.raises(ClonestrikeError, match="minutes is not possible"):
        env.reset(seed=1)


def test_a_video_is_recorded(tmp_path: Path) -> None:
    env: Env = RecordVideo(small(), str(tmp_path / "videos"), episode_trigger=lambda episode: True)
    env.reset(seed=1)
    for _ in range(20):
        env.step(STILL)
    env.close()
    (video,) = tmp_path.glob("videos/*.mp4")
    with av.open(str(video)) as film:
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        assert film.streams.video[0].average_rate == pytest.approx(17.5, abs=0.01)
    assert len(pictures) in (21, 22), "MoviePy may repeat the last one"
    assert pictures[0].shape == FRAME
    assert pictures[0].std() > 10


def test_frames_are_stacked() -> None:
    env = FrameStackObservation(small(), 4)
    try:
        env.reset(seed=1)
        stacked = [env.step(STILL)[0] for _ in range(5)][-1]
        assert stacked.shape == (4, *FRAME)
        assert stacked.dtype == np.uint8
    finally:
        env.close()


@pytest.mark.parametrize("vector", [SyncVectorEnv, lambda envs: AsyncVectorEnv(envs, context="spawn")])
def test_several_matches_are_played_at_once(vector: type[SyncVectorEnv]) -> None:
    envs = vector([small, small])
    try:
        frames, infos = envs.reset(seed=7)
        assert frames.shape == (2, *FRAME)
        assert (frames[0] != frames[1]).any(), "each has a seed of its own"
        for _ in range(3):
            frames, rewards, _, _, infos = envs.step(np.stack([STILL, STILL]))
        assert rewards.shape == (2,)
        assert infos["alive"].all()
    finally:
        envs.close()
    env = small()
    alone = env.reset(seed=7)[0]
    for _ in range(3):
        alone = env.step(STILL)[0]
    env.close()
    assert (frames[0] == alone).all(), "a match is the same alone and beside others"
