"""Real screens, windows and games to test with; each is gone when its ``with`` ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.recordings.files import STREAM, UNFINISHED, unfinished_rows

GAMES = "/usr/games"
"""Where Debian puts games; it is not on everybody's PATH."""
FREEDOOM = Path("/usr/share/games/doom/freedoom2.wad")
CHOCOLATE = "Chocolate Doom"
DEGREES = 0.044
"""What a count turns Chocolate Doom at its sensitivity of 5: 8/65536 of a turn."""

ROOM = """
import pygame, sys
colour, title, width, height = *sys.argv[1:3], *map(int, sys.argv[3:])
pygame.display.init()
screen = pygame.display.set_mode((width, height))
pygame.display.set_caption(title)
n = 0
while True:
    for event in pygame.event.get():
        if event.type == pygame.QUIT: sys.exit()
    n += 1
    screen.fill(colour)
    if colour != "black":
        for x in range(0, width, 40):
            screen.fill((x % 255, 10 * n % 255, 90), (x, 60 + x % 90, 17, height // 2))
    pygame.display.flip()
    pygame.time.wait(16)
"""
"""A window that moves by itself, or is black; it hears nothing."""


def need(*programs: str) -> None:
    """Skip the test where one of these programs is not installed."""
    for program in programs:
        if not (shutil.which(program) or shutil.which(program, path=GAMES)):
            pytest.skip(f"{program} is not installed: make test-desktop installs it")


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something; fails when it does not come, on a busy machine either."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def flushed(folder: Path) -> int:
    """Steps that are being recorded there, as far as they outlive their process."""
    return sum(unfinished_rows(stream.parent).num_rows for stream in folder.glob(f"*{UNFINISHED}/{STREAM}"))


@contextmanager
def virtual_screen() -> Iterator[subprocess.Popen[bytes]]:
    """A virtual screen of our own, which DISPLAY names."""
    need("Xvfb", "xdotool", "openbox")
    read, write = os.pipe()
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        ) as server,
    ):
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        patch.setenv("DISPLAY", f":{number}")
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def program(*command: str, title: str | None = None, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process, and its window."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,  # type: ignore[call-overload]
    ) as process:
        try:
            if title is not None:
                until(lambda: is_shown(title))
            yield process
        finally:
            process.kill()


@contextmanager
def window_manager() -> Iterator[None]:
    """Openbox, once it takes care of windows: one that is opened meanwhile may never be shown."""
    with program("openbox"):
        until(_managed)
        yield


def _managed() -> bool:
    """Whether the window by which a manager says that it is there exists; an ended one leaves the mere name of it."""
    import Xlib.display  # not on Windows, where others import this file
    import Xlib.error

    screen = Xlib.display.Display()
    try:
        name = screen.intern_atom("_NET_SUPPORTING_WM_CHECK")
        found = screen.screen().root.get_full_property(name, Xlib.X.AnyPropertyType)
        return found is not None and bool(screen.create_resource_object("window", found.value[0]).get_attributes())
    except Xlib.error.BadWindow:
        return False
    finally:
        screen.close()


def is_shown(title: str) -> bool:
    """Whether a window of that title shows more than black."""
    from clonestrike.games.desktop.x11 import X11Screen

    try:
        with X11Screen(title) as screen:
            return screen.obstacle is None
    except ClonestrikeError:
        return False


def room(title: str = "A room", colour: str = "darkgreen", width: int = 640, height: int = 400):  # type: ignore[no-untyped-def]
    """A window of ours."""
    return program(sys.executable, "-c", ROOM, colour, title, str(width), str(height), title=title)


@contextmanager
def chocolate_doom(
    folder: Path, *, keys: str = "wasd", acceleration: float = 1.0, fires: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    """Chocolate Doom with Freedoom and a window manager; nobody else is on its map."""
    need("chocolate-doom")
    if not FREEDOOM.exists():
        pytest.skip("freedoom is not installed: make test-desktop installs it")
    folder.mkdir(parents=True, exist_ok=True)
    scancodes = {"key_up": 17, "key_strafeleft": 30, "key_down": 31, "key_straferight": 32} if keys == "wasd" else {}
    plain = {"mouse_sensitivity": 5, "mouseb_fire": 0 if fires else -1, **scancodes}
    extra = {
        "fullscreen": 0, "window_width": 640, "window_height": 480, "startup_delay": 0, "novert": 1, "grabmouse": 1,
        "mouse_acceleration": acceleration, "mouse_threshold": 10 if acceleration != 1 else 0,
    }  # fmt: skip
    for name, values in (("doom.cfg", plain), ("extra.cfg", extra)):
        (folder / name).write_text("".join(f"{key} {value}\n" for key, value in values.items()))
    command = [shutil.which("chocolate-doom") or f"{GAMES}/chocolate-doom", "-iwad", str(FREEDOOM)]
    command += ["-config", "doom.cfg", "-extraconfig", "extra.cfg", "-warp", "1", "-nomonsters", "-nosound", "-nomusic"]
    environment = {**os.environ, "HOME": str(folder), "SDL_AUDIODRIVER": "dummy"}
    with window_manager(), program(*command, title=CHOCOLATE, cwd=folder, env=environment) as game:
        until(lambda: lit(CHOCOLATE))
        time.sleep(2)  # the picture melts in
        yield game


def lit(title: str) -> bool:
    """Whether a window shows more than one colour."""
    from clonestrike.games.desktop.x11 import X11Screen

    with X11Screen(title) as screen:
        return float(screen.grab().std()) > 10
