"""A viewer in the terminal: frames as coloured half blocks, and keys to step forwards and backwards."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import cv2
import numpy as np
from rich.color import Color
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text

from clonestrike.core.observation import Frame
from clonestrike.core.trajectory import Trajectory, has_notes
from clonestrike.errors import ClonestrikeError
from clonestrike.view.shelf import Place, Shelf
from clonestrike.view.steps import action_words, notes_text, shown_actions, state_words

STEPS: dict[str, int] = {
    "n": 1, "s": 1, " ": 1, "right": 1, "p": -1, "b": -1, "left": -1,
    "+": 10, "N": 10, "down": 10, "-": -10, "P": -10, "up": -10,
}  # fmt: skip
"""Key -> steps to move; s is forward in the original's viewer."""
HELP = "n p step  + - ten  k K kill  d D death  g G ends  ] [ file  v values  q quit"
WORDS = 5
"""Number of lines of text below the frame, with the help."""
_SEQUENCES = {"[A": "up", "[B": "down", "[C": "right", "[D": "left"}
FILES: dict[str, Literal[1, -1]] = {"]": 1, "[": -1}
"""Key -> file to go to: the next or the last one."""


class Viewer:
    """The step that is shown; rich can print it."""

    def __init__(self, shelf: Shelf, step: int = 0, part: int | None = None) -> None:
        """Show a step of the first file on a shelf, or of the one with the number ``part``.

        Raises ClonestrikeError when there is none that can be opened, or no such step.
        """
        self._shelf = shelf
        self._show(*shelf.first(part))
        self.values = False
        """Whether what the file holds of the row is shown in place of the picture."""
        if not 0 <= step < self.play.steps:
            raise ClonestrikeError(f"{self.play.path} has no step {step}", f"give --step 0 to {self.play.steps - 1}")
        self.go(step)

    def _show(self, place: Place, play: Trajectory) -> None:
        self._place, self.play = place, play
        self.kind, self.actions = shown_actions(play)
        self._states = play.row_states
        self.step = 0

    def go(self, step: int) -> None:
        """Go to a step, or to the nearest that exists."""
        self.step = max(0, min(step, self.play.steps - 1))

    def press(self, key: str) -> bool:
        """Handle a key; returns False when it is one that quits."""
        if key in STEPS:
            self._move(STEPS[key])
        elif key in FILES:
            self._turn(FILES[key])
        elif key in "gG":
            self.go(0 if key == "g" else self.play.steps - 1)
        elif key in "kKdD":
            self._seek(key)
        elif key == "v":
            self.values = not self.values
        return key not in ("q", "\x1b", "\x03", "\x04")

    def _move(self, steps: int) -> None:
        """Go some steps; from the end of a file on to the next one, and from its beginning back to the last step."""
        before = self.step
        self.go(before + steps)
        if self.step == before and self._turn(1 if steps > 0 else -1) and steps < 0:
            self.go(self.play.steps - 1)

    def _turn(self, way: Literal[1, -1]) -> bool:
        """Go to the next or the last file; returns False when there is none."""
        found = self._shelf.beside(self._place, way)
        if found:
            self._show(*found)
        return found is not None

    def _seek(self, key: str) -> None:
        """Go to the next kill or death, or with a capital letter to the previous one."""
        events = np.flatnonzero(self.play.kills if key in "kK" else self.play.deaths)
        found = events[events > self.step][:1] if key.islower() else events[events < self.step][-1:]
        if len(found):
            self.go(int(found[0]))

    def words(self) -> list[Text]:
        """Path, step, action and state."""
        play, step = self.play, self.step
        seconds = step / play.info.steps_per_second
        events = " kill" * bool(play.kills[step]) + " death" * bool(play.deaths[step]) + " gap" * bool(play.gaps[step])
        return [
            Text(f"{play.path}   {play.run}, part {play.part}", "bold"),
            Text(f"step {step} of {play.steps}   {int(seconds) // 60}:{seconds % 60:04.1f}  {events}"),
            Text(f"action ({self.kind}): {action_words(self.actions[step])}", "bold cyan"),
            Text(f"state: {state_words(self._states.at(step))}"),
        ]

    def notes(self) -> Group:
        """What the file holds of this row; nothing for formats that keep no more than what the words say."""
        return notes_text(self.play.notes(self.step) if has_notes(self.play) else {})

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = max(4, (options.height or console.height) - WORDS)
        try:
            if self.values:
                yield from self._noted(console, options, rows)
            else:
                yield from self._picture(options, rows)
        except ClonestrikeError as error:  # play without frames still has states
            yield Text(str(error), "red", overflow="ellipsis", no_wrap=True)
            yield from self._noted(console, options, rows - 1)
        for line in [*self.words(), Text(HELP, "dim")]:
            line.truncate(options.max_width, overflow="ellipsis")
            yield line

    def print(self, console: Console) -> None:
        """Print the picture, if there is one, and everything that is known of the step."""
        with suppress(ClonestrikeError):
            console.print(Segments(self._picture(console.options, max(4, console.height - WORDS))), end="")
        console.print(*self.words(), self.notes(), sep="\n")

    def _picture(self, options: ConsoleOptions, rows: int) -> list[Segment]:
        (frame,) = self.play.frames(self.step, self.step + 1)
        return list(_half_blocks(frame, options.max_width, rows))

    def _noted(self, console: Console, options: ConsoleOptions, rows: int) -> Iterator[Segment]:
        """The first rows of the notes."""
        for line in console.render_lines(self.notes(), options.update(height=None), pad=False)[:rows]:
            yield from [*line, Segment.line()]


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


def view(shelf: Shelf, step: int, part: int | None, console: Console) -> Viewer:
    """Show play from a step on until a key quits; without an interactive terminal, print that step only.

    Raises ClonestrikeError as Viewer does.
    """
    viewer = Viewer(shelf, step, part)
    if not (console.is_terminal and sys.stdin.isatty()):
        viewer.print(console)
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
