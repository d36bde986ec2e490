from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.training.facts import no_facts

from clonestrike.core.actions import ACTION_SPACE, SWITCHES, Action, Actions
from clonestrike.core.game_info import GameInfo
from clonestrike.core.opening import open_trajectories
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.view import Bytes, PolicyView
from clonestrike.recordings.recording import Recording
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter
from clonestrike.training.segments import Segment, Targets, check_learnable, segments, split_runs

MakeRecording = Callable[..., Recording]
LEFT = SWITCHES.index("left")


def marked(recordings: list[Recording]) -> list[dict[str, Bytes]]:
    """What is seen: the recording's number and the row."""
    found = []
    for number, recording in enumerate(recordings):
        seen = np.zeros((recording.steps, 1, 1, 3), np.uint8)
        seen[..., 0], seen[:, 0, 0, 1] = number, np.arange(recording.steps)
        found.append(dict.fromkeys(PolicyView().shapes, seen))
    return found


def read(segment: Segment) -> list[tuple[int, int]]:
    seen = np.zeros((len(segment), 1, 1, 3), np.uint8)
    segment.read("crop", 0, len(segment), seen)
    return [(int(number), int(row)) for number, row in seen[:, 0, 0, :2]]


def test_the_parts_of_a_run_are_chained(
    tmp_path: Path, info: GameInfo, moving_frames: Callable[..., NDArray[np.uint8]]
) -> None:
    with RunWriter(tmp_path, info, player="a", source="played", run="one", part_steps=10) as writer:
        for step, frame in enumerate(moving_frames(25)):
            writer.append(
                frame,
                Row(
                    None,
                    Action(mouse_x=float(step)),
                    frame_time_ns=0,
                    state_time_ns=0,
                    action_time_ns=0,
                    gap=step == 13,
                ),
            )
    parts = [Recording.open(path) for path in sorted(tmp_path.iterdir())]
    assert [part.steps for part in parts] == [10, 10, 5]
    shuffled = [parts[2], parts[0], parts[1]]
    first, second = segments(shuffled, marked(shuffled), "true")
    assert read(first) == [(1, row) for row in range(10)] + [(2, row) for row in range(4)]
    assert read(second) == [(2, row) for row in range(4, 10)] + [(0, row) for row in range(5)]
    np.testing.assert_array_equal(first.targets.mouse_x, ACTION_SPACE.x_index(np.arange(14.0)))
    without = [parts[0], parts[2]]  # a part is missing in between
    assert [len(segment) for segment in segments(without, marked(without), "true")] == [10, 5]
    partial = np.zeros((6, 1, 1, 3), np.uint8)
    first.read("crop", 8, 14, partial)
    assert partial[:, 0, 0, 1].tolist() == [8, 9, 0, 1, 2, 3]


def test_labels_and_reward(make_recording: MakeRecording) -> None:
    recording = make_recording(60, labelled=True)
    valid = np.ones(60, bool)
    valid[[4, 30]] = False
    recording.write_labels(recording.labels or Actions.zeros(60), valid)
    recording = Recording.open(recording.path)
    (segment,) = segments([recording], marked([recording]), "label")
    np.testing.assert_array_equal(segment.targets.valid, valid)
    shot = np.arange(60) % 4 == 0
    np.testing.assert_allclose(segment.targets.reward, recording.kills - 0.01 * (shot & valid), atol=1e-6)
    assert recording.kills.sum() == 2
    assert set(segment.facts.weapon) == {"chaingun"}


def test_disturbed_rows_teach_true_actions_only(make_recording: MakeRecording) -> None:
    recording = make_recording(20, labelled=True)
    disturbed = np.arange(20) == 7
    recording.__dict__["disturbed"] = disturbed
    (inferred,) = segments([recording], marked([recording]), "label")
    np.testing.assert_array_equal(inferred.targets.valid, ~disturbed)
    (true,) = segments([recording], marked([recording]), "true")
    assert true.targets.valid.all()


def test_rows_that_the_inference_skips_are_learned_if_asked_for(
    hdf5_files: Path, make_recording: MakeRecording
) -> None:
    for play in open_trajectories([hdf5_files]):
        ((masked,), (learned,)) = (segments([play], [{}], "label", skipped=how) for how in (False, True))
        assert not masked.targets.valid[0]  # no row before it
        assert 2 < (~masked.targets.valid).sum() < 40  # dead, or without a weapon
        assert learned.targets.valid[:-1].all()
    recording = make_recording(20, labelled=True)
    assert recording.labels is not None
    recording.write_labels(recording.labels, np.zeros(20, bool))
    dropped = Recording.open(recording.path)
    assert segments([dropped], [{}], "label", skipped=True) == []
    assert segments([dropped], [{}], "label") == []
    recording.write_labels(recording.labels, np.arange(20) != 4)  # alive and armed, but not labelled
    doubted = Recording.open(recording.path)
    (rest,) = segments([doubted], [{}], "label", skipped=True)
    np.testing.assert_array_equal(rest.targets.valid, doubted.label_valid)


def test_rows_without_a_true_action_are_not_learned(make_recording: MakeRecording) -> None:
    recording = make_recording(20, source="watched", last_action=False)
    assert recording.action_known.tolist() == [True] * 19 + [False]
    (true,) = segments([recording], marked([recording]), "true")
    np.testing.assert_array_equal(true.targets.valid, recording.action_known)


def test_missing_labels_are_refused(make_recording: MakeRecording) -> None:
    recording = make_recording(5, actions=False)
    with pytest.raises(ClonestrikeError, match=f"no labels yet: run `clonestrike label {recording.path}`"):
        check_learnable([make_recording(5, labelled=True), recording], "label")
    with pytest.raises(ClonestrikeError, match="no true actions"):
        check_learnable([make_recording(5), recording], "true")


def test_the_last_step_of_a_watched_run_may_be_all_there_is(make_recording: MakeRecording) -> None:
    whole = make_recording(5, run="long", source="watched")
    rest, alone = (make_recording(1, run=run, source="watched", actions=False) for run in ("long", "short"))
    check_learnable([whole, rest, alone], "true")
    found = segments([whole, rest, alone], marked([whole, rest, alone]), "true")
    assert sum(int(segment.targets.valid.sum()) for segment in found) == 5


def plain(rows: int, run: str = "run") -> Segment:
    labels = Targets(
        np.zeros((rows, 13), bool),
        np.zeros(rows, int),
        np.zeros(rows, int),
        np.ones(rows, bool),
        np.zeros(rows, np.float32),
    )
    return Segment(run, (), labels, no_facts(rows))


def test_runs_are_held_out_whole() -> None:
    found = [plain(50, f"run{i // 3}") for i in range(60)]
    learned, held_out = split_runs(found, 0.1, seed=0)
    assert len(learned) + len(held_out) == 60
    assert not {segment.run for segment in learned} & {segment.run for segment in held_out}
    assert len(held_out) == 6
    assert split_runs(list(reversed(found)), 0.1, seed=0)[1] == list(reversed(held_out))
    assert {s.run for s in split_runs(found, 0.1, seed=1)[1]} != {s.run for s in held_out}


def test_there_is_always_something_to_learn() -> None:
    assert [len(part) for part in split_runs([plain(5)], 0.5, 0)] == [1, 0]
    assert [len(part) for part in split_runs([plain(5, "a"), plain(5, "b")], 0.01, 0)] == [1, 1]
    assert [len(part) for part in split_runs([plain(5, "a"), plain(5, "b")], 1.0, 0)] == [1, 1]
    assert [len(part) for part in split_runs([plain(5, "a"), plain(5, "b")], 0.0, 0)] == [2, 0]


def test_the_originals_label_edits() -> None:
    n = 16
    fire = np.array([1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0], bool)
    switches = np.zeros((n, 13), bool)
    switches[:, LEFT] = fire
    labels = Targets(switches, np.arange(n) + 7, np.arange(n) % 15, np.ones(n, bool), np.zeros(n, np.float32))
    folded = labels.clip_mouse()
    counts = np.array(ACTION_SPACE.mouse_x_bins)[folded.mouse_x]
    assert counts.max() == 300
    assert set(np.array(ACTION_SPACE.mouse_y_bins)[folded.mouse_y]) == {-50, -20, -10, -4, -2, 0, 2, 4, 10, 20, 50}
    filled = labels.fill_fire_gaps().switches[:, LEFT]
    np.testing.assert_array_equal(filled, np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0], bool))
    np.testing.assert_array_equal(labels.switches[:, LEFT], fire)
    for rows in range(5):
        assert len(labels.rows(0, rows).fill_fire_gaps()) == rows


def test_parts_of_labels_keep_their_rows() -> None:
    labels = replace(plain(10).targets, mouse_x=np.arange(10))
    assert labels.rows(3, 6).mouse_x.tolist() == [3, 4, 5]
