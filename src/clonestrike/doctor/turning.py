"""How far a count of mouse motion turns the view, and how late: by the picture alone, and by the state."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import cv2
import numpy as np

from clonestrike.doctor.game_under_test import WIDTH, GameUnderTest, Grey, likeness, shift, world

FIRST_DEGREES, LAST_DEGREES = 1.0, 64.0
SEEN_PIXELS = 6.0
"""Shift of the picture, of 160 pixels, from which a turn can be measured."""
DIRECTIONS = 90
"""Steps of the coarse search for a full turn."""
FINER = 8
"""Fine steps in a coarse one."""
SAME = 0.9
"""Least likeness of the view after a full turn, on the fine steps."""


def rough_full_turn(game: GameUnderTest) -> float | None:
    """Estimate the counts of a full turn from the shift of the picture in a small turn.

    Negative when the mouse is inverted, None when the mouse does not turn the view.
    """
    degrees = FIRST_DEGREES
    while degrees <= LAST_DEGREES:
        counts = game.counts(degrees)
        before = game.view()
        game.turn(counts)
        moved = shift(game.view(), before)
        game.turn(-counts)
        if moved is not None and abs(moved) >= SEEN_PIXELS:
            return 2 * math.pi / math.atan(moved / game.focal) * counts
        degrees *= 2
    return None


@dataclass(frozen=True)
class FullTurn:
    """Counts of a full turn, and the likeness of the views at its start and end."""

    counts: float
    likeness: float


def full_turn(game: GameUnderTest, rough: float) -> FullTurn | None:
    """Turn until the view is the same again; None when it never is. Leaves the view where it was.

    ``rough`` may be wrong by a factor of two, since the field of view is not known exactly.
    """
    step = max(1, round(abs(rough) / DIRECTIONS))
    start = game.view()
    turned, left = 0, False
    best, best_at = 0.0, 0
    found: FullTurn | None = None
    while found is None and turned < 2.2 * DIRECTIONS * step:
        game.turn(step)
        turned += step
        like = likeness(_blurred(start), _blurred(game.view()))
        left |= like < 0.5
        if left and like > best:
            best, best_at = like, turned
        if best > 0.6 and like < best - 0.2:  # past a view that resembles the first
            found, turned = _finer(game, start, turned, best_at, step)
            best = 0.0
    game.turn(-turned)
    return found


def _finer(game: GameUnderTest, start: Grey, turned: int, near: int, step: int) -> tuple[FullTurn | None, int]:
    """Search around ``near`` counts in fine steps; the full turn if it is there, and the counts turned in all."""
    small = max(1, step // FINER)
    game.turn(near - step - turned)
    turned = near - step
    likes: list[float] = []
    while turned <= near + step:
        likes.append(likeness(start, game.view()))
        game.turn(small)
        turned += small
    peak = max(range(len(likes)), key=likes.__getitem__)
    if likes[peak] < SAME:
        return None, turned
    at = near - step + small * (peak + _summit(likes, peak))
    return FullTurn(at, likes[peak]), turned


def _summit(values: list[float], peak: int) -> float:
    """Offset, -0.5 to 0.5, from the largest value to the top of the parabola through it and its neighbours."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    a, b, c = values[peak - 1 : peak + 2]
    bend = a - 2 * b + c
    return 0.0 if bend == 0 else max(-0.5, min(0.5, 0.5 * (a - c) / bend))


def _blurred(view: Grey) -> Grey:
    """Blur a view, so that two views a few degrees apart are alike."""
    return np.asarray(cv2.GaussianBlur(view, (0, 0), WIDTH / 40), np.float32)


def turned_by_metadata(game: GameUnderTest, counts: int) -> float | None:
    """Turn right by this many counts; radians to the right by the yaw of the state, None if unknown."""
    before = game.yaw()
    game.turn(counts)
    after = game.yaw()
    return None if before is None or after is None else -math.remainder(after - before, 2 * math.pi)


@dataclass(frozen=True)
class Answer:
    """Seconds from a mouse motion until the picture and the state have moved; None for what did not move."""

    picture: float | None
    metadata: float | None


ANSWER_SECONDS = 0.6
"""Longest wait for an answer."""


def answer(game: GameUnderTest, counts: int) -> Answer:
    """Move the mouse by this many counts at once, and time the answer."""
    game.settle()
    first = game.observe()
    view = game.view()
    noise = 1 - likeness(view, game.view())
    yaw = first.state.yaw if first.state else None
    enough = abs(counts) * game.info.calibration.radians_per_count / 4
    picture: float | None = None
    metadata: float | None = None
    started = time.perf_counter_ns()
    game.injector.move(counts, 0)
    while time.perf_counter_ns() - started < ANSWER_SECONDS * 1e9:
        seen = game.observe()
        if picture is None and 1 - likeness(view, world(seen.frame)) > max(0.05, 3 * noise):
            picture = (seen.frame_time_ns - started) / 1e9
        now = seen.state.yaw if seen.state else None
        if metadata is None and yaw is not None and now is not None:
            metadata = (
                (seen.state_time_ns - started) / 1e9 if abs(math.remainder(now - yaw, 2 * math.pi)) > enough else None
            )
        if picture is not None and (metadata is not None or yaw is None):
            break
    return Answer(picture, metadata)
