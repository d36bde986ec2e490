from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.recordings.recording import Recording, find_recordings
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter, recover

FRAME = np.zeros((180, 320, 3), np.uint8)

WRITE = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
from clonestrike.core.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.core.game_info import GameInfo
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter
from clonestrike.core.states import PlayerState

frames = np.random.default_rng(0).integers(0, 256, (32, 64, 64, 3), np.uint8)
info = GameInfo("synthetic", "plain", "deathmatch", 17.5, 64, 64, 90.0, "doom")

def open_run(root, name, part_steps=1000):
    return RunWriter(Path(root), info, player="anna", source="played", run=name, part_steps=part_steps)

def append(writer, t):
    times = {"frame_time_ns": t, "state_time_ns": t, "action_time_ns": t}
    writer.append(frames[t % 32], Row(PlayerState(x=t), Action(mouse_x=t), **times))
"""
"""What a writing process begins with."""


def writing_process(script: str, root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITE + script, str(root)], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def write(tmp_path: Path, info: GameInfo) -> Callable[..., list[Path]]:
    """Writes a run of black frames whose states count the steps; returns its recordings."""

    def run(steps: int, part_steps: int = 1000, final: PlayerState | None = None, name: str = "run") -> list[Path]:
        small = replace(info, frame_height=16, frame_width=16)
        writer = RunWriter(tmp_path, small, player="anna", source="watched", run=name, seed=7, part_steps=part_steps)
        for t in range(steps):
            assert writer.steps == t
            writer.append(
                FRAME[:16, :16], Row(PlayerState(x=t), None, frame_time_ns=t, state_time_ns=t + 1, action_time_ns=t + 2,
                late_ns=t + 3, gap=t % 3 == 0, disturbed=t % 5 == 0,
            ))  # fmt: skip
        return writer.finish(final)

    return run


def test_a_run_comes_back(
    tmp_path: Path, info: GameInfo, moving_frames: Callable[..., NDArray[np.uint8]], write: Callable[..., list[Path]]
) -> None:
    (path,) = write(20, final=PlayerState(x=99))
    recording = Recording.open(path)
    assert path == tmp_path / "000000"
    assert sorted(file.name for file in path.iterdir()) == ["recording.json", "steps.parquet", "video.mkv"]
    assert (recording.finished, recording.steps, len(recording.states)) == (True, 20, 21)
    assert (recording.player, recording.source, recording.seed) == ("anna", "watched", 7)
    assert (recording.run, recording.part) == ("run", 0)
    assert recording.info == replace(info, frame_height=16, frame_width=16)
    assert recording.states.x.tolist() == [*range(20), 99]
    assert recording.actions is None
    assert recording.late_ns.tolist() == list(range(3, 23))
    assert recording.gaps.tolist() == [t % 3 == 0 for t in range(20)]
    assert recording.disturbed.tolist() == [t % 5 == 0 for t in range(20)]
    assert recording.frames().shape == (20, 16, 16, 3)


def test_a_part_ends_with_the_state_that_the_next_one_begins_with(write: Callable[..., list[Path]]) -> None:
    parts = [Recording.open(path) for path in write(25, part_steps=10, final=PlayerState(x=25))]
    assert [part.steps for part in parts] == [10, 10, 5]
    assert [part.part for part in parts] == [0, 1, 2]
    assert {part.run for part in parts} == {"run"}
    assert [part.states.x[[0, -1]].tolist() for part in parts] == [[0, 10], [10, 20], [20, 25]]


def test_a_run_that_fills_its_last_part_has_no_empty_one(write: Callable[..., list[Path]], tmp_path: Path) -> None:
    assert len(write(20, part_steps=10, final=PlayerState(x=20))) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000", "000001"]


def test_an_empty_run_leaves_nothing_behind(tmp_path: Path, info: GameInfo) -> None:
    with RunWriter(tmp_path / "new", info, player="a", source="played", run="r") as writer:
        assert writer.finish(PlayerState()) == []
    assert list(tmp_path.iterdir()) == []


def test_runs_are_numbered_after_what_is_there(write: Callable[..., list[Path]], tmp_path: Path) -> None:
    (tmp_path / "000041").mkdir()
    (tmp_path / "000042.part").mkdir()
    (tmp_path / "notes.txt").touch()
    assert [path.name for path in write(2)] == ["000043"]


def test_an_error_in_the_loop_loses_nothing(tmp_path: Path, info: GameInfo) -> None:
    writer = RunWriter(tmp_path, info, player="a", source="played", run="r")

    def play() -> None:
        with writer:
            writer.append(FRAME, Row(None, Action(), frame_time_ns=0, state_time_ns=0, action_time_ns=0))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        play()
    recording = Recording.open(tmp_path / "000000")
    assert recording.steps == 1
    assert np.isnan(recording.states.x).all()
    with pytest.raises(RuntimeError, match="finished"):
        writer.append(FRAME, Row(None, None, frame_time_ns=0, state_time_ns=0, action_time_ns=0))


@pytest.mark.parametrize("frame", [FRAME[:100], FRAME.astype(np.float32)])
def test_frames_of_another_kind(tmp_path: Path, info: GameInfo, frame: NDArray[np.uint8]) -> None:
    writer = RunWriter(tmp_path, info, player="a", source="played", run="r")
    with pytest.raises(ClonestrikeError, match=r"not uint8 \(180, 320, 3\)"):
        writer.append(frame, Row(None, None, frame_time_ns=0, state_time_ns=0, action_time_ns=0))
    assert writer.finish(None) == []


def test_sizes_that_cannot_be_recorded_leave_nothing_behind(tmp_path: Path, info: GameInfo) -> None:
    writer = RunWriter(tmp_path, replace(info, frame_height=99), player="a", source="played", run="r")
    with pytest.raises(ClonestrikeError, match="both must be even"):
        writer.append(
            np.zeros((99, 320, 3), np.uint8), Row(None, None, frame_time_ns=0, state_time_ns=0, action_time_ns=0)
        )
    assert list(tmp_path.iterdir()) == []


def test_a_root_that_is_a_file(tmp_path: Path, info: GameInfo) -> None:
    (tmp_path / "file").touch()
    writer = RunWriter(tmp_path / "file", info, player="a", source="played", run="r")
    with pytest.raises(ClonestrikeError, match="file cannot be written to"):
        writer.append(FRAME, Row(None, None, frame_time_ns=0, state_time_ns=0, action_time_ns=0))
    assert writer.finish(None) == []


def test_parts_of_no_step(tmp_path: Path, info: GameInfo) -> None:
    with pytest.raises(ClonestrikeError, match="1 or more"):
        RunWriter(tmp_path, info, player="a", source="played", run="r", part_steps=0)


@pytest.mark.parametrize(("pause", "steps", "most_lost"), [(0.0, 200, 65), (0.02, 120, 60)])
def test_a_killed_process_loses_a_second_or_64_steps(tmp_path: Path, pause: float, steps: int, most_lost: int) -> None:
    script = f"""
writer = open_run(sys.argv[1], "run")
for t in range(100000):
    append(writer, t)
    time.sleep({pause})
    print(t, flush=True)
"""
    with writing_process(script, tmp_path) as process:
        assert process.stdout
        for line in process.stdout:
            if int(line) == steps:
                break
        process.kill()
    part = tmp_path / "000000.part"
    left = Recording.open(part)
    assert not left.finished
    assert left.steps > steps - most_lost
    assert left.actions is not None
    assert left.actions.mouse[:, 0].tolist() == list(range(left.steps))
    with pytest.raises(ClonestrikeError, match="still being written"):
        left.write_labels(left.actions, np.ones(left.steps, np.bool_))
    frames = left.frames()

    path = recover(part)
    assert path == tmp_path / "000000"
    recording = Recording.open(path)
    assert recording.finished
    assert recording.steps == left.steps
    assert np.array_equal(recording.frames(), frames)
    assert np.array_equal(recording.frames(left.steps - 5), frames[-5:])
    assert [file.name for file in tmp_path.iterdir()] == ["000000"]
    assert recording.table.equals(left.table)


def test_a_part_that_is_being_written_can_be_read_but_not_recovered(tmp_path: Path, info: GameInfo) -> None:
    with RunWriter(tmp_path, info, player="a", source="played", run="r") as writer:
        for t in range(70):
            writer.append(FRAME, Row(PlayerState(x=t), None, frame_time_ns=t, state_time_ns=t, action_time_ns=t))
        part = tmp_path / "000000.part"
        assert 64 <= Recording.open(part).steps < 70
        with pytest.raises(ClonestrikeError, match="still being written: wait"):
            recover(part)
    assert Recording.open(tmp_path / "000000").steps == 70


def test_a_part_without_a_full_step_is_removed(tmp_path: Path, info: GameInfo) -> None:
    part = tmp_path / "000000.part"
    part.mkdir()
    (part / "recording.json.1.part").touch()
    assert recover(part) is None
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_we_cannot_read_is_kept(write: Callable[..., list[Path]]) -> None:
    (path,) = write(3)
    part = path.rename(path.with_suffix(".part"))
    header = part / "recording.json"
    header.write_text(header.read_text().replace('"format_version": 1', '"format_version": 2'))
    with pytest.raises(ClonestrikeError, match="format version 2"):
        recover(part)
    header.write_text(header.read_text().replace('"format_version": 2', '"format_version": 1'))
    with pa.OSFile(str(part / "steps.arrows"), "wb") as file:
        file.write(pa.schema([pa.field("other", pa.int64())]).serialize())
    with pytest.raises(ClonestrikeError, match="other columns"):
        recover(part)
    assert (part / "video.mkv").stat().st_size > 0


def test_only_parts_are_recovered(write: Callable[..., list[Path]], tmp_path: Path) -> None:
    for path in [*write(2), tmp_path / "no.part"]:
        with pytest.raises(ClonestrikeError, match="no unfinished recording"):
            recover(path)


def test_a_process_killed_while_it_finishes_loses_nothing(write: Callable[..., list[Path]], tmp_path: Path) -> None:
    script = """
import os
from clonestrike.recordings import writer as recording_writer

def die(*arguments):
    os.kill(os.getpid(), 9)

for owner, stage in ((recording_writer, "write_rows"), (recording_writer.Header, "write"), (Path, "rename")):
    if os.fork() == 0:
        writer = open_run(sys.argv[1], stage)
        for t in range(80):
            append(writer, t)
        setattr(owner, stage, die)
        writer.finish(None)
    os.wait()
"""
    with writing_process(script, tmp_path) as process:
        assert process.wait() == 0
    parts = sorted(tmp_path.iterdir())
    assert [part.name for part in parts] == ["000000.part", "000001.part", "000002.part"]
    for part in parts:
        assert Recording.open(part).steps == 80
        path = recover(part)
        assert path
        assert Recording.open(path).steps == 80


def test_two_processes_write_to_one_folder(tmp_path: Path) -> None:
    script = """
for run in range(4):
    with open_run(sys.argv[1], f"{sys.argv[0]}-{time.monotonic_ns()}", part_steps=3) as writer:
        for t in range(9):
            append(writer, t)
"""
    processes = [writing_process(script, tmp_path) for _ in range(2)]
    for process in processes:
        with process:
            assert process.wait() == 0
    recordings = [Recording.open(path) for path in find_recordings([tmp_path])]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{n:06d}" for n in range(24)]
    assert {recording.steps for recording in recordings} == {3}
    runs = {recording.run for recording in recordings}
    assert len(runs) == 8
    for run in runs:
        assert [recording.part for recording in recordings if recording.run == run] == [0, 1, 2]


def test_a_full_disk_keeps_what_was_recorded(tmp_path: Path) -> None:
    script = """
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    with open_run(sys.argv[1], "run") as writer:
        for t in range(1000):
            append(writer, t)
except ClonestrikeError as error:
    print(json.dumps([str(error), writer.steps, [str(path) for path in writer.finish(None)]]))
"""
    with writing_process(script, tmp_path) as process:
        assert process.stdout
        message, appended, finished = json.loads(process.stdout.read())
    part = tmp_path / "000000.part"
    assert message.startswith(f"{tmp_path} cannot be written to: File too large; make room")
    assert message.endswith(f"(what was recorded until then is in {part})")
    assert finished == []
    left = Recording.open(part)
    assert appended - 30 < left.steps <= appended
    path = recover(part)
    assert path
    assert len(Recording.open(path).frames()) == left.steps


def test_a_disk_that_is_full_at_any_moment_leaves_no_half_written_file(tmp_path: Path) -> None:
    script = """
for limit in range(500, 40000, 1500):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    root = Path(sys.argv[1]) / str(limit)
    try:
        with open_run(root, "run", part_steps=4) as writer:
            for t in range(6):
                append(writer, t)
    except ClonestrikeError:
        pass
"""
    with writing_process(script, tmp_path) as process:
        assert process.wait() == 0
    outcomes = set()
    for root in tmp_path.iterdir():
        assert not list(root.rglob("*.*.*.part"))
        for path in root.iterdir():
            outcomes.add(path.suffix)
            recording = Recording.open(path)
            assert recording.states.x[:-1].tolist() == [4 * recording.part + t for t in range(recording.steps)]
            assert len(recording.frames()) == recording.steps
    assert outcomes == {"", ".part"}
