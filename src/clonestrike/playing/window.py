"""A window for a game that has none: shows the frames, reads a human's keys and mouse.

It is an SDL window (through pygame). While it holds the pointer, mouse motion arrives as raw counts.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError

SCALE = 3


class Window:
    """Shows pictures; ``closed`` once the user closes it or presses Escape or F12.

    ``scale`` is that of the pictures; without ``takes_focus`` it leaves the keyboard focus where it is when it opens.
    """

    def __init__(
        self, title: str, *, scale: float = SCALE, hold_pointer: bool = False, takes_focus: bool = True
    ) -> None:
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        os.environ["SDL_WINDOW_NO_ACTIVATION_WHEN_SHOWN"] = "0" if takes_focus else "1"
        import pygame

        self.pygame: ModuleType = pygame
        self._title = title
        self._scale, self._hold = scale, hold_pointer
        self._open = False
        self.closed = False

    def _show_first(self, width: int, height: int) -> None:
        pygame = self.pygame
        try:
            pygame.display.init()
            pygame.display.set_mode((round(width * self._scale), round(height * self._scale)))
        except pygame.error as error:
            raise ClonestrikeError(f"no window can be opened ({error})", "run on a desktop, or under Xvfb") from None
        pygame.display.set_caption(self._title)
        if self._hold:
            pygame.mouse.set_visible(False)
            pygame.event.set_grab(True)  # hidden and grabbed: SDL reports relative motion
            pygame.mouse.get_rel()
        self._open = True

    def show(self, picture: Frame) -> None:
        """Draw a picture, uint8 (H, W, 3) RGB, of the same size every time."""
        pygame = self.pygame
        height, width = picture.shape[:2]
        if not self._open:
            self._show_first(width, height)
        surface = pygame.image.frombuffer(picture.tobytes(), (width, height), "RGB")
        screen = pygame.display.get_surface()
        scaled = pygame.transform.scale if self._scale > 1 else pygame.transform.smoothscale
        scaled(surface.convert(), screen.get_size(), screen)
        pygame.display.flip()

    def move(self, *, right: bool, bottom: bool) -> None:
        """Put the window into a corner of the screen, where its frame stays on it, too."""
        pygame = self.pygame
        (width, height), own = pygame.display.get_desktop_sizes()[0], pygame.display.get_window_size()
        x, y = (width - own[0] if right else 0), (height - own[1] if bottom else 0)
        pygame.display.set_window_position((x, y))
        pygame.event.pump()

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
