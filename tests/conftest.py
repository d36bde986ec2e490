"""Recordings to test with: real files, synthetic moving frames."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clonestrike.core.actions import Action, Actions
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.graph import graph_path, learn
from clonestrike.games.graph import MapGraph
from clonestrike.recordings.recording import Recording, Source
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter

pytest_plugins = ["tests.original_files"]

# A shell's background jobs start deaf to Ctrl-C, and what the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

INFO = GameInfo(
    game="synthetic",
    map="plain",
    mode="deathmatch",
    steps_per_second=17.5,
    frame_height=180,
    frame_width=320,
    field_of_view=90.0,
    movement="doom",
)
STEP_NS = round(1e9 / INFO.steps_per_second)


def _moving_frames(steps: int, height: int = 180, width: int = 320, seed: int = 0) -> NDArray[np.uint8]:
    """A rough wall that moves sideways with a crosshair in front of it, uint8 (steps, height, width, 3)."""
    chance = np.random.default_rng(seed)
    bricks = chance.uniform(40, 200, (height // 10 + 1, width // 5, 1)) + chance.normal(0, 12, 3)
    bricks = bricks.repeat(10, 0).repeat(10, 1)[:height]
    wall = np.clip(bricks + chance.normal(0, 6, (*bricks.shape[:2], 1)), 0, 255).astype(np.uint8)
    frames = np.stack([np.roll(wall, -3 * step, 1)[:, :width] for step in range(steps)])
    frames[:, height // 2 - 2 : height // 2 + 2, width // 2 - 2 : width // 2 + 2] = (0, 255, 0)
    return frames


def walk(step: int) -> tuple[PlayerState, Action]:
    """Walking ahead, turning right by 10 counts a step, firing every fourth step, a kill every 25 steps."""
    yaw = -10 * step * INFO.calibration.radians_per_count
    state = PlayerState(
        x=8.0 * step,
        y=float(np.sin(step / 9)),
        z=0.0,
        vx=8.0 * INFO.steps_per_second,
        vy=0.0,
        vz=0.0,
        yaw=(yaw + np.pi) % (2 * np.pi) - np.pi,
        pitch=0.0,
        view_height=41.0,
        field_of_view=INFO.field_of_view,
        scoped=False,
        health=100.0,
        armour=0.0,
        weapon="chaingun",
        weapon_slot=1,
        ammo=200 - step // 4,
        team=None,
        kills=step // 25,
        deaths=0,
        alive=True,
        first_person=True,
    )
    return state, Action(frozenset("w"), left=step % 4 == 0, mouse_x=10.0)


@pytest.fixture(scope="session")
def info() -> GameInfo:
    """Of a made-up game with frames of 180 x 320."""
    return INFO


@pytest.fixture(scope="session")
def moving_frames() -> Callable[..., NDArray[np.uint8]]:
    """``moving_frames(steps, height=180, width=320, seed=0)`` -> uint8 (steps, height, width, 3)."""
    return _moving_frames


MakeRecording = Callable[..., Recording]


@pytest.fixture
def make_recording(tmp_path: Path) -> MakeRecording:
    """A factory of finished recordings under ``root`` (default: the test's own folder), each a run of its own."""

    def make(
        steps: int = 64,
        *,
        root: Path = tmp_path / "recordings",
        height: int = 180,
        width: int = 320,
        source: Source = "played",
        player: str = "anna",
        run: str | None = None,
        seed: int = 0,
        actions: bool = True,
        last_action: bool = True,
        labelled: bool = False,
    ) -> Recording:
        info = replace(INFO, frame_height=height, frame_width=width)
        name = run or f"run-{len(list(root.glob('*'))):03d}"
        with RunWriter(
            root, info, player=player, source=source, run=name, seed=seed, part_steps=max(steps, 1)
        ) as writer:
            for step, frame in enumerate(_moving_frames(steps, height, width, seed)):
                state, action = walk(step)
                now = step * STEP_NS
                known = actions and (last_action or step < steps - 1)
                writer.append(
                    frame,
                    Row(state, action if known else None, frame_time_ns=now, state_time_ns=now, action_time_ns=now),
                )
            (path,) = writer.finish(walk(steps)[0])
        recording = Recording.open(path)
        if labelled:
            labels = Actions.of([walk(step)[1] for step in range(steps)])
            recording.write_labels(labels, np.ones(steps, np.bool_))
        return Recording.open(path)

    return make


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache folder of the tests' own: the user's is neither used nor filled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLONESTRIKE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def shared_graph(own_cache: None) -> MapGraph:
    """The graph of the default map, learned once in a hurry and put in the cache, where the expert finds it."""
    graph = learn(DoomSpec(), minutes=8)
    graph.save(graph_path(DoomSpec()))
    return graph


@pytest.fixture
def tiny_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network of tests.policy.tiny, installed as pip would install a package of others."""
    metadata = tmp_path / "site" / "tiny-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[clonestrike.networks]\ntiny = tests.policy.tiny:TINY\n")
    monkeypatch.syspath_prepend(metadata.parent)
