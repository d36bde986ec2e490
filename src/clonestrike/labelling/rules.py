"""The default rules: infer actions with the physics of the game.

"before" is state t, "now" is state t+1, and label t is the action between them.
"""

from __future__ import annotations

import numpy as np

from clonestrike.core.actions import Actions, Bools
from clonestrike.core.game_info import GameInfo
from clonestrike.core.movement import MovementProfile
from clonestrike.core.physics import Doubles
from clonestrike.core.states import States
from clonestrike.labelling import footwork, weapons
from clonestrike.labelling.labels import Labels
from clonestrike.labelling.movement import profile_of

LOWERED = 0.02
"""Share of the way from standing to crouching below which a change of view height is noise."""
FREE_FALL = 10.0
"""Tolerance of the change of vertical velocity in free fall, units a second."""
LEAP = 150.0
"""A player who moves faster than 1.5 times the velocity at either end plus this (units a second) was teleported."""
NEEDED = ("x", "y", "yaw", "pitch", "vx", "vy")
"""Fields without which a row cannot be labelled."""


def infer(states: States, info: GameInfo) -> Labels:
    """Infer T labels from the T+1 states of one uninterrupted run.

    A row is not valid if the player is unknown, dead or not in first person at either end, if the view reaches the
    pitch limit (mouse y is unknown), if the player is teleported, or if the game ignores inputs after a respawn.
    Raises ClonestrikeError if there is no movement profile of the name in ``info``.
    """
    profile = profile_of(info)
    n = max(len(states) - 1, 0)
    actions = Actions.zeros(n)
    if not n:
        return Labels(actions, np.zeros(0, np.bool_))
    before, now = states[:-1], states[1:]
    seen = playing(states)
    seen = seen[:-1] & seen[1:]
    _mouse(actions, before, now, seen, info, profile)
    _posture(actions, before, now, seen, info, profile)
    _footwork(actions, before, now, seen, info, profile)
    weapons.label(actions, states, seen, info, profile)
    unknown = _clamped(now, info) | leaps(before, now, info) | _frozen(states, info, profile)
    return Labels(actions, seen & ~unknown)


def playing(states: States) -> Bools:
    """Bool (N,): the player is known, alive and seen in first person."""
    seen: Bools = located(states) & (states.health != 0) & (states.alive != 0) & (states.first_person != 0)
    return seen


def located(states: States) -> Bools:
    """Bool (N,): position, velocity and view of the player are known."""
    known: Bools = np.all([np.isfinite(states.columns[name]) for name in NEEDED], 0)
    return known


def wrap(angle: Doubles) -> Doubles:
    """Wrap angles to (-pi, pi]."""
    wrapped: Doubles = np.pi - np.mod(np.pi - angle, 2 * np.pi)
    return wrapped


def _mouse(
    actions: Actions, before: States, now: States, seen: Bools, info: GameInfo, profile: MovementProfile
) -> None:
    mouse = np.stack(info.calibration.counts(wrap(now.yaw - before.yaw), now.pitch - before.pitch), 1)
    if profile.scope_turns:
        zoomed = now.field_of_view > 0
        mouse[zoomed] *= (info.field_of_view / now.field_of_view[zoomed])[:, None]
    actions.mouse[:] = np.where(seen[:, None], mouse, 0)


def _clamped(now: States, info: GameInfo) -> Bools:
    """Bool (T,): rows in which the view ends at a pitch limit, so that the mouse may have moved farther.

    This includes a view that rests at the limit.
    """
    limits = info.calibration
    slack = limits.radians_per_count
    clamped: Bools = (now.pitch <= limits.pitch_min + slack) | (now.pitch >= limits.pitch_max - slack)
    return clamped


def leaps(before: States, now: States, info: GameInfo) -> Bools:
    """Bool (T,): rows in which the player moved farther than the velocity at either end explains (a teleport)."""
    moved = np.hypot(now.x - before.x, now.y - before.y) * info.steps_per_second
    speed = np.maximum(np.hypot(now.vx, now.vy), np.hypot(before.vx, before.vy))
    far: Bools = moved > 1.5 * speed + LEAP
    return far


def _frozen(states: States, info: GameInfo, profile: MovementProfile) -> Bools:
    """Bool (T,): first rows of a life in which the game ignores inputs and the player neither moves nor turns."""
    rows = profile.birth_seconds * info.steps_per_second
    frozen = np.zeros(len(states) - 1, np.bool_)
    whole = int(rows)
    if 0 < whole < len(states):
        stands = states.vx[0] == 0 and states.vy[0] == 0
        frozen[: int(np.ceil(rows))] = stands and np.ptp(states.yaw[: whole + 1]) == 0
    return frozen


def _posture(
    actions: Actions, before: States, now: States, seen: Bools, info: GameInfo, profile: MovementProfile
) -> None:
    """Set space at an upward velocity that only a jump gives, ctrl while the view sinks or stays low."""
    left = profile.jump_speed - profile.gravity / info.steps_per_second
    actions.switch("space")[:] = seen & (now.vz > left / 2) & (now.vz - before.vz > left / 2)
    noise = LOWERED * (profile.standing - profile.crouched)
    sinks = now.view_height < before.view_height - noise
    actions.switch("ctrl")[:] = seen & (sinks | (now.view_height < profile.crouched + noise))


def _footwork(
    actions: Actions, before: States, now: States, seen: Bools, info: GameInfo, profile: MovementProfile
) -> None:
    rate = info.steps_per_second
    height = np.stack([before.view_height, now.view_height], 1) / profile.standing
    steps = footwork.Steps(
        before=np.stack([before.vx, before.vy], 1),
        after=np.stack([now.vx, now.vy], 1),
        moved=np.stack([now.x - before.x, now.y - before.y], 1) * rate,
        yaw=before.yaw,
        turn=wrap(now.yaw - before.yaw),
        height=np.nan_to_num(height, nan=1.0),
        flat=(before.vz == 0) & (now.vz == 0) & (before.z == now.z),
        aloft=_aloft(before, now, rate, profile),
        hurt=(now.health < before.health) | (now.armour < before.armour),
    )
    tics = max(1, round(profile.physics.tics_per_second / rate))
    for start, stop in stretches(seen):
        pressed = footwork.press(steps.rows(slice(start, stop)), profile, tics)
        for key, column in zip(footwork.KEYS, pressed.T, strict=True):
            actions.switch(key)[start:stop] = column


def _aloft(before: States, now: States, rate: float, profile: MovementProfile) -> Bools:
    """Bool (T,): rows in free fall; none if the profile has no tolerance for it."""
    if profile.air_tolerance is None:
        return np.zeros(len(now), np.bool_)
    falls: Bools = np.abs(now.vz - before.vz + profile.gravity / rate) < FREE_FALL
    return falls


def stretches(rows: Bools) -> list[tuple[int, int]]:
    """Start and stop of every unbroken stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
