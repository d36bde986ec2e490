import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.files import staging_folder
from clonestrike.games.doom.experts import strength_of
from clonestrike.games.graph import MapGraph
from clonestrike.playing.config import RecordConfig
from clonestrike.playing.record import record, recover_all
from clonestrike.recordings.files import unfinished_rows
from clonestrike.recordings.recording import Recording, find_recordings


def recordings(folder: Path) -> list[Recording]:
    return [Recording.open(path) for path in find_recordings([folder])]


def test_bots_are_watched_with_their_true_inputs(tmp_path: Path) -> None:
    summary = record(RecordConfig(tmp_path / "bots", "doom", watch="bots", steps=400, seed=3))
    assert summary["steps"] == 400
    found = recordings(tmp_path / "bots")
    assert sum(recording.steps for recording in found) == 400
    for recording in found:
        assert recording.source == "watched"
        assert recording.player.startswith("bot ")
        states = recording.states
        assert np.all(states.alive[:-1] == 1)
        assert np.all(states.first_person[:-1] == 1)
        # one player's uninterrupted way: nobody moves further than the engine lets a player run
        moved = np.hypot(np.diff(states.x[:-1]), np.diff(states.y[:-1]))
        assert np.all(moved < 60)
        assert len(recording.frames(0, 3)) == min(3, recording.steps)
        # what was pressed is known up to the last step before the view changes, and the mouse turns the view
        assert recording.action_known[:-1].all()
        if recording.steps > 1:
            assert recording.actions is not None
            turned = -np.diff(np.unwrap(states.yaw[: recording.steps])) / recording.info.calibration.radians_per_count
            np.testing.assert_allclose(recording.actions.mouse[:-1, 0], turned, atol=1e-3)
    pressed = np.concatenate([recording.actions.switches for recording in found if recording.actions is not None])
    assert pressed[:, :4].any(1).mean() > 0.5  # bots hardly ever stand


def test_experts_are_watched_with_their_true_inputs(tmp_path: Path, shared_graph: MapGraph) -> None:
    summary = record(RecordConfig(tmp_path / "e", "doom", watch="experts", steps=300, workers=2, seed=3))
    assert summary["steps"] == 300
    found = recordings(tmp_path / "e")
    assert sum(recording.steps for recording in found) == 300
    assert {recording.player for recording in found} == {f"expert {strength_of(seed)}" for seed in (3, 4)}
    for recording in found:
        assert recording.source == "watched"
        states = recording.states
        assert np.all(states.alive[:-1] == 1)
        assert np.all(states.first_person[:-1] == 1)
        assert recording.actions is not None


def test_own_play_is_recorded_so_that_a_row_answers_its_frame(tmp_path: Path) -> None:
    record(RecordConfig(tmp_path / "random", "doom:bots=0", play="random", steps=120, seed=8, part_steps=50))
    parts = recordings(tmp_path / "random")
    assert [part.steps for part in parts] == [50, 50, 20]
    assert [part.part for part in parts] == [0, 1, 2]
    for part, after in pairwise(parts):
        assert part.states.at(-1) == after.states.at(0)
    for part in parts:
        actions = part.actions
        assert actions is not None
        turned = -np.diff(np.unwrap(part.states.yaw)) / part.info.calibration.radians_per_count
        np.testing.assert_allclose(turned, actions.mouse[:, 0], atol=1e-6)


def test_workers_share_the_steps_and_disturbed_rows_are_marked(tmp_path: Path, shared_graph: MapGraph) -> None:
    config = RecordConfig(tmp_path / "e", "doom", play="expert", steps=301, workers=2, seed=5, noise=0.3)
    assert record(config)["steps"] == 301
    found = recordings(tmp_path / "e")
    assert sum(recording.steps for recording in found) == 301
    disturbed = np.concatenate([recording.disturbed for recording in found])
    assert 0.05 < disturbed.mean() < 0.6
    for recording in found:
        actions = recording.actions
        assert actions is not None
        turned = -np.diff(np.unwrap(recording.states.yaw)) / recording.info.calibration.radians_per_count
        clean = ~recording.disturbed
        np.testing.assert_allclose(turned[clean], actions.mouse[clean, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"watch": None}, "say whom to record"),
        ({"play": "expert"}, "say whom to record"),
        ({"watch": "cats"}, "'cats' cannot be watched"),
        ({"watch": "experts", "game": "cs2"}, "cs2 has no experts to watch"),
        ({"steps": None}, "say how much to record"),
        ({"minutes": 1.0}, "say how much to record"),
        ({"steps": 0}, "nothing to record"),
        ({"game": "quake"}, "no game 'quake'"),
        ({"watch": None, "play": "runs/none"}, "is no checkpoint"),
        ({"watch": None, "play": "human", "workers": 2}, "one match at a time"),
        ({"game": "doom:bots=0"}, "no bots to watch"),
    ],
)
def test_bad_input_is_told_before_anything_is_written(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    values: dict[str, object] = {"game": "doom", "out": tmp_path / "data", "watch": "bots", "steps": 10, **changes}
    with pytest.raises(ClonestrikeError, match=words):
        record(RecordConfig(**values))  # type: ignore[arg-type]
    # the game itself has to say that it has no bots: by then the folder is made
    assert (tmp_path / "data").exists() == (words == "no bots to watch")
    assert not list(tmp_path.glob("data/*"))


def test_only_recordings_are_recovered(tmp_path: Path) -> None:
    """An import or an export into a folder there fills another folder that ends in .part."""
    (tmp_path / "000003.part").mkdir()  # a recorder that was killed at once
    with staging_folder(tmp_path / "imported") as folder:
        (folder / "video.mkv").write_bytes(b"the first frames")
        assert recover_all(tmp_path) == 0
        assert [path.name for path in folder.iterdir()] == ["video.mkv"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_was_recorded(tmp_path: Path, workers: str) -> None:
    out = tmp_path / "bots"
    command = [sys.executable, "-m", "clonestrike", "record", "--watch", "bots", "--steps", "100000"]
    command += ["--workers", workers, "--out", str(out)]
    with subprocess.Popen([*command], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(300):
            if len(list(out.glob("*.part"))) == int(workers):
                break
            time.sleep(0.1)
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode in (0, 130), errors.decode()
    assert b"Traceback" not in errors
    assert b"interrupted" in output + errors
    assert not list(out.glob("*.part"))
    assert sum(recording.steps for recording in recordings(out)) > 0


def test_a_killed_recorder_leaves_readable_parts_and_no_process(tmp_path: Path) -> None:
    out = tmp_path / "bots"
    mark = str(time.monotonic_ns())
    command = [sys.executable, "-m", "clonestrike", "record", "--watch", "bots", "--steps", "100000"]
    command += ["--workers", "2", "--out", str(out)]
    with subprocess.Popen(command, env={**os.environ, "CLONESTRIKE_TEST": mark}, stderr=subprocess.DEVNULL) as process:
        for _ in range(300):
            if len(list(out.glob("*.part"))) == 2:
                break
            time.sleep(0.1)
        time.sleep(2.5)
        process.kill()
    for _ in range(100):
        if not _marked(mark):
            break
        time.sleep(0.05)
    assert not _marked(mark)
    begun = list(out.glob("*.part"))
    assert begun
    whole = [part for part in begun if unfinished_rows(part).num_rows > 1]  # one may have just begun
    summary = record(RecordConfig(out, "doom", watch="bots", steps=20, seed=9))  # the next one finishes them
    assert summary["recovered"] == len(whole)
    assert not list(out.glob("*.part"))
    assert sum(recording.steps for recording in recordings(out)) > 100


def _marked(mark: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"CLONESTRIKE_TEST={mark}".encode() in (entry / "environ").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found
