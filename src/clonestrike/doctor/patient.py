"""The game under examination: its picture in numbers, and known motion of the mouse."""

from __future__ import annotations

import contextlib
import math
import time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from clonestrike.core.observation import Frame, Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.edge import Input
from clonestrike.games.desktop.game import WindowGame

FEWEST_POINTS = 8
"""Of the picture, that must move alike."""
Grey = NDArray[np.float32]
WIDTH, HEIGHT = 160, 90
"""Of a grey picture."""
VIEW = slice(round(0.05 * HEIGHT), round(0.65 * HEIGHT))
"""The rows that show the world in most games, above weapon and display."""
QUIET_SECONDS = 0.3
STEP_SECONDS = 0.012
"""Between two pieces of a turn: more than a game's frame would be safer, less would be faster."""


def grey(frame: Frame) -> Grey:
    """A frame (H, W, 3) as float32 (90, 160), 0 to 255."""
    small = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def world(frame: Frame) -> Grey:
    """Of a frame what shows the world, float32 (54, 160)."""
    return grey(frame)[VIEW]


def likeness(a: Grey, b: Grey) -> float:
    """Correlation of two pictures of one shape: 1 for the same, about 0 for unrelated ones."""
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / size if size > 1 else float(np.array_equal(a, b))


def shift(before: Grey, after: Grey) -> float | None:
    """By how many pixels the world has moved to the right, up to about 16; None when it has not, or nobody can tell.

    Views are (54, 160). Followed are points all over them, by local contrast; what stands still (weapon, crosshair,
    display) is left out, and the rest must be many and agree.
    """
    contrast = cv2.createCLAHE(16, (8, 4))
    first, second = (contrast.apply(np.asarray(view, np.uint8)) for view in (before, after))
    points = cv2.goodFeaturesToTrack(first, 200, 0.02, 4)
    if points is None:
        return None
    window: dict[str, Any] = {"winSize": (9, 9), "maxLevel": 3}
    there, found, _ = cv2.calcOpticalFlowPyrLK(first, second, points, np.empty(0, np.float32), **window)
    again, refound, _ = cv2.calcOpticalFlowPyrLK(second, first, there, np.empty(0, np.float32), **window)
    sure = (found[:, 0] > 0) & (refound[:, 0] > 0) & (np.abs(again - points)[:, 0].max(1) < 0.5)
    x = (there - points)[sure, 0, 0]
    moving = x[np.abs(x) > 0.5]
    if len(moving) < max(FEWEST_POINTS, len(x) / 4):
        return None
    low, middle, high = np.percentile(moving, [25, 50, 75])
    return float(middle) if high - low < 0.5 * abs(middle) else None


class Patient:
    """A game in a window that we may press keys in."""

    def __init__(self, game: WindowGame, angle_option: str | None = None) -> None:
        """``angle_option``: how a user says in the game's options what a count turns, see ``GameEntry``."""
        if game.hands is None:
            raise TypeError("an examination needs hands")
        self.game, self.info, self.angle_option = game, game.info, angle_option
        self.hands: Input = game.hands
        self.focal = WIDTH / 2 / math.tan(math.radians(self.info.field_of_view) / 2)
        """Pixels of a grey picture to a radian, in its middle."""

    def observe(self) -> Observation:
        """What the game shows and tells; raises ClonestrikeError once the kill switch was pressed."""
        if self.game.stopped:
            raise ClonestrikeError("stopped by the kill switch", "start again when the game is ready")
        return self.game.observe()

    def picture(self) -> Grey:
        """The whole picture now, float32 (90, 160)."""
        return grey(self.observe().frame)

    def view(self) -> Grey:
        """Of it what shows the world, float32 (54, 160)."""
        return world(self.observe().frame)

    def yaw(self) -> float | None:
        """What the metadata tells, radians."""
        state = self.observe().state
        return None if state is None else state.yaw

    def let_go(self) -> None:
        """Hold nothing, if there is still somebody to tell."""
        with contextlib.suppress(ClonestrikeError):
            self.hands.release()

    def settle(self) -> None:
        """Wait until the picture has come to rest, or moves by itself."""
        end = time.monotonic() + QUIET_SECONDS
        time.sleep(QUIET_SECONDS / 4)
        before = self.view()
        while time.monotonic() < end:
            time.sleep(0.03)
            now = self.view()
            if likeness(before, now) > 0.9999:
                return
            before = now

    def counts(self, degrees: float) -> int:
        """Counts that should turn the view by so much; at least one."""
        return max(1, round(math.radians(degrees) / self.info.calibration.radians_per_count))

    def turn(self, counts: int, piece: int = 200) -> None:
        """Turn right by so many counts, in pieces, and wait until it is done."""
        left = counts
        while left:
            part = max(-piece, min(piece, left))
            self.hands.move(part, 0)
            left -= part
            time.sleep(STEP_SECONDS)
        self.settle()
