import numpy as np
import pytest

from clonestrike.core.actions import KEYS, MOUSE_X_BINS, MOUSE_Y_BINS, Action
from clonestrike.core.actor import Prediction
from clonestrike.core.observation import Frame
from clonestrike.core.states import PlayerState
from clonestrike.view.overlay import BOXES, DOWN, FIRE, PANEL, WIDTH, overlay

FRAME: Frame = np.random.default_rng(0).integers(0, 256, (180, 320, 3), np.uint8)
SURE = Prediction(np.ones(13, np.float32), np.eye(23, dtype=np.float32)[20], np.eye(15, dtype=np.float32)[2], -1.5)


def panel(*args: object, **more: object) -> Frame:
    return overlay(FRAME, *args, **more)[-PANEL:]  # type: ignore[arg-type]


def lit(image: Frame, name: str) -> bool:
    x, y, w, h = BOXES[name]
    bright = np.all(image[y + 1 : y + h - 1, x + 1 : x + w - 1] == (FIRE if name == "left" else DOWN), axis=-1)
    return bool(bright.mean() > 0.5)


@pytest.mark.parametrize("name", [*KEYS, "left", "right"])
def test_what_is_pressed_is_lit_and_nothing_else(name: str) -> None:
    keys = frozenset({name} & set(KEYS))
    image = panel(Action(keys, left=name == "left", right=name == "right"))
    assert [other for other in BOXES if lit(image, other)] == [name]


def test_the_picture_is_the_frame_enlarged() -> None:
    image = overlay(FRAME, Action())
    assert (image.shape, image.dtype.name) == ((540 + PANEL, WIDTH, 3), "uint8")
    np.testing.assert_array_equal(image[1:540:3, 1:WIDTH:3], FRAME)


@pytest.mark.parametrize(("height", "width"), [(150, 280), (1080, 1920), (333, 777), (480, 640)])
def test_any_frame_gives_even_sides(height: int, width: int) -> None:
    image = overlay(np.zeros((height, width, 3), np.uint8), None)
    assert image.shape[1] == WIDTH
    assert image.shape[0] % 2 == 0
    assert (image.shape[0] - PANEL) / WIDTH == pytest.approx(height / width, abs=0.003)


def test_a_prediction_fills_keys_but_does_not_light_them() -> None:
    plain, predicted = panel(Action()), panel(Action(), SURE)
    assert not any(lit(predicted, name) for name in BOXES)
    for x, y, w, h in BOXES.values():
        assert (plain[y : y + h, x : x + w] != predicted[y : y + h, x : x + w]).any()


@pytest.mark.parametrize("x", MOUSE_X_BINS)
@pytest.mark.parametrize("y", [MOUSE_Y_BINS[0], 0, MOUSE_Y_BINS[-1]])
def test_every_motion_can_be_drawn_and_told_apart(x: int, y: int) -> None:
    drawn = panel(Action(mouse_x=x, mouse_y=y))
    assert (x, y) == (0, 0) or (drawn != panel(Action())).any()
    panel(Action(mouse_x=10 * x, mouse_y=10 * y), SURE)


def test_figures_appear_where_they_are_known() -> None:
    nothing = panel(None)
    for known in (
        panel(None, step=12, steps_per_second=17.5),
        panel(None, state=PlayerState(kills=3)),
        panel(None, state=PlayerState(deaths=3)),
        panel(None, SURE),
    ):
        assert (known[:, 848:] != nothing[:, 848:]).any()
    np.testing.assert_array_equal(panel(None, state=PlayerState()), nothing)


def test_drawing_leaves_the_frame_and_later_pictures_alone() -> None:
    before = FRAME.copy()
    first = panel(Action())
    panel(Action(frozenset(KEYS), left=True, mouse_x=-300), SURE, PlayerState(kills=1), 5)
    np.testing.assert_array_equal(panel(Action()), first)
    np.testing.assert_array_equal(FRAME, before)
