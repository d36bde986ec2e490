"""A viewer in the terminal: frames as coloured half blocks, and keys to step forwards and backwards."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from clonestrike.core.actions import Action
from clonestrike.core.observation import Frame
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.view.steps import action_words, shown_actions, state_words

STEPS: dict[str, int] = {
    "n": 1, "s": 1, " ": 1, "right": 1, "p": -1, "b": -1, "left": -1,
    "+": 10, "N": 10, "down": 10, "-": -10, "P": -10, "up": -10,
}  # fmt: skip
"""Key -> steps to move; s is forward in the original's viewer."""
HELP = "n p one step   + - ten   k K next, last kill   d D death   g G ends   q quit"
WORDS = 5
"""Number of lines of text below the frame."""
_SEQUENCES = {"[A": "up", "[B": "down", "[C": "right", "[D": "left"}


@dataclass
class Viewer:
    """The step that is shown; rich can print it."""

    play: Trajectory
    step: int = 0
    kind: str = field(init=False)
    actions: list[Action | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.kind, self.actions = shown_actions(self.play)
        self.go(self.step)

    def go(self, step: int) -> None:
        """Go to a step, or to the nearest that exists."""
        self.step = max(0, min(step, self.play.steps - 1))

    def press(self, key: str) -> bool:
        """Handle a key; returns False when it is one that quits."""
        if key in STEPS:
            self.go(self.step + STEPS[key])
        elif key in "gG":
            self.go(0 if key == "g" else self.play.steps - 1)
        elif key in "kKdD":
            self._seek(key)
        return key not in ("q", "\x1b", "\x03", "\x04")

    def _seek(self, key: str) -> None:
        """Go to the next kill or death, or with a capital letter to the previous one."""
        events = np.flatnonzero(self.play.kills if key in "kK" else self.play.deaths)
        found = events[events > self.step][:1] if key.islower() else events[events < self.step][-1:]
        if len(found):
            self.go(int(found[0]))

    def words(self) -> list[Text]:
        """Path, step, action, state and help: WORDS lines."""
        play, step = self.play, self.step
        seconds = step / play.info.steps_per_second
        events = " kill" * bool(play.kills[step]) + " death" * bool(play.deaths[step]) + " gap" * bool(play.gaps[step])
        return [
            Text(f"{play.path}", "bold"),
            Text(f"step {step} of {play.steps}   {int(seconds) // 60}:{seconds % 60:04.1f}  {events}"),
            Text(f"action ({self.kind}): {action_words(self.actions[step])}", "bold cyan"),
            Text(f"state: {state_words(play.states.at(step))}"),
            Text(HELP, "dim"),
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        try:
            (frame,) = self.play.frames(self.step, self.step + 1)
            yield from _half_blocks(frame, options.max_width, max(4, (options.height or console.height) - WORDS))
        except ClonestrikeError as error:  # play without frames still has states
            yield Text(str(error), "red")
        for line in self.words():
            line.truncate(options.max_width, overflow="ellipsis")
            yield line


def _half_blocks(frame: Frame, columns: int, rows: int) -> Iterator[Segment]:
    """The frame in a space of columns x rows characters: each is two pixels, as its foreground and background."""
    height, width = frame.shape[:2]
    scale = min(columns / width, 2 * rows / height)
    size = (max(1, int(width * scale)), 2 * max(1, int(height * scale / 2)))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA).tolist()
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            yield Segment("▀", Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
        yield Segment.line()


def view(play: Trajectory, step: int, console: Console) -> Viewer:
    """Show play from a step on until a key quits; without an interactive terminal, print that step only."""
    viewer = Viewer(play, step)
    if not (console.is_terminal and sys.stdin.isatty()):
        console.print(viewer, height=console.height - 1)
        return viewer
    screen = Live(viewer, console=console, screen=True, auto_refresh=False)
    with _keys() as read:
        try:
            screen.start(refresh=True)
            while viewer.press(read()):
                screen.refresh()
        finally:
            screen.stop()  # also when it was interrupted while starting
    return viewer


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """Yields a function that waits for a key; restores the terminal afterwards."""
    if sys.platform == "win32":
        raise ClonestrikeError("keys are read on Linux and macOS only", "use --rerun, or export png")
    import termios
    import tty

    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    try:
        tty.setcbreak(file)
        yield lambda: _key(file)
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)


def _key(file: int) -> str:
    """Read one key; the end of the input counts as q."""
    key = os.read(file, 1).decode("latin1")
    if key == "\x1b" and select.select([file], [], [], 0.05)[0]:
        return _SEQUENCES.get(os.read(file, 2).decode("latin1"), "unknown")
    return key or "q"
