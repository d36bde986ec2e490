"""A game in a window: the picture is what the window shows, the action what we press."""

from __future__ import annotations

import time

import cv2
import numpy as np

from clonestrike.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Frame, Game, GameInfo, Halfway, Observation
from clonestrike.games.desktop.edge import Input, Screen
from clonestrike.states import PlayerState

HEIGHT, WIDTH = 180, 320


def centre_16_9(picture: Frame) -> Frame:
    """The largest centred 16:9 part of a picture (H, W, 3), area-resized to (180, 320, 3)."""
    height, width = picture.shape[:2]
    if height < HEIGHT or width < WIDTH:
        raise ClonestrikeError(f"the window is {width} x {height}: make it {WIDTH} x {HEIGHT} or larger")
    h, w = min(height, width * 9 // 16), min(width, height * 16 // 9)
    top, left = (height - h) // 2, (width - w) // 2
    part = picture[top : top + h, left : left + w]
    return np.asarray(cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


class WindowGame(Game, Halfway):
    """Any window. Nothing is known of the game but its picture; it ends when the window does, or by the kill switch.

    Half of the mouse motion is applied at once and half in the middle of the step, as in the original: the view turns
    more evenly. Pass no ``hands`` where a human plays.
    """

    def __init__(self, info: GameInfo, screen: Screen, hands: Input | None) -> None:
        self.info = info
        self._screen, self._hands = screen, hands
        self._rest = (0, 0)
        self._last: Frame | None = None
        self.unchanged = 0
        """Frames that were the same as the one before."""
        self._over = False

    def observe(self) -> Observation:
        """The picture now; when the window has gone, the last one, and the game is over."""
        now = time.monotonic_ns()
        frame = centre_16_9(self._screen.grab())
        if self._last is not None and np.array_equal(frame, self._last):
            self.unchanged += 1
        self._last = frame
        return Observation(frame, self._state(), self._player(), now, time.monotonic_ns())

    def _state(self) -> PlayerState | None:
        return None

    def _player(self) -> str:
        return "self"

    def apply(self, action: Action) -> None:
        if self._hands is None:
            return
        if self._hands.stopped:
            self._over = True
            self._hands.release()
            return
        self._hands.hold(action)
        x, y = round(action.mouse_x), round(action.mouse_y)
        first = (x // 2, y // 2)
        self._rest = (x - first[0], y - first[1])
        self._hands.move(*first)

    def halfway(self) -> None:
        """The other half of the mouse motion."""
        if self._hands is not None and not self._over:
            self._hands.move(*self._rest)
        self._rest = (0, 0)

    @property
    def finished(self) -> bool:
        return self._over

    def close(self) -> None:
        if self._hands is not None:
            self._hands.close()
        self._screen.close()
