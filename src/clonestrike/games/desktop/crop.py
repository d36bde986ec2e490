"""Cutting the frame out of the picture of a window."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError

HEIGHT, WIDTH = 180, 320
"""Size of a 16:9 frame."""
ORIGINAL_HEIGHT, ORIGINAL_WIDTH = 150, 280
"""Size of a frame of the original."""
MARGIN_X, MARGIN_Y = 100 / 1024, 135 / 768
"""What the original cuts off on each side, as a share of width and height: 100 and 135 pixels at 1024 x 768."""

Crop = Callable[[Frame], Frame]


def centre_16_9(picture: Frame) -> Frame:
    """The largest centred 16:9 part of a picture (H, W, 3), area-resized to (180, 320, 3)."""
    height, width = _size(picture)
    h, w = min(height, width * 9 // 16), min(width, height * 16 // 9)
    return _resized(picture, (width - w) // 2, (height - h) // 2, w, h, WIDTH, HEIGHT)


def original(picture: Frame) -> Frame:
    """The part of a picture (H, W, 3) that the original keeps, area-resized to (150, 280, 3)."""
    height, width = _size(picture)
    x, y = round(width * MARGIN_X), round(height * MARGIN_Y)
    return _resized(picture, x, y, width - 2 * x, height - 2 * y, ORIGINAL_WIDTH, ORIGINAL_HEIGHT)


def _size(picture: Frame) -> tuple[int, int]:
    height, width = picture.shape[:2]
    if height < HEIGHT or width < WIDTH:
        raise ClonestrikeError(f"the window is {width} x {height}", f"make it {WIDTH} x {HEIGHT} or larger")
    return height, width


def _resized(picture: Frame, x: int, y: int, width: int, height: int, to_width: int, to_height: int) -> Frame:
    part = picture[y : y + height, x : x + width]
    return np.asarray(cv2.resize(part, (to_width, to_height), interpolation=cv2.INTER_AREA), np.uint8)
