from __future__ import annotations

import cv2
import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.view import PolicyView


def test_the_whole_view_is_scaled_and_the_crop_is_native() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (180, 320, 3), dtype=np.uint8)
    seen = PolicyView().see(frame)
    assert {part: image.shape for part, image in seen.items()} == PolicyView().shapes
    np.testing.assert_array_equal(seen["crop"], frame[43:107, 128:192])
    np.testing.assert_array_equal(seen["whole"], cv2.resize(frame, (106, 60), interpolation=cv2.INTER_AREA))
    assert PolicyView().bytes_per_frame == sum(image.nbytes for image in seen.values())


def test_another_frame_size_is_refused() -> None:
    with pytest.raises(ClonestrikeError, match=r"150 x 280.*180 x 320"):
        PolicyView().see(np.zeros((150, 280, 3), np.uint8))


def test_without_a_crop_it_takes_frames_of_any_size() -> None:
    view = PolicyView((150, 280), (15, 28), None, (0, 0))
    frame = np.random.default_rng(0).integers(0, 256, (180, 320, 3), dtype=np.uint8)
    np.testing.assert_array_equal(view.see(frame)["whole"], cv2.resize(frame, (28, 15), interpolation=cv2.INTER_AREA))


def test_a_crop_outside_the_frame_is_refused() -> None:
    with pytest.raises(ClonestrikeError, match="does not lie within"):
        PolicyView(crop_corner=(150, 0))
