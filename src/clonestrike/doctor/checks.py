"""What works or does not: window, picture, focus, keys and clicks."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np

from clonestrike.core.actions import BUTTONS, KEYS, Action
from clonestrike.doctor.finding import Finding, judged
from clonestrike.doctor.patient import Patient, likeness
from clonestrike.games.desktop.edge import InputRecorder
from clonestrike.games.desktop.system import open_recorder

FOCUS_SECONDS = 1.0
HOLD_SECONDS = 0.35


def window(patient: Patient) -> Finding:
    """Whether all of it can be captured."""
    patient.game.screen.focus()
    time.sleep(0.3)
    obstacle = patient.game.screen.obstacle
    if obstacle:
        return judged(False, obstacle, "show the whole window, with nothing over it")
    frame = patient.game.screen.grab()
    patient.picture()  # says when it is too small
    height, width = frame.shape[:2]
    return judged(True, f"{patient.game.screen.title}: {width} x {height}", "", width=width, height=height)


def picture(patient: Patient) -> Finding:
    """Whether anything is in it."""
    contrast = float(patient.picture().std())
    return judged(
        contrast > 4,
        f"contrast {contrast:.0f} of 255",
        "the capture is black or of one colour: play in a window, not in exclusive full screen",
        contrast=contrast,
    )


def focus(patient: Patient) -> Finding:
    """Whether the window gets the keys and keeps them."""
    screen = patient.game.screen
    screen.focus()
    end = time.monotonic() + FOCUS_SECONDS
    while not screen.focused and time.monotonic() < end:
        time.sleep(0.02)
    samples = []
    for _ in range(50):
        samples.append(screen.focused)
        time.sleep(FOCUS_SECONDS / 50)
    share = sum(samples) / len(samples)
    advice = "another program takes the keys: close pop-ups, click into the game, let the window manager focus it"
    return judged(share == 1, f"held {share:.0%} of {FOCUS_SECONDS:.0f} s", advice, share=share)


def desktop_input(patient: Patient) -> Finding:
    """Whether the desktop delivers every key, button and count that we send."""
    with open_recorder(patient.hands.bindings) as ears:
        lost = _lost(patient, ears)
    found = f"lost: {', '.join(lost)}" if lost else "every key, button and count"
    return judged(not lost, found, "another program holds or filters keyboard or mouse: close remappers and grabs")


def _lost(patient: Patient, ears: InputRecorder) -> list[str]:
    ears.take()
    lost = []
    for name in (*KEYS, *BUTTONS):
        pressed = Action(frozenset({name})) if name in KEYS else Action(left=name == "left", right=name == "right")
        patient.hands.hold(pressed)
        time.sleep(0.05)
        heard = ears.take()
        if not heard.keys >= pressed.keys or (pressed.left, pressed.right) > (heard.left, heard.right):
            lost.append(name)
    patient.hands.release()
    time.sleep(0.05)
    ears.take()
    moved = (patient.counts(5), -patient.counts(2))
    for x, y in (moved, (-moved[0], -moved[1])):
        patient.hands.move(x, y)
        time.sleep(0.05)
        heard = ears.take()
        if (heard.mouse_x, heard.mouse_y) != (x, y):
            lost.append(f"mouse {x},{y} (came as {heard.mouse_x:g},{heard.mouse_y:g})")
    return lost


def keys(patient: Patient) -> Finding:
    """Whether w a s d move the player."""
    works = [key for key in "wsad" if _changes(patient, Action(frozenset(key)))]
    good = bool({"w", "s"} & set(works)) and bool({"a", "d"} & set(works))
    found = f"{', '.join(works)} change the view" if works else "none of w, a, s, d changes the view"
    advice = "bind w a s d to moving in the game, or name the game's keys: keys=w:Up+s:Down behind the title"
    return judged(good, found, advice)


def clicks(patient: Patient) -> Finding:
    """Whether the left button does anything."""
    good = _changes(patient, Action(left=True))
    return judged(
        good, "the picture answers" if good else "nothing happens", "bind the left button to fire in the game"
    )


def _changes(patient: Patient, action: Action) -> bool:
    """Whether holding it changes the picture by more than it changes by itself."""
    patient.settle()
    first = patient.picture()
    time.sleep(HOLD_SECONDS)
    before = patient.picture()
    noise = 1 - likeness(first, before)
    patient.hands.hold(action)
    end = time.monotonic() + HOLD_SECONDS
    change = 0.0
    while time.monotonic() < end:
        time.sleep(0.03)
        change = max(change, 1 - likeness(before, patient.picture()))
    patient.hands.release()
    return change > max(2 * noise, 0.002)


def changing(patient: Patient) -> Finding:
    """Whether the picture ever changes."""
    frames = [patient.observe().frame]
    end = time.monotonic() + 1.5
    turned = 0
    while time.monotonic() < end:
        patient.hands.move(patient.counts(10), 0)
        turned += patient.counts(10)
        time.sleep(0.1)
        frames.append(patient.observe().frame)
    patient.turn(-turned)
    new = sum(not np.array_equal(a, b) for a, b in pairwise(frames))
    advice = "the game hangs or is paused, or the capture shows an old picture: look at the window, leave the menu"
    return judged(new > 0, f"{new} of {len(frames) - 1} frames were new while the mouse moved", advice, new=new)
