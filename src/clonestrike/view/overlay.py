"""Draws a frame with a panel below it: keys, buttons and mouse motion of the action, and the policy's prediction.

The panel lies below the frame so that it hides nothing that the player saw. Given a prediction, a key that is up is
filled in proportion to its probability, and two strips show the distributions over the mouse bins. What the action
holds is bright.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np

from clonestrike.core.actions import ACTION_SPACE, MOUSE_X_BINS, MOUSE_Y_BINS, SWITCHES, Action, Floats
from clonestrike.core.actor import Prediction
from clonestrike.core.observation import Frame
from clonestrike.core.states import PlayerState

WIDTH = 960
"""Width of the picture, in pixels: three times that of a Doom frame."""
PANEL = 150
"""Height of the panel, in pixels."""

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
"""x, y, width and height in the panel, in pixels."""

GROUND: Colour = (14, 16, 22)
HOLLOW: Colour = (24, 27, 37)
CAP: Colour = (36, 40, 52)
EDGE: Colour = (66, 72, 90)
TEXT: Colour = (222, 226, 236)
MUTED: Colour = (138, 145, 163)
LIKELY: Colour = (52, 88, 148)
DOWN: Colour = (108, 178, 255)
FIRE: Colour = (255, 128, 66)
INK: Colour = (10, 14, 24)

_ROWS = (13, 45, 77, 109)
_COLUMNS = (80, 117, 154, 191)
BOXES: dict[str, Box] = {
    "1": (_COLUMNS[0], _ROWS[0], 33, 28),
    "2": (_COLUMNS[1], _ROWS[0], 33, 28),
    "3": (_COLUMNS[2], _ROWS[0], 33, 28),
    "w": (_COLUMNS[1], _ROWS[1], 33, 28),
    "r": (_COLUMNS[3], _ROWS[1], 33, 28),
    "shift": (18, _ROWS[2], 58, 28),
    "a": (_COLUMNS[0], _ROWS[2], 33, 28),
    "s": (_COLUMNS[1], _ROWS[2], 33, 28),
    "d": (_COLUMNS[2], _ROWS[2], 33, 28),
    "ctrl": (18, _ROWS[3], 58, 28),
    "space": (_COLUMNS[0], _ROWS[3], 144, 28),
    "left": (252, 13, 40, 56),
    "right": (295, 13, 40, 56),
}
"""The box of each switch: keys as on a keyboard, buttons as on a mouse."""
_NAMES = {"left": "fire", "right": "alt"}
_BODY: Box = (252, 72, 83, 65)
_PAD: Box = (356, 13, 124, 124)
_REACH = 54
"""From the centre of the pad to the greatest motion, pixels."""
_X_STRIP: Box = (502, 25, 322, 28)
_Y_STRIP: Box = (502, 93, 322, 28)
_FIGURES = (848, 942)
"""Left and right end of the column of numbers."""


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


@lru_cache(maxsize=1024)
def _width(text: str, size: int, weight: int) -> int:
    return int(cv2.getTextSize((WIDTH, PANEL), text, (0, 0), _font(), size, weight)[2])


def _write(
    panel: Frame,
    text: str,
    at: tuple[int, int],
    colour: Colour = TEXT,
    size: int = 13,
    weight: int = 500,
    align: Literal["left", "centre", "right"] = "left",
) -> None:
    """Write text with its baseline at ``at``."""
    shift = {"left": 0, "centre": _width(text, size, weight) // 2, "right": _width(text, size, weight)}[align]
    cv2.putText(panel, text, (at[0] - shift, at[1]), colour, _font(), size, weight)


def _fill(panel: Frame, box: Box, colour: Colour, share: float = 1.0) -> None:
    """Fill the lower ``share`` of a box."""
    x, y, w, h = box
    panel[y + round(h * (1 - share)) : y + h, x : x + w] = colour


def _edge(panel: Frame, box: Box, colour: Colour) -> None:
    x, y, w, h = box
    cv2.rectangle(panel, (x, y), (x + w - 1, y + h - 1), colour, 1)


def _bent(counts: float, limit: int) -> float:
    """Counts -> -1..1, logarithmically, as the bins are."""
    return float(np.sign(counts) * np.log1p(min(abs(counts), limit)) / np.log1p(limit))


def _bars(strip: Box, n: int) -> list[Box]:
    """A strip divided into n bars."""
    x, y, w, h = strip
    edges = [x + round(w * i / n) for i in range(n + 1)]
    return [(left, y, right - left - 2, h) for left, right in pairwise(edges)]


@cache
def _background() -> Frame:
    """The parts of the panel that never change, uint8 (PANEL, WIDTH, 3)."""
    panel: Frame = np.full((PANEL, WIDTH, 3), GROUND, np.uint8)
    panel[0] = EDGE
    _fill(panel, _BODY, CAP)
    _edge(panel, _BODY, EDGE)
    x, y, w, h = _PAD
    _fill(panel, _PAD, HOLLOW)
    _edge(panel, _PAD, EDGE)
    centre = (x + w // 2, y + h // 2)
    for counts in (10, 100):  # rings to read the arrow by
        cv2.circle(panel, centre, round(_REACH * _bent(counts, MOUSE_X_BINS[-1])), EDGE, 1, cv2.LINE_AA)
    cv2.line(panel, (centre[0] - _REACH, centre[1]), (centre[0] + _REACH, centre[1]), CAP, 1)
    cv2.line(panel, (centre[0], centre[1] - _REACH), (centre[0], centre[1] + _REACH), CAP, 1)
    for name, strip, bins, marked in (
        ("mouse x", _X_STRIP, MOUSE_X_BINS, (-1000, -100, -20, 0, 20, 100, 1000)),
        ("mouse y", _Y_STRIP, MOUSE_Y_BINS, (-200, -20, -4, 0, 4, 20, 200)),
    ):
        _write(panel, name, (strip[0], strip[1] - 6), MUTED, 12)
        bars = _bars(strip, len(bins))
        for bar in bars:
            _fill(panel, bar, HOLLOW)
        for counts in marked:
            left, top, width, height = bars[bins.index(counts)]
            _write(
                panel,
                f"{counts:+d}" if counts else "0",
                (left + width // 2, top + height + 16),
                MUTED,
                10,
                400,
                "centre",
            )
    return panel


def _draw_switch(panel: Frame, name: str, down: bool, probability: float) -> None:
    """Draw a switch: bright while down, filled in proportion to its probability while up."""
    x, y, w, h = box = BOXES[name]
    bright = FIRE if name == "left" else DOWN
    _fill(panel, box, CAP)
    _fill(panel, box, bright if down else LIKELY, 1.0 if down else probability)
    _edge(panel, box, bright if down else EDGE)
    at = (x + w // 2, y + h // 2 + 5)
    _write(panel, _NAMES.get(name, name), at, INK if down else TEXT, 13, 700 if down else 500, "centre")


def _draw_motion(panel: Frame, action: Action) -> None:
    """Draw the mouse motion as numbers on the mouse, and as an arrow on the pad."""
    x, y, w, _ = _BODY
    _write(panel, f"x {round(action.mouse_x):+d}", (x + w // 2, y + 28), TEXT, 14, 600, "centre")
    _write(panel, f"y {round(action.mouse_y):+d}", (x + w // 2, y + 50), TEXT, 14, 600, "centre")
    x, y, w, h = _PAD
    centre = (x + w // 2, y + h // 2)
    along, down = _bent(action.mouse_x, MOUSE_X_BINS[-1]), _bent(action.mouse_y, MOUSE_X_BINS[-1])
    tip = (centre[0] + round(_REACH * along), centre[1] + round(_REACH * down))
    cv2.line(panel, centre, tip, DOWN, 3, cv2.LINE_AA)
    cv2.circle(panel, tip, 5, DOWN, -1, cv2.LINE_AA)


def _draw_strip(panel: Frame, strip: Box, chosen: int | None, distribution: Floats) -> None:
    """Draw bars as high as the square root of their probability, so that small ones are seen; the chosen is bright."""
    for i, (bar, share) in enumerate(zip(_bars(strip, len(distribution)), np.sqrt(distribution), strict=True)):
        _fill(panel, bar, DOWN if i == chosen else LIKELY, float(share))
        if i == chosen:
            x, y, w, h = bar
            _fill(panel, (x, y + h, w, 3), DOWN)


def _figures(
    prediction: Prediction | None, state: PlayerState | None, step: int | None, steps_per_second: float
) -> list[tuple[str, str]]:
    """The known figures (step, time, kills, deaths, value) as pairs of name and text."""
    rows = []
    if step is not None:
        seconds = int(step / steps_per_second)
        rows += [("step", f"{step}"), ("time", f"{seconds // 60}:{seconds % 60:02d}")]
    if state is not None and state.kills is not None:
        rows.append(("kills", f"{state.kills}"))
    if state is not None and state.deaths is not None:
        rows.append(("deaths", f"{state.deaths}"))
    if prediction is not None:
        rows.append(("value", f"{prediction.value:+.2f}"))
    return rows


def overlay(
    frame: Frame,
    action: Action | None,
    prediction: Prediction | None = None,
    state: PlayerState | None = None,
    step: int | None = None,
    steps_per_second: float = 1.0,
) -> Frame:
    """The frame, scaled to WIDTH, with the panel below it: uint8 (height, WIDTH, 3) RGB, both sides even.

    Args:
        frame: uint8 (H, W, 3) RGB of any size.
        action: the answer to this frame, or None if there is none or it is not known.
        prediction: the policy's probabilities, if a policy plays.
        state: kills and deaths are shown where they are known.
        step: number of the frame in the video or recording.
        steps_per_second: turns that number into minutes and seconds.
    """
    height, width = frame.shape[:2]
    shown = round(height * WIDTH / width / 2) * 2
    whole = np.empty((shown + PANEL, WIDTH, 3), np.uint8)
    enlarged = cv2.INTER_NEAREST if WIDTH % width == 0 else cv2.INTER_LINEAR
    whole[:shown] = cv2.resize(frame, (WIDTH, shown), interpolation=enlarged)
    panel = whole[shown:]
    panel[:] = _background()
    for i, name in enumerate(SWITCHES):
        down = action is not None and (name in action.keys or (name in _NAMES and bool(getattr(action, name))))
        _draw_switch(panel, name, down, 0.0 if prediction is None else float(prediction.switches[i]))
    x = y = None
    if action is not None:
        _draw_motion(panel, action)
        x = int(ACTION_SPACE.x_index(np.array(action.mouse_x)))
        y = int(ACTION_SPACE.y_index(np.array(action.mouse_y)))
    one_hot = np.eye(len(MOUSE_X_BINS), dtype=np.float32)
    nothing = np.zeros(len(MOUSE_X_BINS), np.float32)
    for strip, bins, chosen, distribution in (
        (_X_STRIP, MOUSE_X_BINS, x, None if prediction is None else prediction.mouse_x),
        (_Y_STRIP, MOUSE_Y_BINS, y, None if prediction is None else prediction.mouse_y),
    ):
        certain = nothing if chosen is None else one_hot[chosen]
        _draw_strip(panel, strip, chosen, certain[: len(bins)] if distribution is None else distribution)
    for i, (name, number) in enumerate(_figures(prediction, state, step, steps_per_second)):
        _write(panel, name, (_FIGURES[0], 29 + 24 * i), MUTED)
        _write(panel, number, (_FIGURES[1], 29 + 24 * i), TEXT, 14, 700, "right")
    return whole
