"""A player of a shooter, simulated with the laws of motion of the original's game: what its recorder watched."""

from __future__ import annotations

import math
import random
import struct
from dataclasses import dataclass, field, replace
from typing import NamedTuple

TICKS, PER_ROW = 64, 4
STAND, CROUCH = 64.06, 46.04
COUNT = 0.022 * 2.5
"""Degrees that one mouse count turns the view."""


class Weapon(NamedTuple):
    """What the simulation needs of a weapon. ``kind`` is missing from the game's posts of a taser."""

    name: str
    kind: str | None
    item: int
    clip: int
    speed: float
    ticks: float


WEAPONS = {weapon.name: weapon for weapon in (
    Weapon("weapon_ak47", "Rifle", 7, 30, 215, 6.4), Weapon("weapon_m4a1_silencer", "Rifle", 60, 20, 225, 6.4),
    Weapon("weapon_awp", "SniperRifle", 9, 10, 200, 93), Weapon("weapon_glock", "Pistol", 4, 20, 240, 9.6),
    Weapon("weapon_knife_t", "Knife", 59, -1, 250, 32), Weapon("weapon_taser", None, 31, 1, 220, 64),
)}  # fmt: skip
AK, M4, AWP, GLOCK, KNIFE, TASER = WEAPONS


TURNS = [(0, 0), (0, 0), (3, 1), (-1, 0), (7, -3), (-15, 2), (45, 7), (-150, -15), (25, -35)]
"""Mouse counts per row, many in the middle between two of the original's bins."""


class Segment(NamedTuple):
    """What a player does for a number of rows: run, walk, crouch, idle, scope, die, or watch (another player)."""

    what: str
    rows: int
    weapon: str = AK


def f32(value: float) -> float:
    """The nearest number that a float of the game's memory holds."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


@dataclass
class State:
    """A player at one moment."""

    x: float
    y: float
    yaw: float
    kills: int
    deaths: int
    team: str
    quality: int
    z: float = 0.0
    pitch: float = 0.0
    vx: float = 0.0
    vy: float = 0.0
    vz: float = 0.0
    view: float = STAND
    health: int = 100
    fov: int = 90
    weapon: str = AK
    clips: dict[str, int] = field(default_factory=lambda: {name: w.clip for name, w in WEAPONS.items()})
    ready: float = 0.0
    reload: int = 0
    armed: bool = True


def move(s: State, keys: set[str], mouse: tuple[int, int]) -> None:
    """One row, four ticks: friction, acceleration towards the keys, jumping, crouching, turning the view."""
    weapon = WEAPONS[s.weapon]
    zoom = (s.fov or 90) / 90
    s.yaw = f32((s.yaw - mouse[0] * COUNT * zoom + 180) % 360 - 180)
    s.pitch = f32(min(89.0, max(-89.0, s.pitch + mouse[1] * COUNT * zoom)))
    ahead, right = ("w" in keys) - ("s" in keys), ("d" in keys) - ("a" in keys)
    limit = weapon.speed * (0.34 if s.view < 50 else 0.52 if "shift" in keys else 0.5 if s.fov not in (0, 90) else 1)
    turn = math.radians(s.yaw)
    wish_x = ahead * math.cos(turn) + right * math.sin(turn)
    wish_y = ahead * math.sin(turn) - right * math.cos(turn)
    length = math.hypot(wish_x, wish_y)
    for _ in range(PER_ROW):
        speed = math.hypot(s.vx, s.vy)
        if s.z <= 0 and speed > 0:
            kept = max(0.0, speed - max(speed, 80) * 5.2 / TICKS) / speed
            s.vx, s.vy = s.vx * kept, s.vy * kept
        if length > 0:
            missing = limit - (s.vx * wish_x + s.vy * wish_y) / length
            gain = min(max(0.0, missing), (5.5 if s.z <= 0 else 0.5) * limit / TICKS) / length
            s.vx, s.vy = s.vx + gain * wish_x, s.vy + gain * wish_y
        if "space" in keys and s.z <= 0:
            s.vz, s.z = 301.99, 0.01
        if s.z > 0:
            s.vz -= 800 / TICKS
            s.z = max(0.0, s.z + s.vz / TICKS)
            s.vz = s.vz if s.z > 0 else 0.0
        s.x, s.y = s.x + s.vx / TICKS, s.y + s.vy / TICKS
    s.vx, s.vy, s.vz, s.z = f32(s.vx), f32(s.vy), f32(s.vz), f32(s.z)
    for axis, low, high in (("x", -2150.0, 1750.0), ("y", -1100.0, 3100.0)):  # walls around the map
        if not low < getattr(s, axis) < high:
            setattr(s, axis, min(high, max(low, getattr(s, axis))))
            setattr(s, f"v{axis}", 0.0)
    s.x, s.y = f32(s.x), f32(s.y)
    goal = CROUCH if "ctrl" in keys else STAND
    s.view = f32(max(goal, s.view - 9.01) if s.view > goal else min(goal, s.view + 9.01))


def shoot(s: State, tick: int, chance: random.Random, fire: bool) -> None:
    """Spend a cartridge where the weapon is ready, finish a reload, begin one when the clip is empty."""
    weapon, clip = WEAPONS[s.weapon], s.clips[s.weapon]
    if s.reload:
        s.reload -= 1
        s.clips[s.weapon] = clip if s.reload else weapon.clip
    elif fire and weapon.clip > 0 and clip > 0 and tick >= s.ready:
        s.clips[s.weapon] -= 1
        s.ready = tick + weapon.ticks
        s.kills += chance.random() < 0.12
    elif weapon.kind not in ("Knife", None) and (clip == 0 or (clip < 12 and not fire and chance.random() < 0.1)):
        s.reload = 29


class Mind:
    """Chooses keys (w a s d, space, ctrl, shift), fire, zoom and mouse counts, by segment."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.keys: set[str] = set()
        self.turn = (0, 0)
        self.fire = 0

    def choose(self, what: str, step: int) -> tuple[set[str], bool, bool, tuple[int, int]]:
        """Keys, fire, zoom, mouse counts of this row."""
        chance = self.chance
        if what in ("idle", "die"):
            return set(), False, False, (0, 0)
        if step % 9 == 0:
            self.keys = set(chance.choice(["w", "w", "wa", "wd", "a", "d", "s", "sa", "sd", "", "d", "a"]))
        if step % 9 == 7 and chance.random() < 0.4:  # stops by pressing the opposite key
            self.keys = {{"w": "s", "s": "w", "a": "d", "d": "a"}[key] for key in self.keys}
        if step % 5 == 0:
            self.turn = chance.choice(
                [(0, 0), (0, 0), (3, 1), (-1, 0), (7, -3), (-15, 2), (45, 7), (-150, -15), (25, -35)]
            )
        jitter = chance.choice([(0, 0), (1, 0), (-2, 1)])
        mouse = (self.turn[0] + jitter[0], self.turn[1] + jitter[1])
        if chance.random() < 0.01:
            mouse = (chance.choice([-900, 420, -330, 610]), chance.choice([-80, 130, 60]))
        self.fire = self.fire - 1 if self.fire else chance.choice([0] * 30 + [6, 11])
        keys = set(self.keys)
        keys |= {"space"} if what == "run" and chance.random() < 0.03 else set()
        keys |= {"ctrl"} if what == "crouch" and step % 40 < 22 else set()
        keys |= {"shift"} if what == "walk" else set()
        return keys, self.fire > 0, what == "scope" and step % 14 == 3, mouse


def player(chance: random.Random, *, fov: int = 90) -> State:
    """Somebody in the middle of a match, anywhere on the map."""
    x, y = chance.uniform(-2000, 1500), chance.uniform(-1000, 2900)
    kills, deaths, team = chance.randrange(30), chance.randrange(30), chance.choice(["T", "CT"])
    return State(f32(x), f32(y), f32(chance.uniform(-180, 180)), kills, deaths, team, chance.choice([4, 9]), fov=fov)


def enter(s: State, segment: Segment, chance: random.Random, own: bool) -> State:
    """The state at the beginning of a segment: after a death somebody else is watched, or one's own player respawns."""
    if segment.what == "watch" or (not s.health and not own):
        s = player(chance, fov=chance.choice([90, 0]))
    elif not s.health:
        s = replace(player(chance), kills=s.kills, deaths=s.deaths, team=s.team, armed=False)
    s.fov, s.reload, s.weapon = 0 if s.fov == 0 else 90, 0, segment.weapon
    return s
