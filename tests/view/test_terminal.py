"""The viewer in a terminal of its own, and what it shows."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import time
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSCTTY, TIOCSWINSZ

import cv2
import numpy as np
import pytest
from rich.console import Console
from tests.conftest import MakeRecording

from clonestrike.core.opening import open_trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.recordings.recording import Recording
from clonestrike.view.shelf import Shelf
from clonestrike.view.steps import notes_text
from clonestrike.view.terminal import Viewer, view


def viewer_of(path: Path, step: int = 0, part: int | None = None) -> Viewer:
    return Viewer(Shelf.of([path]), step, part)


def printed(viewer: Viewer, width: int = 80, height: int = 30) -> str:
    console = Console(width=width, height=height, force_terminal=True, color_system="truecolor", file=io.StringIO())
    console.print(viewer, height=height)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def pixels(text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The picture that half blocks show, uint8 (rows, columns, 3)."""
    cell = re.compile(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m(▀+)")
    rows = []
    for line in text.splitlines():
        cells = [(m.groups()[:6], len(m[7])) for m in cell.finditer(line)]
        if cells:
            values = np.array([c for c, n in cells for _ in range(n)], int)
            rows += [values[:, :3], values[:, 3:]]
    return np.array(rows, np.uint8)


def test_the_picture_is_that_of_the_frame(make_recording: MakeRecording) -> None:
    play = make_recording(12)
    picture = pixels(printed(viewer_of(play.path, 5)))
    frame = play.frames(5, 6)[0]
    height, width = picture.shape[:2]
    assert width <= 80
    assert width / height == pytest.approx(320 / 180, abs=0.08)
    np.testing.assert_array_equal(picture, cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA))
    assert not np.array_equal(picture, pixels(printed(viewer_of(play.path, 6))))


def test_words_say_what_was_done_and_known(make_recording: MakeRecording, written: tuple[Path, str]) -> None:
    text = printed(viewer_of(make_recording(30).path, 24), width=200)
    for words in ("step 24 of 30", "action (true): w  fire  mouse +10", "kill", "health 100", "weapon chaingun"):
        assert words in text
    text = printed(viewer_of(written[0] / "recorder" / "dm_july2021_rec_4.npy", 3), width=300)
    assert "no frames" in text
    assert "weapon weapon_ak47" in text
    assert "action (inferred):" in text


def test_keys(make_recording: MakeRecording) -> None:
    viewer = viewer_of(make_recording(60).path)
    for key, step in (
        ("n", 1), ("+", 11), ("p", 10), ("-", 0), ("p", 0), ("G", 59), ("n", 59), ("g", 0), ("s", 1), ("right", 2),
        ("left", 1), ("k", 24), ("k", 49), ("k", 49), ("K", 24), ("d", 24), ("x", 24), ("down", 34), ("up", 24),
    ):  # fmt: skip
        assert viewer.press(key)
        assert viewer.step == step, key
    assert not viewer.press("q")


def test_without_a_terminal_one_step_is_printed(make_recording: MakeRecording) -> None:
    console = Console(width=100, height=40, file=io.StringIO())
    shelf = Shelf.of([make_recording(9).path])
    assert view(shelf, 8, None, console).step == 8
    assert isinstance(console.file, io.StringIO)
    assert "step 8 of 9" in console.file.getvalue()
    with pytest.raises(ClonestrikeError, match="has no step 9: give --step 0 to 8"):
        view(shelf, 9, None, console)


def test_from_file_to_file(make_recording: MakeRecording) -> None:
    first, second, third = (make_recording(steps).path for steps in (5, 6, 7))
    (second / "steps.parquet").write_bytes(b"damaged")
    viewer = Viewer(Shelf.of([first.parent]), 4)
    for key, path, step in (
        ("n", third, 0), ("p", first, 4), ("]", third, 0), ("]", third, 0), ("G", third, 6), ("n", third, 6),
        ("[", first, 0), ("p", first, 0), ("+", first, 4), ("+", third, 0), ("-", first, 4),
    ):  # fmt: skip
        viewer.press(key)
        assert (viewer.play.path, viewer.step) == (path, step), key


def test_a_row_of_metadata_with_all_that_it_holds(hdf5_files: Path) -> None:
    """As in the original's inspection of a data set: row 33 of file 5, whatever lies beside it."""
    path = hdf5_files / "currvarsv2_dm_july2021_1_to_100.npy"
    row, act, helper = np.load(path, allow_pickle=True).item()["file_num5_frame_33"]
    for place in (path, hdf5_files / "hdf5_dm_july2021_5.hdf5"):
        console = Console(width=300, height=40, file=io.StringIO())
        viewer = view(Shelf.of([place]), 33, 5, console)
        assert viewer.play.part == 5
        assert isinstance(console.file, io.StringIO)
        text = console.file.getvalue()
        for key, value in row.items():
            assert f"{key} {value.item() if isinstance(value, np.generic) else value}" in text
        assert f"infer_a {act}" in text
        assert f"helper_arr {helper}" in text
        health = f"health {row['gsi_health']} (in memory {row['obs_health']})"
        assert f"state: {health}  weapon {row['gsi_weap_active']['name']}  ammo {row['ammo_active']}" in text
    viewer = viewer_of(hdf5_files / "hdf5_dm_july2021_5.hdf5", 33)
    assert "vel_theta_abs" not in printed(viewer, width=150)
    viewer.press("v")
    assert "vel_theta_abs" in printed(viewer, width=150)


def test_endless_notes_are_cut() -> None:
    nested: list[object] = []
    for _ in range(40):
        nested = [nested, nested]
    console = Console(width=100, file=io.StringIO())
    console.print(notes_text({"curr_vars": {"a\x1b[2J": nested, "b": "x" * 5000}, "infer_a": list(range(10**5))}))
    assert isinstance(console.file, io.StringIO)
    assert len(console.file.getvalue()) < 2000
    assert "\x1b" not in console.file.getvalue()


def own_terminal() -> None:
    """Make the terminal the one that control-C comes from."""
    ioctl(0, TIOCSCTTY, 0)


class Terminal:
    """A pseudo-terminal with the command in it."""

    def __init__(self, *arguments: object) -> None:
        main, other = pty.openpty()
        ioctl(other, TIOCSWINSZ, struct.pack("HHHH", 32, 100, 0, 0))
        self._file = main
        self.process = subprocess.Popen(
            [sys.executable, "-m", "clonestrike", *map(str, arguments)],
            stdin=other, stdout=other, stderr=other, close_fds=True, start_new_session=True, preexec_fn=own_terminal,  # noqa: PLW1509
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )  # fmt: skip
        os.close(other)
        self.seen = ""

    def press(self, key: str) -> None:
        os.write(self._file, key.encode())

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Until a text appears among what is new."""
        deadline, new = time.monotonic() + seconds, ""
        while text not in new:
            assert time.monotonic() < deadline, f"{text} was not shown: {self.seen[-500:]!r}"
            if select.select([self._file], [], [], 0.2)[0]:
                new += os.read(self._file, 65536).decode(errors="replace")
        self.seen += new

    def end(self) -> int:
        """Exit code; reads what is left, as a terminal does."""
        deadline = time.monotonic() + 60
        with suppress(OSError):  # nobody holds the other end any more
            while time.monotonic() < deadline:
                if select.select([self._file], [], [], 0.1)[0]:
                    self.seen += os.read(self._file, 65536).decode(errors="replace")
        os.close(self._file)
        return self.process.wait(timeout=30)


def test_in_a_terminal_forwards_and_backwards(hdf5_files: Path) -> None:
    terminal = Terminal("view", hdf5_files / "hdf5_dm_july2021_2.hdf5", "--step", 3)
    terminal.wait_for("step 3 of 120")
    assert "\x1b[?1049h" in terminal.seen  # a screen of its own
    for key, step in (("n", 4), ("+", 14), ("\x1b[D", 13), ("p", 12), ("G", 119)):
        terminal.press(key)
        terminal.wait_for(f"step {step} of 120")
    terminal.press("q")
    assert terminal.end() == 0
    assert "\x1b[?1049l" in terminal.seen
    assert terminal.seen.count("▀") > 3000


def test_interrupted_it_leaves_the_terminal_as_it_was(make_recording: MakeRecording) -> None:
    terminal = Terminal("view", make_recording(9).path)
    terminal.wait_for("step 0 of 9")
    time.sleep(0.5)  # until it waits for a key
    terminal.press("\x03")
    assert terminal.end() == 130
    assert terminal.seen.rstrip().endswith("is kept")
    assert "\x1b[?1049l" in terminal.seen


def test_a_part_and_a_folder_with_one_recording(make_recording: MakeRecording, tmp_path: Path) -> None:
    recording = make_recording(7)
    assert open_trajectory(recording.path.parent).path == recording.path
    assert isinstance(open_trajectory(recording.path), Recording)
