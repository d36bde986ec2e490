"""Checks of window, picture, focus, keys and clicks."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np

from clonestrike.core.actions import BUTTONS, KEYS, Action
from clonestrike.doctor.finding import Finding, judged
from clonestrike.doctor.game_under_test import GameUnderTest, likeness
from clonestrike.games.desktop.backend import InputRecorder
from clonestrike.games.desktop.system import open_recorder

FOCUS_SECONDS = 1.0
HOLD_SECONDS = 0.35
CHANGED = 0.002
"""Smallest change of the picture, as 1 - likeness, that counts as one."""
SETTLING_ROUNDS = 4
"""For so many times HOLD_SECONDS a player may go on moving; a picture that does after that moves by itself."""
POLL_SECONDS = 0.05
LOST_SECONDS = 1.0
"""Input that was not received for so long counts as lost."""


def window(game: GameUnderTest) -> Finding:
    """Whether the whole window can be captured."""
    game.window.screen.focus()
    time.sleep(0.3)
    obstacle = game.window.screen.obstacle
    if obstacle:
        return judged(False, obstacle, "show the whole window, with nothing over it")
    frame = game.window.screen.grab()
    game.picture()  # raises when the window is too small
    height, width = frame.shape[:2]
    return judged(True, f"{game.window.screen.title}: {width} x {height}", "", width=width, height=height)


def picture(game: GameUnderTest) -> Finding:
    """Whether the captured picture shows anything."""
    contrast = float(game.picture().std())
    return judged(
        contrast > 4,
        f"contrast {contrast:.0f} of 255",
        "the capture is black or of one colour: play in a window, not in exclusive full screen",
        contrast=contrast,
    )


def focus(game: GameUnderTest) -> Finding:
    """Whether the window gets the keyboard focus and keeps it."""
    screen = game.window.screen
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


def desktop_input(game: GameUnderTest) -> Finding:
    """Whether the desktop delivers every key, button and count that is injected."""
    with open_recorder(game.injector.bindings) as recorder:
        lost = _lost(game, recorder)
    found = f"lost: {', '.join(lost)}" if lost else "every key, button and count"
    return judged(not lost, found, "another program holds or filters keyboard or mouse: close remappers and grabs")


def _lost(game: GameUnderTest, recorder: InputRecorder) -> list[str]:
    """Names of the keys and buttons, and the mouse motions, that were not delivered."""
    recorder.take()
    lost = []
    for name in (*KEYS, *BUTTONS):
        pressed = Action(frozenset({name})) if name in KEYS else Action(left=name == "left", right=name == "right")
        game.injector.hold(pressed)
        if not _delivered(pressed, _received(recorder, pressed)):
            lost.append(name)
    game.injector.release()
    time.sleep(POLL_SECONDS)
    recorder.take()
    moved = (game.counts(5), -game.counts(2))
    for x, y in (moved, (-moved[0], -moved[1])):
        game.injector.move(x, y)
        motion = Action(mouse_x=x, mouse_y=y)
        received = _received(recorder, motion)
        if not _delivered(motion, received):
            lost.append(f"mouse {x},{y} (came as {received.mouse_x:g},{received.mouse_y:g})")
    return lost


def _delivered(injected: Action, received: Action) -> bool:
    """Whether keys and buttons are among those received, and the motion, if there is any, is exactly as received."""
    pressed = injected.keys <= received.keys and injected.left <= received.left and injected.right <= received.right
    motion = (injected.mouse_x, injected.mouse_y)
    return pressed and motion in ((0, 0), (received.mouse_x, received.mouse_y))


def _received(recorder: InputRecorder, injected: Action) -> Action:
    """Input received until all that was injected is in it, or the time is up: a busy desktop may deliver it late."""
    end = time.monotonic() + LOST_SECONDS
    received = Action()
    while not _delivered(injected, received) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        more = recorder.take()
        received = Action(
            received.keys | more.keys, received.left or more.left, received.right or more.right,
            received.mouse_x + more.mouse_x, received.mouse_y + more.mouse_y,
        )  # fmt: skip
    return received


def keys(game: GameUnderTest) -> Finding:
    """Whether w a s d move the player."""
    works = [key for key in "wsad" if _changes(game, Action(frozenset(key)))]
    good = bool({"w", "s"} & set(works)) and bool({"a", "d"} & set(works))
    found = f"{', '.join(works)} change the view" if works else "none of w, a, s, d changes the view"
    advice = "bind w a s d to moving in the game, or name the game's keys: keys=w:Up+s:Down behind the title"
    return judged(good, found, advice)


def clicks(game: GameUnderTest) -> Finding:
    """Whether the left button changes the picture."""
    good = _changes(game, Action(left=True))
    return judged(
        good, "the picture responds" if good else "nothing happens", "bind the left button to fire in the game"
    )


def _changes(game: GameUnderTest, action: Action) -> bool:
    """Whether holding this action changes the picture by more than it changes by itself."""
    game.settle()
    before, noise = game.picture(), 0.0
    for _ in range(SETTLING_ROUNDS):
        first = before
        time.sleep(HOLD_SECONDS)
        before = game.picture()
        noise = 1 - likeness(first, before)
        if 2 * noise < CHANGED:
            break
    game.injector.hold(action)
    end = time.monotonic() + HOLD_SECONDS
    change = 0.0
    while time.monotonic() < end:
        time.sleep(0.03)
        change = max(change, 1 - likeness(before, game.picture()))
    game.injector.release()
    return change > max(2 * noise, CHANGED)


def changing(game: GameUnderTest) -> Finding:
    """Whether the picture changes while the mouse moves."""
    frames = [game.observe().frame]
    end = time.monotonic() + 1.5
    turned = 0
    while time.monotonic() < end:
        game.injector.move(game.counts(10), 0)
        turned += game.counts(10)
        time.sleep(0.1)
        frames.append(game.observe().frame)
    game.turn(-turned)
    new = sum(not np.array_equal(a, b) for a, b in pairwise(frames))
    advice = "the game hangs or is paused, or the capture shows an old picture: look at the window, leave the menu"
    return judged(new > 0, f"{new} of {len(frames) - 1} frames were new while the mouse moved", advice, new=new)
