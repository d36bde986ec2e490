"""Shots, reloads, weapon keys and the scope, from ammo, weapon and field of view."""

from __future__ import annotations

import numpy as np

from clonestrike.actions import Actions, Bools, Ints
from clonestrike.games.base import GameInfo
from clonestrike.inverse_dynamics.movement import MovementProfile, Trigger
from clonestrike.states import States

TAP_SECONDS = 0.17
"""How long a key is down that is only tapped."""


def label(actions: Actions, states: States, seen: Bools, info: GameInfo, profile: MovementProfile) -> None:
    """Set left, right, r, 1, 2 and 3 in T actions from T+1 states; ``seen`` is bool (T,)."""
    before, now = states[:-1], states[1:]
    rate = info.steps_per_second
    same = seen & (now.weapon == before.weapon)
    actions.switch("left")[:] = held(same & (now.ammo < before.ammo), states.weapon, rate, profile)
    reloads = _reloads(same & (now.ammo > before.ammo), states, rate, profile)
    by_trigger = (states.ammo[:-1] == 0)[reloads]  # an empty weapon reloads when its trigger is pulled
    actions.switch("left")[reloads[by_trigger]] = True
    tap = max(1, round(TAP_SECONDS * rate))
    _press(actions.switch("r"), reloads[~by_trigger], tap)
    _weapon_keys(actions, states, seen, rate, profile)
    zoomed = same & (now.field_of_view != before.field_of_view) & ~np.isnan(now.field_of_view - before.field_of_view)
    zoomed[reloads] = False  # a reload takes the eye off the scope
    actions.switch("right")[:] = zoomed


def held(shots: Bools, weapon: np.ndarray, rate: float, profile: MovementProfile) -> Bools:
    """Rows in which the trigger seems to be held, bool (T,), from the rows in which a shot was fired.

    A trigger is only read when a weapon is ready. From one reading to the next it is taken to be held, and after the
    last one until the weapon is ready again, for nothing tells when it was let go.
    """
    left = shots.copy()
    reading, end = None, -1
    for row in np.flatnonzero(shots):
        trigger = profile.triggers.get(weapon[row], Trigger(1 / rate))
        rows = trigger.seconds * rate
        if reading is not None and row - reading < rows - 0.5:
            continue  # fired by the same reading
        if reading is not None and row <= end + 1:
            left[reading:row] = True
        reading, end = row, row + int(np.ceil(rows - 1e-6))
        left[row : end] = True
    return left


def _reloads(rises: Bools, states: States, rate: float, profile: MovementProfile) -> Ints:
    """Rows in which a reload was begun whose clip rises later; int64, in order."""
    begun = []
    for row in np.flatnonzero(rises):
        seconds = profile.reload_seconds.get(states.weapon[row])
        if seconds is not None and row - round(seconds * rate) >= 0:
            begun.append(row - round(seconds * rate))
    return np.array(begun, np.int64)


def _weapon_keys(actions: Actions, states: States, seen: Bools, rate: float, profile: MovementProfile) -> None:
    delay = round(profile.switch_seconds * rate)
    tap = max(1, round(TAP_SECONDS * rate))
    slots = states.weapon_slot
    for row in np.flatnonzero(seen & (slots[:-1] != slots[1:]) & ~np.isnan(slots[:-1] - slots[1:])):
        key = profile.slot_keys.get(int(slots[row + 1]))
        if key is not None and states.ammo[row] != 0 and row >= delay:  # an empty weapon may give way to the next one by itself
            _press(actions.switch(key), np.array([row - delay]), tap)


def _press(column: Bools, rows: Ints, length: int) -> None:
    for row in rows:
        column[row : row + length] = True
