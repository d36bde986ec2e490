"""Infers both buttons, reloads and weapon keys from ammo, weapon and field of view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools, Ints
from clonestrike.core.game_info import GameInfo
from clonestrike.core.movement import MovementProfile, Trigger
from clonestrike.core.states import States

TAP_SECONDS = 0.2
"""How long a tapped key is down."""
HOLD_SECONDS = 0.23
"""Longest time for which a trigger is taken to be held after its last reading."""


def label(actions: Actions, states: States, seen: Bools, info: GameInfo, profile: MovementProfile) -> None:
    """Set left, right, r, 1, 2 and 3 in T actions from T+1 states, in the rows of ``seen``, bool (T,)."""
    before, now = states[:-1], states[1:]
    rate = info.steps_per_second
    same = seen & same_item(before, now)
    tap = max(1, round(TAP_SECONDS * rate))
    shots, kills = same & (now.ammo < before.ammo), seen & (now.kills > before.kills)
    actions.switch("left")[:] = held(shots, kills, states.weapon, rate, profile)
    reloads = _reloads(same & (now.ammo > before.ammo), states, rate, profile)
    for row in reloads:
        trigger = profile.triggers.get(states.weapon[row])
        busy = 0 if trigger is None else round(trigger.seconds * rate)
        early = (
            busy // 2 if shots[max(0, row - busy) : row].any() else 0
        )  # pressed while the weapon was busy with a shot
        _press(actions.switch("r"), row - early, tap)
    _weapon_keys(actions, states, seen, rate, profile)
    zoomed = same & (now.field_of_view != before.field_of_view) & ~np.isnan(now.field_of_view - before.field_of_view)
    zoomed[reloads] = False  # a reload leaves the scope by itself
    actions.switch("right")[:] = zoomed


def same_item(before: States, now: States) -> Bools:
    """Bool (T,): the player holds the same item as before, by its definition in memory where that is known.

    Memory also has the ammunition. The game's own word of the weapon may come later.
    """
    known = ~np.isnan(before.item) & ~np.isnan(now.item)
    same: Bools = np.where(known, now.item == before.item, now.weapon == before.weapon)
    return same


def held(shots: Bools, kills: Bools, weapon: NDArray[Any], rate: float, profile: MovementProfile) -> Bools:
    """Rows in which the trigger seems to be held, bool (T,), from the rows of shots and kills.

    The game reads a trigger only when the weapon is ready. Between consecutive readings it is taken to be held. After
    the last one it is taken to be held until the weapon is ready again, for HOLD_SECONDS, or until the target is dead,
    whatever comes first, because the states do not tell when it was released.
    """
    left = np.zeros_like(shots)
    reading, ready = -1, -1
    for shot in np.flatnonzero(shots):
        trigger = profile.triggers.get(weapon[shot], Trigger(1 / rate))
        cycle, row = trigger.seconds * rate, max(0, int(shot) - int(trigger.delay * rate))
        if reading >= 0 and row - reading < cycle - 0.5:
            continue  # fired by the same reading
        if reading >= 0 and row <= ready + 1:
            left[reading:row] = True
        reading, ready = row, row + int(np.ceil(cycle - 1e-6))
        killed = np.flatnonzero(kills[shot:ready])
        end = int(shot + killed[0]) + 1 if len(killed) else ready
        left[row : min(end, row + max(1, round(HOLD_SECONDS * rate)))] = True
    return left


def _reloads(rises: Bools, states: States, rate: float, profile: MovementProfile) -> Ints:
    """Rows in which reloads began, from the rows in which the clip rises; int64, in order."""
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
        gave_way = states.ammo[row] == 0  # the game itself puts an empty weapon away
        if key is not None and not gave_way and row >= delay:
            _press(actions.switch(key), int(row - delay), tap)


def _press(column: Bools, row: int, length: int) -> None:
    column[max(0, row) : row + length] = True
