"""A window for a game that has none: shows the frames, reads a human's keys and mouse.

It is an SDL window (through pygame). While it holds the pointer, mouse motion arrives as raw counts.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError

SCALE = 3


class Window:
    """Shows frames; ``closed`` once the user closes it or presses Escape or F12."""

    def __init__(self, title: str, *, hold_pointer: bool = False) -> None:
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        import pygame

        self.pygame: ModuleType = pygame
        self._title = title
        self._hold = hold_pointer
        self._open = False
        self.closed = False

    def _show_first(self, width: int, height: int) -> None:
        pygame = self.pygame
        try:
            pygame.display.init()
            pygame.display.set_mode((width * SCALE, height * SCALE))
        except pygame.error as error:
            raise ClonestrikeError(f"no window can be opened ({error})", "run on a desktop, or under Xvfb") from None
        pygame.display.set_caption(self._title)
        if self._hold:
            pygame.mouse.set_visible(False)
            pygame.event.set_grab(True)  # hidden and grabbed: SDL reports relative motion
            pygame.mouse.get_rel()
        self._open = True

    def show(self, observation: Observation) -> None:
        """Draw a frame."""
        pygame = self.pygame
        height, width = observation.frame.shape[:2]
        if not self._open:
            self._show_first(width, height)
        surface = pygame.image.frombuffer(observation.frame.tobytes(), (width, height), "RGB").convert()
        pygame.transform.scale(surface, (width * SCALE, height * SCALE), pygame.display.get_surface())
        pygame.display.flip()

    def events(self) -> list[Any]:
        """The pygame events since the last call; sets ``closed`` if the user has closed the window."""
        pygame = self.pygame
        events: list[Any] = pygame.event.get()
        ends = (pygame.K_ESCAPE, pygame.K_F12)
        for event in events:
            if event.type == pygame.QUIT or (event.type == pygame.KEYDOWN and event.key in ends):
                self.closed = True
        return events

    def close(self) -> None:
        """Release the pointer and close; may be called twice."""
        if self._open:
            self.pygame.display.quit()
            self._open = False
