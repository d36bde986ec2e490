"""What viewers show of a step: its action, and its state as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.columns import Columns
from rich.console import Group
from rich.pretty import pretty_repr
from rich.text import Text

from clonestrike.core.actions import KEYS, Action, Actions, Bools
from clonestrike.core.states import PlayerState
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError

_LONGEST = 44
"""Characters of a note that shares its line with others."""


def shown_actions(play: Trajectory, labels: bool = False) -> tuple[str, list[Action | None]]:
    """The kind of actions to show (true, inferred or none), and the T actions; None where one is not known.

    These are the true actions, or the labels if there are no true actions or ``labels`` is set. Raises ClonestrikeError
    if ``labels`` is set and there are none.
    """
    if play.actions is not None and not labels:
        return "true", _known(play.actions, play.action_known)
    if play.labels is None:
        if labels:
            raise ClonestrikeError(f"{play.path} has no labels", "run clonestrike label on it first")
        return "none", [None] * play.steps
    return "inferred", _known(play.labels, play.label_valid)


def _known(actions: Actions, known: Bools) -> list[Action | None]:
    return [action if valid else None for action, valid in zip(actions, known, strict=True)]


def action_words(action: Action | None) -> str:
    """An action as text, such as ``w d  fire  mouse +20 -4``."""
    if action is None:
        return "not known"
    keys = " ".join(key for key in KEYS if key in action.keys)
    buttons = "fire" * action.left + " " * (action.left and action.right) + "alt" * action.right
    moved = f"mouse {action.mouse_x:+g} {action.mouse_y:+g}" if action.mouse_x or action.mouse_y else ""
    return "  ".join(filter(None, (keys, buttons, moved))) or "nothing"


def state_words(state: PlayerState) -> str:
    """The known fields of a state as one line of text, with both sources of health and ammo where there are two."""
    known = {
        "health": _beside(state.health, "in memory", state.memory_health),
        "weapon": state.weapon,
        "ammo": _beside(state.ammo, "posted", state.posted_ammo),
        "kills": _number(state.kills),
        "deaths": _number(state.deaths),
        "at": None if state.x is None or state.y is None else f"{state.x:.0f} {state.y:.0f} {state.z or 0:.0f}",
        "yaw": None if state.yaw is None else f"{state.yaw:+.2f}",
        "pitch": None if state.pitch is None else f"{state.pitch:+.2f}",
        "team": state.team,
    }
    return "  ".join(f"{name} {value}" for name, value in known.items() if value is not None) or "not known"


def _beside(value: float | None, source: str, other: float | None) -> str | None:
    return _number(value) if other is None else f"{_number(value) or '-'} ({source} {_number(other)})"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"


def notes_text(notes: Mapping[str, Any]) -> Group:
    """What a file holds of a row (see WithNotes) as text: the short entries in columns, then the others."""
    short: list[str] = []
    long: list[str] = []
    for name, value in notes.items():
        for key, entry in value.items() if isinstance(value, Mapping) else [(name, value)]:
            text = f"{_note(key)} {_note(entry)}"
            (short if len(text) <= _LONGEST and isinstance(value, Mapping) else long).append(text)
    return Group(Columns([Text(text) for text in short], equal=True, column_first=True), *map(Text, long))


def _note(value: Any) -> str:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, str) and plain.isprintable() and len(plain) < 80:
        return plain
    # Bounded: a small file may hold lists within lists whose whole text is endless.
    return pretty_repr(plain, max_width=1000, max_length=24, max_string=80, max_depth=3)
