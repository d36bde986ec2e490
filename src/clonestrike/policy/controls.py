"""Controls: the groups of outputs that a policy may use, by name. Needs no NumPy."""

from __future__ import annotations

from collections.abc import Iterable

from clonestrike.errors import ClonestrikeError

GROUPS = {
    "move": ("w", "a", "s", "d"),
    "jump": ("space",),
    "crouch": ("ctrl",),
    "walk": ("shift",),
    "weapons": ("1", "2", "3"),
    "reload": ("r",),
    "fire": ("left",),
    "scope": ("right",),
}
"""Control -> its switches."""
MOUSE = "mouse"
"""The control of both mouse axes."""
CONTROLS = (*GROUPS, MOUSE)
PAPER = ("move", "jump", "reload", "fire", MOUSE)
"""Those that the loss of Pearce & Zhu trains; the other outputs of such a network are noise."""


def parse(text: str) -> tuple[str, ...]:
    """Controls written as ``mouse,move,fire``, in the order of CONTROLS; raises ClonestrikeError."""
    return known(text.split(","), "--controls")


def known(names: Iterable[str], source: object) -> tuple[str, ...]:
    """The same names in the order of CONTROLS; raises ClonestrikeError, which names ``source``, for unknown ones."""
    given = {name.strip() for name in names}
    if strange := sorted(given - set(CONTROLS)):
        raise ClonestrikeError(f"{source}: there is no control {strange[0]!r}", f"there are {','.join(CONTROLS)}")
    return tuple(name for name in CONTROLS if name in given)
