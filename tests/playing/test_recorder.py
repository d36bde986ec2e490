"""The recorder on scripted play: what becomes a run, a row, a true action."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.playing.loop import Step
from clonestrike.playing.recorder import Recorder, Session
from clonestrike.recordings.recording import Recording, find_recordings

INFO = GameInfo("script", "room", "deathmatch", 16.0, 16, 16, 90.0, "doom")


@dataclass(frozen=True)
class Seen:
    """What is scripted of a step."""

    player: str = "a"
    alive: bool = True
    turned: float = 0.0
    """What the actor decided."""
    intended: float | None = None
    pressed: float | None = None
    """What observations say was pressed since the step before."""
    observed: bool = False
    missed: int = 0


def step_of(number: int, seen: Seen) -> Step:
    """Frame, state and times tell the number of the step."""
    frame = np.full((16, 16, 3), number, np.uint8)
    pressed = None if seen.pressed is None else Action(mouse_x=seen.pressed)
    state = PlayerState(x=float(number), alive=seen.alive, kills=number // 4)
    observation = Observation(frame, state, seen.player, 10 * number, 10 * number + 1, pressed)
    intended = None if seen.intended is None else Action(mouse_x=seen.intended)
    decision = Decision(Action(mouse_x=seen.turned), intended, observed=seen.observed) if seen.alive else None
    return Step(observation, decision, 10 * number + 2, 3 * number, seen.missed)


def record(tmp_path: Path, script: list[Seen], part_steps: int = 1000) -> list[Recording]:
    recorder = Recorder(Session(tmp_path / "out", INFO, "played", "actor-000007", 7, part_steps))
    for number, seen in enumerate(script):
        recorder.step(step_of(number, seen))
    recorder.close()
    recordings = [Recording.open(path) for path in find_recordings([tmp_path / "out"])] if recorder.steps else []
    assert recorder.steps == sum(recording.steps for recording in recordings)
    return recordings


def mouse(recording: Recording) -> list[float]:
    assert recording.actions is not None
    moved: list[float] = recording.actions.mouse[:, 0].tolist()
    return moved


def test_a_row_answers_its_frame_and_the_last_step_gives_the_final_state(tmp_path: Path) -> None:
    (recording,) = record(tmp_path, [Seen(turned=10.0 * n) for n in range(6)])
    assert recording.steps == 5
    assert recording.states.x.tolist() == [0, 1, 2, 3, 4, 5]
    assert mouse(recording) == [0, 10, 20, 30, 40]
    assert recording.kills.tolist() == [False, False, False, True, False]
    assert [int(frame.mean().round()) for frame in recording.frames()] == pytest.approx([0, 1, 2, 3, 4], abs=2)
    assert recording.table.column("frame_time_ns").to_pylist() == [0, 10, 20, 30, 40, None]
    assert recording.table.column("state_time_ns").to_pylist() == [1, 11, 21, 31, 41, None]
    assert recording.table.column("action_time_ns").to_pylist() == [2, 12, 22, 32, 42, None]
    assert recording.late_ns.tolist() == [0, 3, 6, 9, 12]
    assert (recording.run, recording.seed, recording.source) == ("actor-000007-000", 7, "played")


def test_a_death_ends_a_run_with_the_dead_players_state(tmp_path: Path) -> None:
    script = [Seen(), Seen(), Seen(alive=False), Seen(alive=False), Seen(), Seen(), Seen()]
    first, second = record(tmp_path, script)
    assert (first.run, second.run) == ("actor-000007-000", "actor-000007-001")
    assert first.states.x.tolist() == [0, 1, 2]
    assert first.states.alive.tolist() == [1, 1, 0]
    assert second.states.x.tolist() == [4, 5, 6]


def test_another_player_is_another_run_and_leaves_no_final_state(tmp_path: Path) -> None:
    first, second = record(tmp_path, [Seen("a"), Seen("a"), Seen("b"), Seen("b")])
    assert (first.player, second.player) == ("a", "b")
    assert first.steps == 2
    assert np.isnan(first.states.x[-1])
    assert second.states.x.tolist() == [2, 3]


def test_what_a_watched_player_pressed_is_of_the_observation_after(tmp_path: Path) -> None:
    script = [Seen(observed=True, pressed=float(n), turned=99.0) for n in range(4)]
    (recording,) = record(tmp_path, script)
    assert mouse(recording) == [1, 2, 3]
    assert recording.action_known.all()


@pytest.mark.parametrize("after", [Seen("b", observed=True, pressed=50.0), Seen("a", alive=False, pressed=50.0)])
def test_nobody_knows_what_was_pressed_while_the_view_changed(tmp_path: Path, after: Seen) -> None:
    watched = [Seen(observed=True, pressed=float(n)) for n in range(3)]
    recording = record(tmp_path, [*watched, after])[0]
    assert recording.steps == 3
    assert recording.action_known.tolist() == [True, True, False]
    assert mouse(recording)[:2] == [1, 2]


def test_the_intended_action_is_kept_and_the_row_marked(tmp_path: Path) -> None:
    (recording,) = record(tmp_path, [Seen(turned=10), Seen(turned=300, intended=20), Seen(turned=30), Seen()])
    assert mouse(recording) == [10, 20, 30]
    assert recording.disturbed.tolist() == [False, True, False]


def test_a_skipped_step_is_a_gap_behind_the_row_before_it(tmp_path: Path) -> None:
    (recording,) = record(tmp_path, [Seen(), Seen(), Seen(missed=1), Seen(missed=1), Seen(missed=1)])
    assert recording.gaps.tolist() == [False, True, False, False]


def test_a_long_run_is_cut_into_parts_that_share_a_state(tmp_path: Path) -> None:
    parts = record(tmp_path, [Seen() for _ in range(8)], part_steps=3)
    assert [part.steps for part in parts] == [3, 3, 1]
    assert {part.run for part in parts} == {"actor-000007-000"}
    assert [part.states.x.tolist() for part in parts] == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7]]


@pytest.mark.parametrize("script", [[], [Seen()], [Seen(alive=False)] * 3])
def test_without_a_whole_step_in_play_nothing_is_left(tmp_path: Path, script: list[Seen]) -> None:
    assert record(tmp_path, script) == []
    assert not list(tmp_path.rglob("*.part"))
