from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clonestrike.core.actions import Actions
from clonestrike.errors import ClonestrikeError
from clonestrike.recordings.recording import Recording, find_recordings
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter

STEPS = 30
MakeRecording = Callable[..., Recording]


@pytest.fixture
def recording(make_recording: MakeRecording) -> Recording:
    return make_recording(STEPS, height=90, width=160)


def labels(steps: int = STEPS, seed: int = 0) -> tuple[Actions, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    chance = np.random.default_rng(seed)
    switches = chance.random((steps, 13)) < 0.5
    return Actions(switches, chance.normal(0, 50, (steps, 2)).astype(np.float32)), chance.random(steps) < 0.8


def edit(path: Path, **changes: object) -> None:
    """Change recording.json."""
    header = json.loads((path / "recording.json").read_text())
    header.update(changes)
    (path / "recording.json").write_text(json.dumps({k: v for k, v in header.items() if v != "absent"}))


def test_what_a_recording_knows(recording: Recording) -> None:
    assert len(recording.states) == STEPS + 1
    assert recording.actions is not None
    assert recording.actions.mouse[:, 0].tolist() == [10.0] * STEPS
    assert recording.kills.tolist() == [t == 24 for t in range(STEPS)]
    assert not recording.deaths.any()
    assert recording.labels is None
    assert recording.label_valid.tolist() == [False] * STEPS
    assert recording.states.team.tolist() == [None] * (STEPS + 1)
    assert recording.late_ns.dtype == np.int64


@pytest.mark.parametrize(
    "bounds", [(0, None), (3, 9), (10, 10), (12, 5), (25, 400), (-4, None), (-400, -28), (400, None)]
)
def test_bounds_of_frames_are_those_of_a_list(recording: Recording, bounds: tuple[int, int | None]) -> None:
    whole, (start, stop) = recording.frames(), bounds
    assert whole.shape == (STEPS, 90, 160, 3)
    assert whole.dtype == np.uint8
    assert np.array_equal(recording.frames(start, stop), whole[start:stop])
    chunks = list(recording.iter_frames(start, stop, chunk=4))
    assert all(len(chunk) == 4 for chunk in chunks[:-1])
    assert np.array_equal(np.concatenate([whole[:0], *chunks]), whole[start:stop])


def test_labels_are_added_and_replaced_and_nothing_else_changes(recording: Recording) -> None:
    before = pq.read_table(recording.path / "steps.parquet")
    for seed in (0, 1):
        inferred, valid = labels(seed=seed)
        recording.write_labels(inferred, valid)
        back = Recording.open(recording.path)
        assert back.labels is not None
        assert np.array_equal(back.labels.switches, inferred.switches)
        assert np.array_equal(back.labels.mouse, inferred.mouse)
        assert np.array_equal(back.label_valid, valid)
    after = pq.read_table(recording.path / "steps.parquet")
    assert after.select(before.column_names).equals(before)
    assert len(after.column_names) == len(before.column_names) + 16
    assert recording.labels is None  # what was opened before stays as it was


def test_labels_of_another_length(recording: Recording) -> None:
    with pytest.raises(ValueError, match="29 labels"):
        recording.write_labels(Actions.zeros(STEPS - 1), np.ones(STEPS - 1, np.bool_))


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond 100 bytes: as short as can be, because a log of the tests is such a file too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_labels_on_a_full_disk_leave_the_rows_as_they_were(recording: Recording) -> None:
    before = (recording.path / "steps.parquet").read_bytes()
    with full_disk(), pytest.raises(ClonestrikeError, match=r"labels of .* cannot be written \(.*File too large"):
        recording.write_labels(*labels())
    assert (recording.path / "steps.parquet").read_bytes() == before
    assert len(list(recording.path.iterdir())) == 3


def test_labels_are_replaced_as_a_whole(recording: Recording) -> None:
    """A process that labels again and again is killed: what is there is one of its labels, whole."""
    script = """
import sys
from pathlib import Path
import numpy as np
from clonestrike.core.actions import Actions
from clonestrike.recordings.recording import Recording
recording = Recording.open(Path(sys.argv[1]))
for n in range(10**6):
    labels = Actions(np.full((recording.steps, 13), n % 2 == 0), np.full((recording.steps, 2), n, np.float32))
    recording.write_labels(labels, np.ones(recording.steps, np.bool_))
    print(n, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script, recording.path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        seen = []
        for line in process.stdout:
            found = Recording.open(recording.path).labels
            assert found is not None
            assert len(np.unique(found.mouse)) == len(np.unique(found.switches)) == 1
            seen.append(found.mouse[0, 0])
            if int(line) >= 50:
                break
        process.kill()
    assert seen == sorted(seen)
    assert Recording.open(recording.path).labels is not None


def test_fingerprints_follow_frames_and_rows_but_not_labels(make_recording: MakeRecording, tmp_path: Path) -> None:
    first = make_recording(STEPS, height=90, width=160)
    other = make_recording(STEPS, height=90, width=160, seed=1)
    unknown = make_recording(STEPS, height=90, width=160, actions=False)
    shutil.copytree(first.path, tmp_path / "copy")
    assert len({first.fingerprint(), other.fingerprint(), unknown.fingerprint()}) == 3
    first.write_labels(*labels())
    assert Recording.open(first.path).fingerprint() == first.fingerprint()
    copy = Recording.open(tmp_path / "copy")
    assert copy.fingerprint() == first.fingerprint()
    video = copy.path / "video.mkv"
    video.write_bytes(video.read_bytes()[:-1] + b"\0")
    assert copy.fingerprint() != first.fingerprint()


def break_header(path: Path) -> None:
    (path / "recording.json").write_text('{"format_version": 1,')


def game(**changes: object) -> Callable[[Path], None]:
    """Change the ``info`` in recording.json; a value of type bytes is written as it is."""

    def damage(path: Path) -> None:
        header = json.loads((path / "recording.json").read_text())
        raw = {name: value for name, value in changes.items() if isinstance(value, bytes)}
        header["info"].update({**changes, **{name: f"raw {name}" for name in raw}})
        text = json.dumps(header).encode()
        for name, value in raw.items():
            text = text.replace(f'"raw {name}"'.encode(), value)
        (path / "recording.json").write_bytes(text)

    return damage


def replace_in_rows(old: bytes, new: bytes) -> Callable[[Path], None]:
    """Change bytes of steps.parquet, which is written again without compression and checksums."""

    def damage(path: Path) -> None:
        rows = path / "steps.parquet"
        pq.write_table(pq.read_table(rows), rows, compression="none", use_dictionary=False, store_schema=False)
        assert old in rows.read_bytes()
        rows.write_bytes(rows.read_bytes().replace(old, new))

    return damage


def drop_calibration(path: Path) -> None:
    info = json.loads((path / "recording.json").read_text())["info"]
    del info["calibration"]
    edit(path, info=info)


def drop_column(path: Path) -> None:
    table = pq.read_table(path / "steps.parquet")
    pq.write_table(table.drop_columns(["action.w"]), path / "steps.parquet")


def drop_row(path: Path) -> None:
    table = pq.read_table(path / "steps.parquet")
    pq.write_table(table.slice(0, STEPS), path / "steps.parquet")


def cut(name: str) -> Callable[[Path], None]:
    return lambda path: os.truncate(path / name, (path / name).stat().st_size // 2)


def unlink(name: str) -> Callable[[Path], None]:
    return lambda path: (path / name).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "is not there: give the folder of a recording"),
        (unlink("recording.json"), "is not a recording: it has no recording.json"),
        (break_header, "recording.json is damaged .*: restore the recording"),
        (lambda path: (path / "recording.json").write_bytes(b"\xff\xfe"), "recording.json is damaged"),
        (
            lambda path: (path / "recording.json").write_text("[]"),
            "damaged .Expected `object`, got `array`",
        ),
        (
            lambda path: edit(path, format_version=2),
            "has format version 2, not 1: read it with the version that wrote it",
        ),
        (lambda path: edit(path, format_version="absent"), "has format version None, not 1"),
        (lambda path: edit(path, run="absent"), "recording.json is damaged .*missing required field `run`"),
        (lambda path: edit(path, steps="30"), r"got `str` - at `\$.steps`"),
        (lambda path: edit(path, source="dreamt"), "value 'dreamt' - at `.*source`"),
        (lambda path: edit(path, info={"game": "doom"}), r"missing required field `map` - at `\$.info`"),
        (drop_calibration, "recording.json is damaged .info has no calibration."),
        (game(steps_per_second=0), r"`float` >= 1e-06 - at `\$.info.steps_per_second`"),
        (game(steps_per_second=-16), "at `.*steps_per_second`"),
        (game(steps_per_second=1e9), "at `.*steps_per_second`"),
        (game(steps_per_second=b"NaN"), "recording.json is damaged .JSON is malformed"),
        (game(steps_per_second=b"Infinity"), "recording.json is damaged .JSON is malformed"),
        (game(steps_per_second=b"1e999"), "recording.json is damaged .*out of range"),
        (game(calibration={"radians_per_count": 0, "pitch_min": -1, "pitch_max": 1}), "at `.*radians_per_count`"),
        (game(calibration={"radians_per_count": "x"}), "got `str` - at `.*radians_per_count`"),
        (game(frame_height=-180), r"`int` >= 0 - at `\$.info.frame_height`"),
        (game(frame_width=2**70), "at `.*frame_width`"),
        (game(field_of_view=0), "at `.*field_of_view`"),
        (game(crosshair=[-1, 0]), "at `.*crosshair"),
        (game(game=b"[" * 900 + b"]" * 900, crosshair="absent"), "recording.json is damaged"),
        (game(versions=b"[" * 10**6), "recording.json is damaged"),
        (lambda path: edit(path, steps=-1), r"`int` >= 0 - at `\$.steps`"),
        (lambda path: edit(path, video_bytes=-1), "at `.*video_bytes`"),
        (lambda path: edit(path, part=-1), "at `.*part`"),
        (replace_in_rows(b"chaingun", b"chaing\xffn"), "steps.parquet cannot be read .*[Ii]nvalid UTF"),
        (replace_in_rows(b"state.team", b"state.te\xffm"), "steps.parquet cannot be read .*utf"),
        (lambda path: edit(path, info=None), r"got `null` - at `\$.info`"),
        (lambda path: edit(path, steps=STEPS + 1), "has 31 rows, recording.json counts 31 steps"),
        (unlink("steps.parquet"), "steps.parquet is missing"),
        (cut("steps.parquet"), "steps.parquet cannot be read"),
        (lambda path: (path / "steps.parquet").write_bytes(b"no parquet"), "steps.parquet cannot be read"),
        (drop_column, "steps.parquet has other columns .column action.w is missing."),
        (drop_row, "has 30 rows, recording.json counts 30 steps"),
        (unlink("video.mkv"), "video.mkv is missing"),
        (cut("video.mkv"), "video.mkv has .* bytes, recording.json says .*: it is not the whole video"),
    ],
)
def test_what_cannot_be_opened(recording: Recording, damage: Callable[[Path], object], message: str) -> None:
    damage(recording.path)
    with pytest.raises(ClonestrikeError, match=message) as error:
        Recording.open(recording.path)
    assert str(recording.path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_stream_whose_columns_are_not_text(recording: Recording) -> None:
    folder = recording.path.rename(recording.path.with_suffix(".part"))
    rows = pq.read_table(folder / "steps.parquet")
    with pa.ipc.new_stream(folder / "steps.arrows", rows.schema) as stream:
        stream.write_table(rows)
    content = (folder / "steps.arrows").read_bytes()
    (folder / "steps.arrows").write_bytes(content.replace(b"state.team", b"state.te\xffm"))
    with pytest.raises(ClonestrikeError, match=r"steps\.arrows has columns whose names are not text"):
        Recording.open(folder)


def test_a_file_is_no_recording(recording: Recording) -> None:
    with pytest.raises(ClonestrikeError, match=r"video\.mkv is a file, not a recording"):
        Recording.open(recording.path / "video.mkv")


def test_a_video_of_another_recording(make_recording: MakeRecording) -> None:
    first = make_recording(STEPS, height=90, width=160)
    shorter = make_recording(STEPS - 10, height=90, width=160)
    smaller = make_recording(STEPS, height=64, width=64)
    for other, message in ((shorter, "it has no frame 20"), (smaller, "frames of another size")):
        shutil.copy(other.path / "video.mkv", first.path)
        with pytest.raises(ClonestrikeError, match="it is not the whole video"):
            Recording.open(first.path)
        edit(first.path, video_bytes=(first.path / "video.mkv").stat().st_size)
        with pytest.raises(ClonestrikeError, match=message):
            Recording.open(first.path).frames()
        with pytest.raises(ClonestrikeError, match=message):
            list(Recording.open(first.path).iter_frames())


def part(recording: Recording, tmp_path: Path, rows: int) -> Path:
    """The same play in a part that is being written: ``rows`` rows, the first 16 frames."""
    folder = tmp_path / "000007.part"
    writer = RunWriter(tmp_path / "live", recording.info, player="anna", source="played", run="run", part_steps=10**6)
    assert recording.actions
    for t, frame in enumerate(recording.frames(0, rows)):
        writer.append(
            frame, Row(recording.states.at(t), recording.actions[t], frame_time_ns=t, state_time_ns=t, action_time_ns=t)
        )
    writer._part._flush()  # type: ignore[union-attr]
    shutil.copytree(tmp_path / "live" / "000000.part", folder)
    writer.close()
    return folder


def test_a_part_reaches_as_far_as_video_and_rows_both_do(recording: Recording, tmp_path: Path) -> None:
    folder = part(recording, tmp_path, 20)
    live = Recording.open(folder)
    assert (live.finished, live.steps) == (False, 19)  # the last frame may still be in the encoder's hands
    assert live.states.x.tolist() == recording.states.x[:20].tolist()
    assert live.frames().shape == (19, 90, 160, 3)
    cut("video.mkv")(folder)
    shorter = Recording.open(folder)
    assert 0 < shorter.steps < 19
    assert len(shorter.states) == shorter.steps + 1
    assert np.array_equal(shorter.frames(), live.frames(0, shorter.steps))
    assert shorter.fingerprint() != live.fingerprint()


@pytest.mark.parametrize("damage", [unlink("steps.arrows"), unlink("video.mkv"), cut("steps.arrows")])
def test_a_part_without_a_full_step(recording: Recording, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = part(recording, tmp_path, 20)
    damage(folder)
    with pytest.raises(ClonestrikeError, match="has no complete step yet"):
        Recording.open(folder)


def test_recordings_are_found_in_order_and_once(make_recording: MakeRecording, tmp_path: Path) -> None:
    paths = [make_recording(2, root=tmp_path / "data" / name, height=16, width=16).path for name in ("b", "a", "a")]
    shutil.copytree(paths[0], tmp_path / "data" / "b" / "000009.part")
    assert find_recordings([tmp_path / "data"]) == sorted(paths)
    assert find_recordings([tmp_path / "data" / "a", paths[1]]) == sorted(paths[1:])
    assert find_recordings([paths[0]]) == [paths[0]]


def test_nothing_to_be_found(make_recording: MakeRecording, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="no path is given"):
        find_recordings([])
    with pytest.raises(ClonestrikeError, match="does not exist"):
        find_recordings([tmp_path / "nowhere"])
    recorded = make_recording(2, height=16, width=16).path
    unfinished = recorded.rename(recorded.with_suffix(".part"))
    for path in (recorded.parent, unfinished):
        with pytest.raises(ClonestrikeError, match=r"holds no finished recording \(1 unfinished\)"):
            find_recordings([path])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ClonestrikeError, match="holds no finished recording: record some first"):
        find_recordings([tmp_path / "empty"])
