from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clonestrike.core.actions import Actions
from clonestrike.errors import ClonestrikeError
from clonestrike.files import PARTIAL
from clonestrike.policy.view import PolicyView
from clonestrike.recordings.recording import Recording
from clonestrike.training import view_cache
from clonestrike.training.view_cache import ViewCache

MakeRecording = Callable[..., Recording]
VIEW = PolicyView()


@pytest.fixture
def cache(tmp_path: Path) -> ViewCache:
    return ViewCache(tmp_path / "cache")


def folders(cache: ViewCache) -> set[str]:
    return {path.name for path in cache.folder.iterdir()}


def test_the_cache_holds_what_the_view_sees_of_every_frame(make_recording: MakeRecording, cache: ViewCache) -> None:
    recordings = [make_recording(70, seed=0), make_recording(20, seed=1)]
    for recording, seen in zip(recordings, cache.open(recordings, VIEW), strict=True):
        expected = [VIEW.see(frame) for frame in recording.frames()]
        for part, shape in VIEW.shapes.items():
            assert isinstance(seen[part], np.memmap)
            assert seen[part].shape == (recording.steps, *shape)
            np.testing.assert_array_equal(seen[part], np.stack([parts[part] for parts in expected]))
            assert not seen[part].flags.writeable


def test_frames_are_decoded_once(
    make_recording: MakeRecording, cache: ViewCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make_recording(10)
    cache.open([recording], VIEW)
    decoded = []
    monkeypatch.setattr(view_cache, "_write", lambda *job: decoded.append(job))
    cache.open([recording], VIEW)
    assert not decoded


def test_labels_leave_the_cache_as_it_is_and_another_view_does_not(
    make_recording: MakeRecording, cache: ViewCache
) -> None:
    recording = make_recording(10)
    cache.open([recording], VIEW)
    recording.write_labels(Actions.zeros(10), np.ones(10, bool))
    cache.open([Recording.open(recording.path)], VIEW)
    assert len(folders(cache)) == 1
    cache.open([recording], PolicyView(crop_corner=(0, 0)))
    assert len(folders(cache)) == 2


def test_the_least_recently_used_goes_first(make_recording: MakeRecording, cache: ViewCache) -> None:
    old, used, new = (make_recording(10, seed=seed) for seed in range(3))
    limited = ViewCache(cache.folder, limit_bytes=2 * 10 * VIEW.bytes_per_frame + 2000)
    limited.open([used], VIEW)
    (used_name,) = folders(cache)
    limited.open([old], VIEW)
    (old_name,) = folders(cache) - {used_name}
    os.utime(cache.folder / used_name, (0, 0))
    os.utime(cache.folder / old_name, (1, 1))
    limited.open([used], VIEW)
    limited.open([new], VIEW)
    assert used_name in folders(cache)
    assert old_name not in folders(cache)
    assert len(folders(cache)) == 2


def test_recordings_over_the_limit_are_refused(make_recording: MakeRecording, cache: ViewCache) -> None:
    with pytest.raises(ClonestrikeError, match=r"limited to 0\.0 GB: raise the limit"):
        ViewCache(cache.folder, limit_bytes=1000).open([make_recording(5)], VIEW)


def test_room_is_made_of_what_killed_processes_left(make_recording: MakeRecording, cache: ViewCache) -> None:
    limited = ViewCache(cache.folder, limit_bytes=10 * VIEW.bytes_per_frame + 2000)
    killed, growing = (f".{name}{PARTIAL}" for name in ("0" * 32 + ".k1", "1" * 32 + ".g_2"))
    for name, age in ((killed, 7200), (growing, 60)):
        (cache.folder / name).mkdir(parents=True)
        (cache.folder / name / "whole.npy").write_bytes(bytes(2000))
        os.utime(cache.folder / name, (time.time() - age,) * 2)
    limited.open([make_recording(10)], VIEW)
    assert growing in folders(cache)
    assert killed not in folders(cache)


def test_another_frame_size_is_refused_and_leaves_nothing(make_recording: MakeRecording, cache: ViewCache) -> None:
    with pytest.raises(ClonestrikeError, match="90 x 160"):
        cache.open([make_recording(5), make_recording(5, height=90, width=160)], VIEW)
    assert not [name for name in folders(cache) if name.endswith(".part")]


def _truncate(entry: Path) -> None:
    os.truncate(entry / "whole.npy", (entry / "whole.npy").stat().st_size - 1)


def _empty(entry: Path) -> None:
    os.truncate(entry / "crop.npy", 0)


def _miss(entry: Path) -> None:
    (entry / "crop.npy").unlink()


def _reshape(entry: Path) -> None:
    seen = np.load(entry / "whole.npy")
    np.save(entry / "whole.npy", seen.reshape(len(seen), -1))


def _be_a_folder(entry: Path) -> None:
    (entry / "whole.npy").unlink()
    (entry / "whole.npy").mkdir()


def _be_a_file(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.write_text("")


def _be_a_link_to_nothing(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.symlink_to("nothing")


DAMAGES = [_truncate, _empty, _miss, _reshape, _be_a_folder, _be_a_file, _be_a_link_to_nothing]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_made_anew(
    make_recording: MakeRecording, cache: ViewCache, damage: Callable[[Path], None]
) -> None:
    recordings = [make_recording(10, seed=seed) for seed in range(2)]
    expected = [{part: np.array(array) for part, array in seen.items()} for seen in cache.open(recordings, VIEW)]
    names = folders(cache)
    for name in names:
        damage(cache.folder / name)
    for seen, whole in zip(cache.open(recordings, VIEW), expected, strict=True):
        for part in VIEW.shapes:
            np.testing.assert_array_equal(seen[part], whole[part])
    assert folders(cache) == names


def test_what_others_keep_in_the_folder_stays_and_is_in_nobodys_way(
    make_recording: MakeRecording, cache: ViewCache
) -> None:
    (cache.folder / "photos").mkdir(parents=True)
    for name in (".DS_Store", "photos/one.jpg"):
        (cache.folder / name).write_bytes(bytes(100_000))
        os.utime(cache.folder / name, (0, 0))
    os.utime(cache.folder / "photos", (0, 0))
    limited = ViewCache(cache.folder, limit_bytes=10 * VIEW.bytes_per_frame + 2000)
    for seed in range(2):
        limited.open([make_recording(10, seed=seed)], VIEW)
    assert len(folders(cache)) == 3
    assert (cache.folder / "photos/one.jpg").stat().st_size == (cache.folder / ".DS_Store").stat().st_size == 100_000


def test_all_is_on_the_disk_before_it_has_its_name(
    make_recording: MakeRecording, cache: ViewCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make_recording(10)
    sizes = []

    def fsync(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        assert all(name.endswith(PARTIAL) for name in folders(cache))

    monkeypatch.setattr(os, "fsync", fsync)
    cache.open([recording], VIEW)
    (entry,) = cache.folder.iterdir()
    assert sorted(sizes) == sorted(file.stat().st_size for file in entry.iterdir())


def test_play_with_fewer_frames_than_rows_is_named(
    make_recording: MakeRecording, cache: ViewCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make_recording(10)
    short = [recording.frames(0, 9)]
    monkeypatch.setattr(Recording, "iter_frames", lambda _: iter(short))
    with pytest.raises(ClonestrikeError, match=re.escape(f"{recording.path} has another number of frames")):
        cache.open([recording], VIEW)
    assert not folders(cache)


DECODE = """
import sys
from pathlib import Path
from clonestrike.errors import ClonestrikeError
from clonestrike.files import PARTIAL
from clonestrike.policy.view import PolicyView
from clonestrike.recordings.recording import Recording
from clonestrike.training.view_cache import ViewCache
try:
    ViewCache(Path(sys.argv[1])).open([Recording.open(Path(sys.argv[2]))], PolicyView())
except ClonestrikeError as error:
    print(error, *Path(sys.argv[1]).iterdir(), sep="\\n")
"""


def test_a_full_disk_leaves_nothing_half_written(make_recording: MakeRecording, cache: ViewCache) -> None:
    cache.folder.mkdir()
    enter = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=256k small {cache.folder}"
    if shutil.which(enter[0]) is None or subprocess.run([*enter, mount], check=False, capture_output=True).returncode:
        pytest.skip("no disk of a chosen size can be mounted here")
    decode = shlex.join([sys.executable, "-c", DECODE, str(cache.folder), str(make_recording(50).path)])
    done = subprocess.run([*enter, f"{mount} && {decode}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        f"the view cache {cache.folder} cannot be written (No space left on device): make room there"
    )
