"""What a policy sees of a frame: the whole frame scaled down, and optionally a crop at full resolution."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class PolicyView:
    """The parts of a frame that a policy sees; sizes are (height, width) in pixels.

    The defaults are for 180 x 320 frames with Doom's status bar, where the crosshair lies above the frame's centre.
    """

    frame: tuple[int, int] = (180, 320)
    """Size of the frames; without a crop, frames of any size are accepted."""
    whole: tuple[int, int] = (60, 106)
    """Size to which the whole frame is area-resized."""
    crop: tuple[int, int] | None = (64, 64)
    """Size of the crop at full resolution, where a distant enemy is more than a pixel; None for no crop."""
    crop_corner: tuple[int, int] = (43, 128)
    """Row and column of the crop's upper left corner."""

    def __post_init__(self) -> None:
        (height, width), (top, left), crop = self.frame, self.crop_corner, self.crop or (1, 1)
        fits = 0 <= top <= height - crop[0] and 0 <= left <= width - crop[1]
        if min(*self.frame, *self.whole, *crop) < 1 or not fits:
            raise ClonestrikeError(
                f"the crop {self.crop} at {self.crop_corner} does not lie within a frame of {self.frame}",
                "use a policy made for these frames",
            )

    @classmethod
    def around(
        cls, frame: tuple[int, int], crosshair: tuple[int, int] | None, whole: tuple[int, int], crop: tuple[int, int]
    ) -> PolicyView:
        """A view whose crop is centred on the crosshair at (row, column), or on the frame's centre for None."""
        middle = crosshair or (frame[0] // 2, frame[1] // 2)
        top, left = (place - size // 2 for place, size in zip(middle, crop, strict=True))
        return cls(frame, whole, crop, (top, left))

    @property
    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """Name and shape (H, W, 3) of every part: ``whole``, and ``crop`` if there is one."""
        whole = {"whole": (*self.whole, 3)}
        return whole if self.crop is None else {**whole, "crop": (*self.crop, 3)}

    @property
    def bytes_per_frame(self) -> int:
        """Bytes of all parts of one frame."""
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    def check(self, size: tuple[int, int], name: str) -> None:
        """Raise ClonestrikeError, which names the policy, unless it takes frames of this (height, width)."""
        if self.crop is not None and size != self.frame:
            got, wanted = (" x ".join(map(str, one)) for one in (size, self.frame))
            raise ClonestrikeError(f"{name} takes frames of {wanted}, not {got}", "play the game that it has learned")

    def see(self, frame: Frame) -> dict[str, Bytes]:
        """A frame, uint8 (H, W, 3) RGB -> its parts, uint8 (see shapes); raises ClonestrikeError for a wrong size."""
        if self.crop is not None and frame.shape != (*self.frame, 3):
            got, wanted = " x ".join(map(str, frame.shape[:2])), " x ".join(map(str, self.frame))
            raise ClonestrikeError(f"the frame is {got}, this policy's view takes {wanted}", "use frames of that size")
        whole = cv2.resize(frame, self.whole[::-1], interpolation=cv2.INTER_AREA)
        seen = {"whole": np.asarray(whole, np.uint8)}
        if self.crop is not None:
            (top, left), (height, width) = self.crop_corner, self.crop
            seen["crop"] = frame[top : top + height, left : left + width]
        return seen
