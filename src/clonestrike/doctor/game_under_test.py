"""The game under test: comparing its pictures, and turning its view by known mouse counts."""

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
from clonestrike.games.desktop.backend import Input
from clonestrike.games.desktop.game import WindowGame

FEWEST_POINTS = 8
"""Fewest points of the picture that must move alike."""
Grey = NDArray[np.float32]
WIDTH, HEIGHT = 160, 90
"""Size of a grey picture, pixels."""
VIEW = slice(round(0.05 * HEIGHT), round(0.65 * HEIGHT))
"""Rows of a grey picture that show the world in most games, above weapon and status display."""
QUIET_SECONDS = 0.3
"""Longest wait for a picture at rest."""
STEP_SECONDS = 0.012
"""Pause between two pieces of a turn: longer is safer, shorter is faster."""


def grey(frame: Frame) -> Grey:
    """A frame (H, W, 3) as float32 (90, 160), 0 to 255."""
    small = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def world(frame: Frame) -> Grey:
    """The part of a frame that shows the world, in grey, float32 (54, 160)."""
    return grey(frame)[VIEW]


def likeness(a: Grey, b: Grey) -> float:
    """Correlation of two pictures of one shape: 1 for the same, about 0 for unrelated ones."""
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / size if size > 1 else float(np.array_equal(a, b))


def shift(before: Grey, after: Grey) -> float | None:
    """Pixels by which the world has moved to the right, up to about 16; None if it has not, or that is not certain.

    The views are (54, 160). Points with local contrast are tracked. Those that stand still (weapon, crosshair, status
    display) are ignored; the others must be many and agree.
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


class GameUnderTest:
    """A game in a window, with input injection, as checks and measurements use it."""

    def __init__(self, window: WindowGame, angle_option: str | None = None) -> None:
        """``angle_option`` names the game's option for the degrees of a count, see ``GameEntry``."""
        if window.injector is None:
            raise TypeError("the game under test needs input injection")
        self.window, self.info, self.angle_option = window, window.info, angle_option
        self.injector: Input = window.injector
        self.focal = WIDTH / 2 / math.tan(math.radians(self.info.field_of_view) / 2)
        """Focal length of a grey picture, pixels: pixels per radian in its middle."""

    def observe(self) -> Observation:
        """The frame and the state now; raises ClonestrikeError once the kill switch was pressed."""
        if self.window.stopped:
            raise ClonestrikeError("stopped by the kill switch", "start again when the game is ready")
        return self.window.observe()

    def picture(self) -> Grey:
        """The whole picture now, float32 (90, 160)."""
        return grey(self.observe().frame)

    def view(self) -> Grey:
        """The part of the picture now that shows the world, float32 (54, 160)."""
        return world(self.observe().frame)

    def yaw(self) -> float | None:
        """Yaw of the state now, radians; None if unknown."""
        state = self.observe().state
        return None if state is None else state.yaw

    def release(self) -> None:
        """Release all keys and buttons; does nothing if the game is gone."""
        with contextlib.suppress(ClonestrikeError):
            self.injector.release()

    def settle(self) -> None:
        """Wait until the picture is at rest, at most QUIET_SECONDS."""
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
        """Counts that turn the view by this angle according to the calibration; at least one."""
        return max(1, round(math.radians(degrees) / self.info.calibration.radians_per_count))

    def turn(self, counts: int, piece: int = 200) -> None:
        """Turn right by this many counts, in pieces of ``piece`` counts, and wait until the picture is at rest."""
        left = counts
        while left:
            part = max(-piece, min(piece, left))
            self.injector.move(part, 0)
            left -= part
            time.sleep(STEP_SECONDS)
        self.settle()
