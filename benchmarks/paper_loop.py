"""The paper's rules of labelling, step by step in plain Python, to check and time the vectorised ones against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.movement import PaperThresholds
from clonestrike.core.states import PlayerState
from clonestrike.labelling.movement import profile_of
from clonestrike.labelling.paper import WEAPON_TYPES

DIRECTIONS = ("w", "wd", "d", "ds", "s", "sa", "a", "aw")
AGAINST = str.maketrans("wasd", "sdwa")


class Row:
    """The label of one row so far."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.left = self.right = False
        self.x = self.y = 0.0

    @property
    def action(self) -> Action:
        """The label as an action."""
        return Action(frozenset(self.keys), left=self.left, right=self.right, mouse_x=self.x, mouse_y=self.y)


def infer_by_loop(states: Sequence[PlayerState], info: GameInfo) -> list[Action]:
    """T+1 states -> T actions, the same as those of ``labelling.paper.infer_paper``."""
    rules = profile_of(info).paper
    rows = [Row() for _ in states[1:]]
    for t, (before, now) in enumerate(pairwise(states)):
        if _out(before) or _out(now):
            continue
        same = _same(before, now)
        _posture(rows, t, before, now, rules)
        _weapon(rows, t, before, now, rules)
        if same and before.field_of_view not in (None, now.field_of_view) and now.field_of_view is not None and t >= 1:
            rows[t - 1].right = True
        _mouse(rows[t], before, now, info, rules)
        _move(rows[t], before, now, rules)
    for i in range(1, len(rows) - 3):
        for key in "wasd":
            if key not in rows[i].keys and key in rows[i - 1].keys and key in rows[i + 2].keys:
                rows[i].keys.add(key)
    return [row.action for row in rows]


def _out(state: PlayerState) -> bool:
    return state.health == 0 or state.alive is False or state.weapon is None


def _same(before: PlayerState, now: PlayerState) -> bool:
    if before.item is None or now.item is None:
        return before.weapon == now.weapon
    return before.item == now.item


def _posture(rows: list[Row], t: int, before: PlayerState, now: PlayerState, rules: PaperThresholds) -> None:
    if before.vz is not None and now.vz is not None:
        standing = -rules.landed < now.vz < rules.landed
        if now.vz - before.vz > rules.jump_rise and not standing:
            rows[t].keys.add("space")
    if now.view_height is not None and 0.1 < now.view_height < rules.crouched and t >= 2:
        rows[t - 2].keys.add("ctrl")


def _weapon(rows: list[Row], t: int, before: PlayerState, now: PlayerState, rules: PaperThresholds) -> None:
    old, new = _kind(before), _kind(now)
    if old is not None and new is not None and old != new and t >= 1:
        rows[t - 1].keys.add({"Knife": "3", "Pistol": "2"}.get(new, "1"))
    if not _same(before, now) or before.ammo is None or now.ammo is None:
        return
    if now.ammo < before.ammo:
        rows[t].left = True
    first, last = rules.reload_rows
    if now.ammo > before.ammo and t > first:
        calm = 0
        for row in rows[t - first : t - last + 1]:
            calm = 0 if row.left else calm + 1
            if calm == 5:
                row.keys.add("r")
                break


def _kind(state: PlayerState) -> str | None:
    name = state.weapon
    if state.weapon_type is not None:
        return state.weapon_type
    if name is None or name == "weapon_taser":
        return None
    if name.startswith(("weapon_knife", "weapon_bayonet")):
        return "Knife"
    if name in WEAPON_TYPES:
        return WEAPON_TYPES[name]
    if state.weapon_slot is None:
        return None
    return {2: "Pistol", 3: "Knife"}.get(state.weapon_slot, f"slot {state.weapon_slot}")


def _mouse(row: Row, before: PlayerState, now: PlayerState, info: GameInfo, rules: PaperThresholds) -> None:
    scale = rules.field_of_view / (now.field_of_view or rules.field_of_view) / info.calibration.radians_per_count
    if before.yaw is not None and now.yaw is not None:
        clockwise = before.yaw - now.yaw
        if clockwise < -math.pi:
            clockwise += 2 * math.pi
        if clockwise > math.pi:
            clockwise -= 2 * math.pi
        row.x = clockwise * scale
    if before.pitch is not None and now.pitch is not None:
        row.y = (before.pitch - now.pitch) * scale


def _move(row: Row, before: PlayerState, now: PlayerState, rules: PaperThresholds) -> None:
    if None in (before.vx, before.vy, now.vx, now.vy, before.yaw):
        return
    speed = math.hypot(now.vx or 0, now.vy or 0)
    change = speed - math.hypot(before.vx or 0, before.vy or 0)
    clockwise = ((before.yaw or 0) - math.atan2(now.vy or 0, now.vx or 0)) % (2 * math.pi)
    keys = DIRECTIONS[math.ceil((clockwise - math.pi / 8) / (math.pi / 4)) % 8]
    if speed < rules.still:
        return
    if abs(change) < rules.steady:
        row.keys.update(keys)
        slow_scope = now.weapon in rules.slow_scopes and now.scoped
        if speed < (rules.scoped_walking if slow_scope else rules.walking):
            row.keys.add("shift")
    elif change > 0:
        row.keys.update(keys)
    elif change < -rules.braking:
        row.keys.update(keys.translate(AGAINST))
