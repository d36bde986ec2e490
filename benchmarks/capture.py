"""Capturing a window: ours, mss, python-xlib's get_image, ffmpeg's x11grab; and the cost of recording."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import mss
import numpy as np
from numpy.typing import NDArray
from Xlib import X

from benchmarks.measure import show
from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision
from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.crop import centre_16_9
from clonestrike.games.desktop.game import WindowGame
from clonestrike.games.desktop.spec import WindowSpec
from clonestrike.games.desktop.x11 import X11Input, X11Screen, open_display
from clonestrike.playing.clock import RealTimeClock
from clonestrike.playing.deadlines import Deadlines
from clonestrike.playing.loop import control_loop
from clonestrike.playing.recorder import Recorder, Session

TITLE = "A moving window"
WIDTH, HEIGHT = 640, 480
GRABS = 200
SECONDS = 20.0
MOVING = f"""
import pygame, numpy as np
pygame.display.init()
screen = pygame.display.set_mode(({WIDTH}, {HEIGHT}))
pygame.display.set_caption({TITLE!r})
wall = np.random.default_rng(0).integers(0, 255, ({WIDTH}, {HEIGHT}, 3), dtype=np.uint8)
n = 0
while True:
    pygame.event.get()
    n += 4
    pygame.surfarray.blit_array(screen, np.roll(wall, n, 0))
    pygame.display.flip()
    pygame.time.wait(16)
"""


@contextmanager
def moving_window() -> Iterator[None]:
    """Show a window that draws 60 pictures a second on its own virtual screen."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        os.environ["DISPLAY"] = f":{pipe.readline().strip()}"
    window = subprocess.Popen([sys.executable, "-c", MOVING], stdout=subprocess.DEVNULL)
    try:
        _wait()
        yield
    finally:
        window.kill()
        window.wait()
        server.kill()
        server.wait()


def _wait() -> None:
    """Wait until the window exists."""
    for _ in range(200):
        with contextlib.suppress(ClonestrikeError):
            X11Screen(TITLE).close()
            return
        time.sleep(0.1)


def timed(name: str, grab: Callable[[], object]) -> list[str]:
    """A row: wall-clock and CPU milliseconds of a grab, 60 grabs a second."""
    grab()
    took: list[float] = []
    began = time.process_time()
    for _ in range(GRABS):
        started = time.perf_counter()
        grab()
        took.append((time.perf_counter() - started) * 1000)
        time.sleep(1 / 60)
    cpu = (time.process_time() - began) / GRABS * 1000
    return [name, *(f"{np.percentile(took, percent):.2f}" for percent in (50, 95, 99)), f"{cpu:.2f}"]


def x11grab(area: dict[str, int]) -> list[str]:
    """A row for ffmpeg, whose pipe delivers at its own rate: the deviations from even intervals, in milliseconds."""
    program = shutil.which("ffmpeg")
    if program is None:
        return ["ffmpeg x11grab (not installed)", *"----"]
    size, place = f"{area['width']}x{area['height']}", f"{os.environ['DISPLAY']}+{area['left']},{area['top']}"
    command = [program, "-loglevel", "error", "-f", "x11grab", "-draw_mouse", "0", "-framerate", "60"]
    command += ["-video_size", size, "-i", place, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    length = area["width"] * area["height"] * 3
    with subprocess.Popen(command, stdout=subprocess.PIPE) as grabber:
        assert grabber.stdout is not None
        grabber.stdout.read(length)
        arrivals: list[float] = []
        for _ in range(GRABS):
            grabber.stdout.read(length)
            arrivals.append(time.perf_counter() * 1000)
        ticks = Path(f"/proc/{grabber.pid}/stat").read_text().split()[13:15]
        cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") / GRABS * 1000
        grabber.kill()
    off = np.abs(np.diff(arrivals) - 1000 / 60)
    return [
        "ffmpeg x11grab, RGB through a pipe: deviation",
        *(f"{np.percentile(off, percent):.2f}" for percent in (50, 95, 99)),
        f"{cpu:.2f}",
    ]


def captures() -> list[list[str]]:
    """A row for every way to capture the same window."""
    with X11Screen(TITLE) as screen, mss.MSS() as camera:
        area = {"left": 0, "top": 0, "width": WIDTH, "height": HEIGHT}
        window = screen._window  # noqa: SLF001 - the same window for all
        connection = open_display()
        drawable = connection.create_resource_object("window", window.id)

        def xlib() -> NDArray[np.uint8]:
            image = drawable.get_image(0, 0, WIDTH, HEIGHT, X.ZPixmap, 0xFFFFFFFF)
            return np.frombuffer(image.data, np.uint8).reshape(HEIGHT, WIDTH, 4)[:, :, 2::-1].copy()

        rows = [
            timed("ours: finds the window, RGB", screen.grab),
            timed("ours, cropped and resized to 180 x 320", lambda: centre_16_9(screen.grab())),
            timed("mss alone, fixed area, BGRA", lambda: np.asarray(camera.grab(area))),
            timed("python-xlib get_image, RGB", xlib),
            x11grab(area),
        ]
        connection.close()
        return rows


class _Presser:
    """An actor that turns right and left by turns with w held, so that every step presses something."""

    def __init__(self) -> None:
        self.sign = 1

    def reset(self) -> None:
        """Do nothing: there is no memory."""

    def act(self, observation: Observation) -> Decision:
        self.sign = -self.sign
        return Decision(Action(frozenset("w"), left=self.sign > 0, mouse_x=60 * self.sign))


def loop(folder: Path | None) -> list[str]:
    """A row: times of a step at 16 steps a second, with the recorder if there is a folder, and the share of a core."""
    info = WindowSpec(TITLE).info
    deadlines = Deadlines(info.steps_per_second)
    with WindowGame(info, X11Screen(TITLE), X11Input(), minutes=SECONDS / 60) as game:
        game.screen.focus()
        listeners: list[Deadlines | Recorder] = [deadlines]
        recorder = None
        if folder is not None:
            recorder = Recorder(Session(folder, game.info, "played", "run", 0))
            listeners.append(recorder)
        cpu = time.process_time()
        control_loop(game, _Presser(), RealTimeClock(game, info.steps_per_second), listeners)
        cpu = time.process_time() - cpu
        if recorder is not None:
            recorder.close()
    summary = deadlines.summary()
    return [
        "play and record" if folder else "play",
        f"{summary['step_ms_p50']:.2f}",
        f"{summary['step_ms_p95']:.2f}",
        f"{summary['step_ms_p99']:.2f}",
        f"{summary['late_share']:.1%}",
        f"{cpu / SECONDS:.1%}",
    ]


def main() -> None:
    """Print the tables."""
    with moving_window():
        title = f"Capturing a window of {WIDTH} x {HEIGHT} (X11), ms a picture"
        show(title, ["", "p50", "p95", "p99", "CPU"], captures())
        with tempfile.TemporaryDirectory() as folder:
            rows = [loop(None), loop(Path(folder))]
        columns = ["", "step p50 ms", "p95", "p99", "late", "of a core"]
        show("The loop at 16 steps a second, from capture to injection", columns, rows)


if __name__ == "__main__":
    main()
