"""A human as an actor, in a window of Clonestrike."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision
from clonestrike.core.observation import Observation
from clonestrike.playing.window import Window


class Human:
    """An actor: the human at the keyboard. Keys w a s d, space, ctrl, shift, 1 2 3, r; Escape or F12 ends the match.

    ``act`` shows the frame, waits for one step and returns the keys and buttons that were down at any time in it, and
    the counts of the mouse. So ``act`` sets the pace, and the game is played in lockstep with it. As a context manager
    it closes its window.
    """

    def __init__(self, title: str, steps_per_second: float) -> None:
        self._window = Window(title, hold_pointer=True)
        self._period = 1 / steps_per_second
        self._next = 0.0
        pygame = self._window.pygame
        self._keys = {
            pygame.K_w: "w", pygame.K_a: "a", pygame.K_s: "s", pygame.K_d: "d", pygame.K_SPACE: "space",
            pygame.K_LCTRL: "ctrl", pygame.K_LSHIFT: "shift", pygame.K_1: "1", pygame.K_2: "2", pygame.K_3: "3",
            pygame.K_r: "r",
        }  # fmt: skip

    def reset(self) -> None:
        """Does nothing: the actor has no memory."""

    def act(self, observation: Observation) -> Decision:
        pygame = self._window.pygame
        self._window.show(observation.frame)
        now = time.monotonic()
        self._next = max(self._next + self._period, now)
        time.sleep(max(0.0, self._next - now))
        tapped_keys: set[str] = set()
        tapped_buttons: set[int] = set()
        for event in self._window.events():
            if event.type == pygame.KEYDOWN and event.key in self._keys:
                tapped_keys.add(self._keys[event.key])
            elif event.type == pygame.MOUSEBUTTONDOWN:
                tapped_buttons.add(event.button)
        held = pygame.key.get_pressed()
        left, _, right = pygame.mouse.get_pressed()
        x, y = pygame.mouse.get_rel()
        action = Action(
            frozenset(name for code, name in self._keys.items() if held[code]) | tapped_keys,
            left=bool(left) or pygame.BUTTON_LEFT in tapped_buttons,
            right=bool(right) or pygame.BUTTON_RIGHT in tapped_buttons,
            mouse_x=float(x),
            mouse_y=float(y),
        )
        return Decision(action, leave=self._window.closed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._window.close()
