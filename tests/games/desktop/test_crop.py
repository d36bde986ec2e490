import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.crop import centre_16_9, original


def test_the_centre_is_kept_and_what_lies_above_and_below_is_not() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[60:420] = 100  # 640 x 360
    frame = centre_16_9(picture)
    assert frame.shape == (180, 320, 3)
    assert (frame == 100).all()


def test_the_originals_crop() -> None:
    picture = np.zeros((768, 1024, 3), np.uint8)
    picture[135 : 768 - 135, 100 : 1024 - 100] = 200
    frame = original(picture)
    assert frame.shape == (150, 280, 3)
    assert (frame == 200).all()
    picture[134], picture[:, 99] = 255, 255
    assert (original(picture) == 200).all()


@given(st.integers(180, 900), st.integers(320, 1300))
def test_any_window_of_enough_size_gives_frames_of_one_size(height: int, width: int) -> None:
    picture = np.full((height, width, 3), (10, 20, 30), np.uint8)
    assert (centre_16_9(picture) == (10, 20, 30)).all()
    assert original(picture).shape == (150, 280, 3)


def test_a_window_that_is_too_small_is_told() -> None:
    with pytest.raises(ClonestrikeError, match="the window is 300 x 200: make it 320 x 180 or larger"):
        centre_16_9(np.zeros((200, 300, 3), np.uint8))
