"""Capture of a window's client area on X11."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import cv2
import mss
import numpy as np
from Xlib import X, protocol
from Xlib.error import BadDrawable, BadWindow, ConnectionClosedError, XError

from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Screen
from clonestrike.games.desktop.x11.connection import open_display

GONE = (
    BadWindow,
    BadDrawable,
    XError,
    ConnectionClosedError,
    OSError,
    mss.ScreenShotError,
    AssertionError,
    AttributeError,
)
"""What python-xlib and mss raise when the window or the server closes during a call (mss asserts its connection)."""

FROM_A_USER = 2
"""Source of a request for the focus: the user, which window managers do not refuse."""


class X11Screen(Screen):
    """The window whose title is ``title``, or else contains it; with ``process``, only of that process.

    The picture is read from the screen where the window is at that moment: it may be moved and resized.
    """

    def __init__(self, title: str, *, process: int | None = None) -> None:
        self._display = open_display()
        self.title = title
        try:
            self._window = _find(self._display, title, process)
        except ClonestrikeError:
            self._display.close()
            raise
        self._root = self._display.screen().root
        self._camera: mss.MSS | None = mss.MSS()

    def _area(self) -> dict[str, int]:
        shape = self._window.get_geometry()
        corner = self._root.translate_coords(self._window, 0, 0)
        return {"left": corner.x, "top": corner.y, "width": shape.width, "height": shape.height}

    def grab(self) -> Frame:
        if self._camera is None:
            raise ValueError("the screen is closed")
        try:
            area = self._area()
            if not self._inside(area):
                raise ClonestrikeError(
                    f"the window {self.title!r} lies partly off the screen", "move all of it onto the screen"
                )
            pixels = np.asarray(self._camera.grab(area))
        except GONE:
            raise self._gone() from None
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), np.uint8)

    def _gone(self) -> ClonestrikeError:
        return ClonestrikeError(f"the window {self.title!r} is gone", "the game was closed or died")

    def _inside(self, area: dict[str, int]) -> bool:
        screen = self._display.screen()
        right, bottom = area["left"] + area["width"], area["top"] + area["height"]
        return (
            area["left"] >= 0
            and area["top"] >= 0
            and right <= screen.width_in_pixels
            and bottom <= screen.height_in_pixels
        )

    @property
    def focused(self) -> bool:
        try:
            focus = self._display.get_input_focus().focus
            return any(getattr(window, "id", None) == getattr(focus, "id", focus) for window in _lineage(self._window))
        except GONE:
            raise self._gone() from None

    def focus(self) -> None:
        """Ask the window manager, then set the focus directly; both can be refused."""
        try:
            activate = protocol.event.ClientMessage(
                window=self._window,
                client_type=self._display.intern_atom("_NET_ACTIVE_WINDOW"),
                data=(32, [FROM_A_USER, X.CurrentTime, 0, 0, 0]),
            )
            self._root.send_event(activate, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
            self._window.configure(stack_mode=X.Above, onerror=_ignore)
            self._window.set_input_focus(X.RevertToParent, X.CurrentTime, onerror=_ignore)
            self._display.sync()
        except GONE:
            raise self._gone() from None

    @property
    def obstacle(self) -> str | None:
        try:
            if self._window.get_attributes().map_state != X.IsViewable:
                return "it is minimised or on another workspace"
            area = self._area()
            if not self._inside(area):
                return "it lies partly off the screen"
            covering = next(_covering(self._display, self._window, self._root, area), None)
            return None if covering is None else f"{covering} lies over it"
        except GONE:
            raise self._gone() from None

    def close(self) -> None:
        if self._camera is not None:
            with contextlib.suppress(*GONE):
                self._camera.close()
            self._camera = None
            with contextlib.suppress(*GONE):
                self._display.close()


def _ignore(*_: object) -> None:
    """Ignore errors of a window that has just closed or is hidden; the next call reports them."""


def _find(connection: Any, title: str, process: int | None) -> Any:
    """The window of this title, else one whose title contains it; visible windows are preferred."""
    exact: list[tuple[bool, Any]] = []
    similar: list[tuple[bool, Any]] = []
    pid = connection.intern_atom("_NET_WM_PID")
    for window in _all(connection.screen().root):
        try:
            name = _title(connection, window)
            if title.lower() not in name.lower():
                continue
            if process is not None:
                owner = window.get_full_property(pid, X.AnyPropertyType)
                if owner is None or owner.value[0] != process:
                    continue
            (exact if name == title else similar).append((window.get_attributes().map_state == X.IsViewable, window))
        except (BadWindow, XError):  # it has closed meanwhile
            continue
    found = exact or similar
    visible = [window for seen, window in found if seen]
    if len(visible) > 1:
        raise ClonestrikeError(
            f"{len(visible)} windows are called {title!r}", "close all but one, or say more of its title"
        )
    if not found:
        raise ClonestrikeError(f"no window is called {title!r}", "start the game, or check the title")
    return visible[0] if visible else found[0][1]


def _title(connection: Any, window: Any) -> str:
    for property_name in ("_NET_WM_NAME", "WM_NAME"):
        name = window.get_full_text_property(connection.intern_atom(property_name))
        if name:
            return str(name)
    return ""


def _all(window: Any) -> Iterator[Any]:
    try:
        children = window.query_tree().children
    except (BadWindow, XError):  # it has closed meanwhile
        return
    for child in children:
        yield child
        yield from _all(child)


def _lineage(window: Any) -> Iterator[Any]:
    """A window and its ancestors, without the root."""
    while window:
        yield window
        tree = window.query_tree()
        window = tree.parent if tree.parent != tree.root else None


def _covering(connection: Any, window: Any, root: Any, area: dict[str, int]) -> Iterator[str]:
    """Titles of the visible top-level windows that lie over an area of ``window``."""
    *_, top = _lineage(window)
    children = root.query_tree().children  # from the bottom up
    for other in children[children.index(top) + 1 :]:
        try:
            attributes = other.get_attributes()
            visible = attributes.map_state == X.IsViewable and attributes.win_class == X.InputOutput
            if visible and _overlap(area, other):
                yield _title(connection, other) or "another window"
        except XError:  # it has closed meanwhile
            continue


def _overlap(area: dict[str, int], window: Any) -> bool:
    other = window.get_geometry()
    across = area["left"] < other.x + other.width and other.x < area["left"] + area["width"]
    return bool(across and area["top"] < other.y + other.height and other.y < area["top"] + area["height"])
