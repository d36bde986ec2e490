"""The paper's rules as the original implements them, errors included (section IV-B; script dm_infer_actions).

The original's row i has metadata i and a label inferred from metadata i-1 -> i, which belongs to the frame at the time
of i-1. Here that frame is frame t = i and metadata i-1 is state t, so label t comes from states t -> t+1. In the code
"before" is state t and "now" is state t+1.

Values that the original reads and PlayerState lacks are derived:

* a ``health`` of 0, or not ``alive``, is dead; "a weapon is active" is ``weapon`` being known.
* where ``weapon_type`` is unknown, the weapon's GSI type comes from its GSI name (WEAPON_TYPES); a name that is not in
  the table has its slot as its type, slot 2 being the pistols and 3 the knife; a taser has none.
* where ``item`` is unknown, a change of the RAM item definition is a change of the weapon's name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools, Counts
from clonestrike.core.angles import to_clockwise
from clonestrike.core.game_info import GameInfo
from clonestrike.core.movement import PaperThresholds
from clonestrike.core.states import States, unknown
from clonestrike.labelling.labels import TRUE_SWITCHES, Labels
from clonestrike.labelling.movement import profile_of
from clonestrike.labelling.weapons import same_item

SECTORS = ("w", "wd", "d", "sd", "s", "as", "a", "wa")
"""Keys by the direction of motion, clockwise from straight ahead in sectors of 45 degrees."""
OPPOSITE = {"w": "s", "s": "w", "a": "d", "d": "a"}
CALM_ROWS = 5
"""Consecutive rows without a shot, on the last of which a reload is put."""

WEAPON_TYPES = {
    name: kind
    for kind, names in {
        "Pistol": "glock hkp2000 usp_silencer p250 fiveseven tec9 cz75a elite deagle revolver",
        "Rifle": "ak47 m4a1 m4a1_silencer famas galilar aug sg556",
        "SniperRifle": "awp ssg08 scar20 g3sg1",
        "Submachine Gun": "mac10 mp5sd mp7 mp9 bizon p90 ump45",
        "Shotgun": "nova xm1014 sawedoff mag7",
        "Machine Gun": "m249 negev",
        "Grenade": "hegrenade flashbang smokegrenade decoy molotov incgrenade",
        "C4": "c4",
        "StackableItem": "healthshot",
    }.items()
    for name in ("weapon_" + short for short in names.split())
}
KNIVES = ("weapon_knife", "weapon_bayonet")
TASER = "weapon_taser"


def infer_paper(states: States, info: GameInfo, true: Actions | None = None) -> Labels:
    """Infer T labels from T+1 states by the paper's rules.

    Args:
        states: T+1 states; the first may be unknown (imported files have no state for their first frame).
        info: gives the movement profile, whose ``paper`` thresholds are used, and the calibration.
        true: T true actions of a player who recorded himself. His w a s d, space, r and left button replace the
            inferred ones, and shift is never set; ctrl, 1 2 3, right button and mouse are inferred.

    Rows that the original skips are not valid; they hold only what later rows write into them.
    """
    thresholds = profile_of(info).paper
    n = len(states) - 1
    actions = Actions.zeros(max(n, 0))
    if n < 1:
        return Labels(actions, np.zeros(max(n, 0), np.bool_))
    before, now = states[:-1], states[1:]
    seen = ~(idle(before) | idle(now))
    same_weapon = same_item(before, now)
    reloaded = seen & same_weapon & (now.ammo > before.ammo)

    actions.mouse[:] = np.where(seen[:, None], _mouse(before, now, info, thresholds), 0)
    _write_earlier(actions.switch("ctrl"), seen & (now.view_height < thresholds.crouched) & (now.view_height > 0.1), 2)
    _write_earlier(actions.switch("right"), seen & same_weapon & _changed(before.field_of_view, now.field_of_view), 1)
    _switches(actions, before, now, seen)
    if true is None:
        rise = now.vz - before.vz > thresholds.jump_rise
        actions.switch("space")[:] = seen & rise & ~(np.abs(now.vz) < thresholds.landed)
        actions.switch("left")[:] = seen & same_weapon & (now.ammo < before.ammo)
        _reloads(actions, reloaded, thresholds)
        _moves(actions, before, now, seen, thresholds)
    else:
        for name in TRUE_SWITCHES:
            actions.switch(name)[:] = seen & true.switch(name)
    for name in "wasd":
        fill_gaps(actions.switch(name))
    return Labels(actions, seen)


def idle(states: States) -> Bools:
    """Bool (N,): states in which the player cannot act (dead, or no weapon active)."""
    cannot_act: Bools = (states.health == 0) | (states.alive == 0) | unknown(states.weapon)
    return cannot_act


def speed(states: States) -> NDArray[np.float64]:
    """Horizontal speed, units a second, float64 (N,), rounded as the original rounds it."""
    length: NDArray[np.float64] = np.sqrt(states.vx**2 + states.vy**2)
    return length


def fill_gaps(pressed: Bools) -> None:
    """Set a key at row i if it is set at i-1 and i+2, in place and in order, over rows 1..N-4.

    1011 becomes 1111 and 10011 becomes 11111, because what is filled counts as pressed for the next row.
    10010 becomes 11010; 1010 stays.
    """
    n = len(pressed)
    # Only gaps can change, so it is enough to visit them in order.
    for i in np.flatnonzero(~pressed[1 : max(n - 3, 1)] & pressed[3 : max(n - 1, 3)]) + 1:
        pressed[i] = pressed[i - 1]


def _write_earlier(column: Bools, events: Bools, rows: int) -> None:
    column[: len(column) - rows] = events[rows:]


def _changed(before: NDArray[np.float64], now: NDArray[np.float64]) -> Bools:
    changed: Bools = (before != now) & ~np.isnan(before) & ~np.isnan(now)
    return changed


def _mouse(before: States, now: States, info: GameInfo, thresholds: PaperThresholds) -> Counts:
    """Counts (T, 2) from the change of yaw (wrapped) and pitch; a field of view that is 0 or unknown is unscoped.

    The order of the operations is the original's: counts half way between two bins go to its bin.
    """
    turn = to_clockwise(now.yaw) - to_clockwise(before.yaw)
    turn = np.where(turn < -np.pi, turn + 2 * np.pi, turn)
    turn = np.where(turn > np.pi, turn - 2 * np.pi, turn)
    fov = np.nan_to_num(now.field_of_view, nan=0.0)
    base = thresholds.field_of_view
    zoom = (base / np.where(fov == 0, base, fov))[:, None]
    angles = np.stack([turn, before.pitch - now.pitch], 1)
    counts: Counts = np.nan_to_num(angles * zoom / info.calibration.radians_per_count)
    return counts


def _switches(actions: Actions, before: States, now: States, seen: Bools) -> None:
    """Keys 1, 2, 3, one row before the weapon's type changes."""
    old, new = weapon_types(before), weapon_types(now)
    changed = seen & (old != new) & ~unknown(old) & ~unknown(new)
    knife, pistol = new == "Knife", new == "Pistol"
    for key, chosen in (("3", knife), ("2", pistol), ("1", ~(knife | pistol))):
        _write_earlier(actions.switch(key), changed & chosen, 1)


def weapon_types(states: States) -> NDArray[Any]:
    """Object (N,): the GSI type of every row's weapon, or None."""
    weapons = list(zip(states.weapon, states.weapon_type, states.weapon_slot, strict=True))
    types = {weapon: weapon[1] or _weapon_type(weapon[0], weapon[2]) for weapon in set(weapons)}
    return np.array([*(types[weapon] for weapon in weapons), None], object)[:-1]


def _weapon_type(name: str | None, slot: float) -> str | None:
    if name is None or name == TASER:
        return None
    if name in WEAPON_TYPES:
        return WEAPON_TYPES[name]
    if name.startswith(KNIVES):
        return "Knife"
    return None if np.isnan(slot) else {2: "Pistol", 3: "Knife"}.get(int(slot), f"slot {int(slot)}")


def _reloads(actions: Actions, reloaded: Bools, thresholds: PaperThresholds) -> None:
    """Set r on the fifth consecutive row without a shot, among the rows one reload time before the clip rose."""
    first, last = thresholds.reload_rows
    rows = np.flatnonzero(reloaded)
    rows = rows[rows > first]
    if not len(rows):
        return
    fired = np.concatenate([[0], np.cumsum(actions.switch("left"))])
    ends = rows[:, None] + np.arange(CALM_ROWS - 1 - first, 1 - last)
    calm = fired[ends + 1] == fired[ends + 1 - CALM_ROWS]
    found = calm.any(1)
    actions.switch("r")[ends[found, calm[found].argmax(1)]] = True


def _moves(actions: Actions, before: States, now: States, seen: Bools, thresholds: PaperThresholds) -> None:
    """Set w a s d and shift from the speed, its change, and its direction relative to the yaw before."""
    fast = speed(now)
    clockwise = np.mod(before.yaw - np.arctan2(now.vy, now.vx), 2 * np.pi)
    sector = np.nan_to_num(np.ceil((clockwise - np.pi / 8) / (np.pi / 4))).astype(np.int64) % 8
    change = fast - speed(before)
    moving = seen & ~(fast < thresholds.still)
    steady = moving & (np.abs(change) < thresholds.steady)
    along = steady | (moving & (change > 0))
    against = moving & ~steady & (change < -thresholds.braking)
    for key, opposite in OPPOSITE.items():
        ahead = np.array([key in keys for keys in SECTORS])[sector]
        behind = np.array([opposite in keys for keys in SECTORS])[sector]
        actions.switch(key)[:] = (along & ahead) | (against & behind)
    # The original means to exclude crouched rows, but tests ctrl before it is written, so the test has no effect.
    slow_scope = np.isin(now.weapon.astype(str), thresholds.slow_scopes) & (now.scoped == 1)
    walking = np.where(slow_scope, fast < thresholds.scoped_walking, fast < thresholds.walking)
    actions.switch("shift")[:] = steady & walking
