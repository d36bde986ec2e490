"""How far a count of mouse motion turns the view: by the picture alone, and by the metadata."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import cv2
import numpy as np

from clonestrike.doctor.patient import WIDTH, Grey, Patient, likeness, shift, world

FIRST_DEGREES, LAST_DEGREES = 1.0, 64.0
SEEN_PIXELS = 6.0
"""A turn that moves the picture by so many of 160 pixels can be measured."""
DIRECTIONS = 90
"""A full turn is looked for in so many steps."""
FINER = 8
SAME = 0.9
"""Likeness of the view after a full turn, on the finer steps."""


def rough_full_turn(patient: Patient) -> float | None:
    """About how many counts make a full turn, from how far a small turn shifts the picture; negative when the mouse is
    inverted, None when the mouse does not turn the view.
    """
    degrees = FIRST_DEGREES
    while degrees <= LAST_DEGREES:
        counts = patient.counts(degrees)
        before = patient.view()
        patient.turn(counts)
        moved = shift(patient.view(), before)
        patient.turn(-counts)
        if moved is not None and abs(moved) >= SEEN_PIXELS:
            return 2 * math.pi / math.atan(moved / patient.focal) * counts
        degrees *= 2
    return None


@dataclass(frozen=True)
class FullTurn:
    """Counts of a full turn, and how like the view then was to the one at its start."""

    counts: float
    likeness: float


def full_turn(patient: Patient, rough: float) -> FullTurn | None:
    """Turn until the view is the same again; None when it never is. Leaves the view where it was.

    ``rough`` may be wrong by a factor of two: nobody knows the field of view.
    """
    step = max(1, round(abs(rough) / DIRECTIONS))
    start = patient.view()
    turned, left = 0, False
    best, best_at = 0.0, 0
    found: FullTurn | None = None
    while found is None and turned < 2.2 * DIRECTIONS * step:
        patient.turn(step)
        turned += step
        like = likeness(_blurred(start), _blurred(patient.view()))
        left |= like < 0.5
        if left and like > best:
            best, best_at = like, turned
        if best > 0.6 and like < best - 0.2:  # past a view that resembles the first
            found, turned = _finer(patient, start, turned, best_at, step)
            best = 0.0
    patient.turn(-turned)
    return found


def _finer(patient: Patient, start: Grey, turned: int, near: int, step: int) -> tuple[FullTurn | None, int]:
    """The most alike view around ``near`` counts, if it is the first one again, and the counts turned since then."""
    small = max(1, step // FINER)
    patient.turn(near - step - turned)
    turned = near - step
    likes: list[float] = []
    while turned <= near + step:
        likes.append(likeness(start, patient.view()))
        patient.turn(small)
        turned += small
    peak = max(range(len(likes)), key=likes.__getitem__)
    if likes[peak] < SAME:
        return None, turned
    at = near - step + small * (peak + _summit(likes, peak))
    return FullTurn(at, likes[peak]), turned


def _summit(values: list[float], peak: int) -> float:
    """Where between its neighbours a parabola through the largest value has its top, -0.5 to 0.5."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    a, b, c = values[peak - 1 : peak + 2]
    bend = a - 2 * b + c
    return 0.0 if bend == 0 else max(-0.5, min(0.5, 0.5 * (a - c) / bend))


def _blurred(view: Grey) -> Grey:
    """So that two views a few degrees apart are alike."""
    return np.asarray(cv2.GaussianBlur(view, (0, 0), WIDTH / 40), np.float32)


def turned_by_metadata(patient: Patient, counts: int) -> float | None:
    """Radians to the right that the metadata tells after so many counts."""
    before = patient.yaw()
    patient.turn(counts)
    after = patient.yaw()
    return None if before is None or after is None else -math.remainder(after - before, 2 * math.pi)


@dataclass(frozen=True)
class Answer:
    """Seconds from a motion of the mouse until the picture and the metadata have moved, None where they did not."""

    picture: float | None
    metadata: float | None


ANSWER_SECONDS = 0.6


def answer(patient: Patient, counts: int) -> Answer:
    """Move the mouse at once, and watch."""
    patient.settle()
    first = patient.observe()
    view = patient.view()
    noise = 1 - likeness(view, patient.view())
    yaw = first.state.yaw if first.state else None
    enough = abs(counts) * patient.info.calibration.radians_per_count / 4
    picture: float | None = None
    metadata: float | None = None
    started = time.perf_counter_ns()
    patient.hands.move(counts, 0)
    while time.perf_counter_ns() - started < ANSWER_SECONDS * 1e9:
        seen = patient.observe()
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
