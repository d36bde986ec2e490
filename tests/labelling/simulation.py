"""A player on an empty plain, simulated apart from the code under test: states and the actions that made them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from clonestrike.core.actions import Action
from clonestrike.core.game_info import Calibration, GameInfo
from clonestrike.core.states import PlayerState

DOOM = GameInfo(
    game="doom",
    map="plain",
    mode="deathmatch",
    steps_per_second=17.5,
    frame_height=180,
    frame_width=320,
    field_of_view=90.0,
    movement="doom",
    calibration=Calibration(radians_per_count=0.00096, pitch_min=-0.977, pitch_max=0.559),
)
CSGO = replace(DOOM, game="csgo", steps_per_second=16.0, movement="csgo", calibration=Calibration())
OPENARENA = replace(DOOM, game="openarena", steps_per_second=1 / 0.062, movement="openarena", calibration=Calibration())
BORN = PlayerState(
    x=0.0,
    y=0.0,
    z=0.0,
    vx=1.0,
    vy=0.0,
    vz=0.0,
    yaw=0.3,
    pitch=0.0,
    view_height=41.0,
    field_of_view=90.0,
    scoped=False,
    health=100.0,
    armour=0.0,
    weapon="chaingun",
    weapon_slot=4,
    ammo=200,
    kills=0,
    deaths=0,
    alive=True,
    first_person=True,
)


def keys_at_random(steps: int, seed: int, change: float = 0.1) -> list[Action]:
    """Keys that are held for a while, without opposite ones together, and a moving mouse."""
    chance = np.random.default_rng(seed)
    ahead = aside = ""
    walks = False
    actions = []
    for _ in range(steps):
        ahead = str(chance.choice(["", "w", "w", "s"])) if chance.random() < change else ahead
        aside = str(chance.choice(["", "a", "d"])) if chance.random() < change else aside
        walks = bool(chance.random() < 0.3) if chance.random() < change / 2 else walks
        keys = {ahead, aside} - {""}
        keys |= {"shift"} if walks and keys else set()
        x, y = chance.choice([0, 0, 2, -4, 10, -30, 100]), chance.choice([0, 0, 2, -2])
        actions.append(Action(frozenset(keys), mouse_x=float(x), mouse_y=float(y)))
    return actions


def doom_tic(vx: float, vy: float, yaw: float, keys: frozenset[str]) -> tuple[float, float, float, float]:
    """Doom, in units a tic: velocity after the tic, and motion in it."""
    ahead = (("w" in keys) - ("s" in keys)) * (25 if "shift" in keys else 50) / 32
    aside = (("d" in keys) - ("a" in keys)) * (24 if "shift" in keys else 40) / 32
    mx = vx + ahead * math.cos(yaw) + aside * math.sin(yaw)
    my = vy + ahead * math.sin(yaw) - aside * math.cos(yaw)
    if not ahead and not aside and abs(mx) < 1 / 16 and abs(my) < 1 / 16:
        return 0.0, 0.0, mx, my
    return mx * 0.90625, my * 0.90625, mx, my


def source_tic(vx: float, vy: float, yaw: float, keys: frozenset[str]) -> tuple[float, float, float, float]:
    """CS:GO on the ground, in units a 64th of a second."""
    vx, vy = vx * 64, vy * 64
    speed = math.hypot(vx, vy)
    if speed:
        kept = max(0.0, speed - max(speed, 80.0) * 5.2 / 64) / speed
        vx, vy = vx * kept, vy * kept
    ahead, aside = ("w" in keys) - ("s" in keys), ("d" in keys) - ("a" in keys)
    if ahead or aside:
        wx = ahead * math.cos(yaw) + aside * math.sin(yaw)
        wy = ahead * math.sin(yaw) - aside * math.cos(yaw)
        wx, wy = wx / math.hypot(wx, wy), wy / math.hypot(wx, wy)
        top = 225.0 * (0.52 if "shift" in keys else 1.0)
        gain = max(0.0, min(5.5 * 225.0 / 64, top - (vx * wx + vy * wy)))
        vx, vy = vx + gain * wx, vy + gain * wy
    return vx / 64, vy / 64, vx / 64, vy / 64


def quake_tic(vx: float, vy: float, yaw: float, keys: frozenset[str]) -> tuple[float, float, float, float]:
    """OpenArena on the ground, in units a server frame of 31 ms."""
    seconds = 0.031
    vx, vy = vx / seconds, vy / seconds
    speed = math.hypot(vx, vy)
    if speed:
        kept = max(0.0, speed - max(speed, 100.0) * 6 * seconds) / speed
        vx, vy = vx * kept, vy * kept
    ahead, aside = ("w" in keys) - ("s" in keys), ("d" in keys) - ("a" in keys)
    if ahead or aside:
        wx = ahead * math.cos(yaw) + aside * math.sin(yaw)
        wy = ahead * math.sin(yaw) - aside * math.cos(yaw)
        wx, wy = wx / math.hypot(wx, wy), wy / math.hypot(wx, wy)
        top = 160.0 if "shift" in keys else 320.0
        gain = max(0.0, min(10 * top * seconds, top - (vx * wx + vy * wy)))
        vx, vy = vx + gain * wx, vy + gain * wy
    return vx * seconds, vy * seconds, vx * seconds, vy * seconds


Tic = Callable[[float, float, float, frozenset[str]], tuple[float, float, float, float]]


TICS: dict[str, tuple[Tic, float]] = {
    "doom": (doom_tic, 35.0),
    "csgo": (source_tic, 64.0),
    "openarena": (quake_tic, 1 / 0.031),
}


def walk(actions: list[Action], info: GameInfo = DOOM, born: PlayerState = BORN) -> list[PlayerState]:
    """T actions -> T+1 states; the turn of a step is spread over its tics."""
    tic, rate = TICS[info.movement]
    tics = round(rate / info.steps_per_second)
    states = [born]
    x, y, vx, vy, yaw, pitch = 0.0, 0.0, (born.vx or 0) / rate, (born.vy or 0) / rate, born.yaw or 0.0, 0.0
    for action in actions:
        for _ in range(tics):
            yaw -= action.mouse_x * info.calibration.radians_per_count / tics
            vx, vy, mx, my = tic(vx, vy, yaw, action.keys)
            x, y = x + mx, y + my
        pitch -= action.mouse_y * info.calibration.radians_per_count
        turned = math.remainder(yaw, 2 * math.pi)
        states.append(replace(born, x=x, y=y, vx=vx * rate, vy=vy * rate, yaw=turned, pitch=pitch))
    return states
