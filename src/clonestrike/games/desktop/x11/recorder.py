"""Input recording by XInput 2: exact counts, keys and buttons, also while the game holds the pointer."""

from __future__ import annotations

from clonestrike.core.actions import KEYS, Action
from clonestrike.games.desktop.backend import Bindings, InputRecorder
from clonestrike.games.desktop.x11.connection import (
    BUTTON_PRESS,
    BUTTONS,
    KEY_PRESS,
    KEY_RELEASE,
    MOTION,
    RawEvent,
    RawEvents,
    is_down,
    keycode,
    keycodes,
)


class X11InputRecorder(InputRecorder):
    """Input recording by raw events of XInput 2. For use by one thread."""

    def __init__(self, bindings: Bindings | None = None) -> None:
        bindings = bindings or Bindings()
        self._events = RawEvents()
        display = self._events.display
        codes = keycodes(display, bindings)
        self._kill = keycode(display, bindings.kill_switch)
        self._names = {code: key for key, code in codes.items()}
        self._buttons = {number: name for name, number in BUTTONS.items()}
        keymap, mask = display.query_keymap(), display.screen().root.query_pointer().mask
        self._down = {key for key, code in codes.items() if is_down(keymap, code)}
        self._down |= {name for name, number in BUTTONS.items() if mask >> (7 + number) & 1}
        self._tapped: set[str] = set()
        self._x = self._y = 0.0
        self._stopped = False

    def take(self) -> Action:
        for event in self._events.pending():
            self._take_in(event)
        pressed = self._down | self._tapped
        action = Action(
            frozenset(pressed & set(KEYS)),
            left="left" in pressed,
            right="right" in pressed,
            mouse_x=self._x,
            mouse_y=self._y,
        )
        self._tapped.clear()
        self._x = self._y = 0.0
        return action

    def _take_in(self, event: RawEvent) -> None:
        if event.kind == MOTION:
            self._x += event.x
            self._y += event.y
            return
        is_key = event.kind in (KEY_PRESS, KEY_RELEASE)
        self._stopped |= event.kind == KEY_PRESS and event.detail == self._kill
        name = (self._names if is_key else self._buttons).get(event.detail)
        if name is None:
            return
        if event.kind in (KEY_PRESS, BUTTON_PRESS):
            self._down.add(name)
            self._tapped.add(name)
        else:
            self._down.discard(name)

    @property
    def stopped(self) -> bool:
        return self._stopped

    def close(self) -> None:
        self._events.close()
