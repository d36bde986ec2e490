"""Imports CS2 demos (``.dem``) as recordings without frames: states and true actions of every player, 16 a second.

demoparser2 reads the files. Without frames nothing can be trained on them; they show where players go and what they
really pressed.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike import console
from clonestrike.core.actions import KEYS, Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.extras import naming_extras, require
from clonestrike.games import game_info
from clonestrike.games.counterstrike.weapons import NAMES, SLOTS
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import write_without_video

TICKS_PER_STEP = 4
"""A CS2 demo has 64 ticks a second, a recording 16 steps."""
TICK_NS = 1_000_000_000 // 64
MAGIC = b"PBDEMS2\0"
BUTTONS = {
    "left": 0, "space": 1, "ctrl": 2, "w": 3, "s": 4, "a": 9, "d": 10, "right": 11, "r": 13, "shift": 16,
}  # fmt: skip
"""Bits of the game's mask of held buttons."""
AT_ANY_TICK = frozenset({"left", "right", "space", "r"})
"""Switches for which a press at any tick counts; others count when they are held for half of a step or more."""
NEEDED = ("X", "Y", "Z", "pitch", "yaw", "buttons", "health")
WANTED = (
    "velocity_X", "velocity_Y", "velocity_Z", "armor_value", "item_def_idx", "active_weapon_ammo", "team_num",
    "is_scoped", "kills_total", "deaths_total",
)  # fmt: skip
"""Fields of demoparser2; a file must have all of NEEDED, and what it lacks of WANTED stays unknown."""
TEAMS = {2: "T", 3: "CT"}

Ticks = Mapping[str, NDArray[Any]]
"""One player's ticks as columns, float64 (N,) each: tick, NEEDED, and those of WANTED that exist; NaN is unknown."""


@dataclass(frozen=True)
class Demo:
    """The content of a CS2 demo: its map, and every player's ticks by Steam ID."""

    map: str
    players: Mapping[str, Ticks]


def read_demo(path: Path) -> Demo:
    """Read a CS2 demo; raises ClonestrikeError for a file that demoparser2 cannot read."""
    with naming_extras():
        from demoparser2 import DemoParser
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ClonestrikeError(f"{path} is not a CS2 demo", f"these begin with {MAGIC[:-1].decode()}")
    try:
        parser = DemoParser(str(path))
        place = str(parser.parse_header().get("map_name", ""))
        try:
            table = parser.parse_ticks([*NEEDED, *WANTED])
        except Exception:  # noqa: BLE001 - a field of this build is missing; its errors share no base but Exception
            table = parser.parse_ticks(list(NEEDED))
        columns = {str(name): np.asarray(table[name]) for name in table.columns}
    except BaseException as error:  # the parser's panics are not derived from Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise ClonestrikeError(f"{path} cannot be read ({error})", "demoparser2 may not know its build yet") from None
    missing = sorted({"tick", "steamid", *NEEDED} - set(columns))
    if missing:
        raise ClonestrikeError(f"{path} holds no {missing[0]}", "demoparser2 may not know its build yet")
    who = columns.pop("steamid").astype(str)
    numbers = {name: _numbers(columns[name]) for name in ("tick", *NEEDED, *WANTED) if name in columns}
    players = {}
    for player in sorted(set(who.tolist()) - {"0", "nan", "None"}):
        rows = np.flatnonzero(who == player)
        rows = rows[np.argsort(numbers["tick"][rows], kind="stable")]
        players[player] = {name: column[rows] for name, column in numbers.items()}
    return Demo(place, players)


def _numbers(column: NDArray[Any]) -> NDArray[np.float64]:
    """A column as float64; values that are not numbers become NaN."""
    if column.dtype != object:
        return column.astype(np.float64)
    return np.array([_number(value) for value in column], np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def lives(ticks: Ticks) -> Iterator[Ticks]:
    """The runs of a player: uninterrupted ticks in which the player is alive, cut to whole steps."""
    alive = (ticks["health"] > 0) & np.all([np.isfinite(ticks[name]) for name in NEEDED], 0)
    broken = np.flatnonzero((np.diff(ticks["tick"]) != 1) | (alive[1:] != alive[:-1])) + 1
    for first, last in zip([0, *broken], [*broken, len(alive)], strict=True):
        whole = (last - first) // TICKS_PER_STEP * TICKS_PER_STEP
        if whole and alive[first]:
            yield {name: column[first : first + whole] for name, column in ticks.items()}


def rows_of(ticks: Ticks, info: GameInfo) -> list[Row]:
    """The rows of a run: a state every fourth tick, and the action until the next one, None in the last row.

    Mouse motion is computed from the change of the view.
    """
    states = [_state(ticks, tick) for tick in range(0, len(ticks["tick"]), TICKS_PER_STEP)]
    held = ticks["buttons"].astype(np.int64).reshape(-1, TICKS_PER_STEP)
    rows = []
    for step, state in enumerate(states):
        time = round(float(ticks["tick"][step * TICKS_PER_STEP])) * TICK_NS
        action = _action(held[step], state, states[step + 1], info) if step + 1 < len(states) else None
        rows.append(Row(state, action, time, time, time, 0, gap=False, disturbed=False))
    return rows


def _action(masks: NDArray[np.int64], now: PlayerState, then: PlayerState, info: GameInfo) -> Action:
    counts = {name: int((masks >> bit & 1).sum()) for name, bit in BUTTONS.items()}
    held = {name for name, n in counts.items() if n >= (1 if name in AT_ANY_TICK else TICKS_PER_STEP / 2)}
    mouse_x, mouse_y = info.calibration.counts_between(now, then)
    return Action(
        frozenset(held & set(KEYS)),
        left="left" in held,
        right="right" in held,
        mouse_x=mouse_x,
        mouse_y=mouse_y,
    )


def _state(ticks: Ticks, tick: int) -> PlayerState:
    def known(name: str) -> float | None:
        value = float(ticks[name][tick]) if name in ticks else math.nan
        return value if math.isfinite(value) else None

    def whole(name: str) -> int | None:
        value = known(name)
        return None if value is None else round(value)

    weapon = NAMES.get(whole("item_def_idx") or 0)
    scoped, yaw, pitch = known("is_scoped"), known("yaw"), known("pitch")
    return PlayerState(
        x=known("X"), y=known("Y"), z=known("Z"),
        vx=known("velocity_X"), vy=known("velocity_Y"), vz=known("velocity_Z"),
        yaw=None if yaw is None else math.radians(math.remainder(yaw, 360)),
        pitch=None if pitch is None else -math.radians(math.remainder(pitch, 360)),
        scoped=None if scoped is None else bool(scoped),
        health=known("health"),
        armour=known("armor_value"),
        weapon=weapon,
        weapon_slot=None if weapon is None else SLOTS[weapon],
        ammo=whole("active_weapon_ammo"),
        team=TEAMS.get(whole("team_num") or 0),
        kills=whole("kills_total"),
        deaths=whole("deaths_total"),
        alive=True,
        first_person=True,
    )  # fmt: skip


def import_demos(paths: Sequence[Path], out: Path, part_steps: int = 1000) -> dict[str, Any]:
    """Add the play in CS2 demos to a folder of recordings; returns a summary, with the files skipped and why.

    Players are named by keyed hashes whose key is not kept. Raises ClonestrikeError when no path holds a CS2 demo, or
    none can be read.
    """
    files = sorted({file for path in paths for file in (path.rglob("*.dem") if path.is_dir() else [path])})
    if not files:
        raise ClonestrikeError(f"{paths[0]} holds no .dem file", "name CS2 demos, or a folder of them")
    require("demoparser2")
    key, recordings, steps = secrets.token_bytes(16), 0, 0
    skipped: dict[str, str] = {}
    with console.progress() as bar:
        task = bar.add_task("import demo", total=len(files))
        for file in files:
            try:
                demo = read_demo(file)
            except (ClonestrikeError, OSError) as error:
                skipped[str(file)] = str(error)
            else:
                for written in _write(demo, file.stem, out, key, part_steps):
                    recordings, steps = recordings + 1, steps + written
            bar.advance(task)
    if len(skipped) == len(files):
        raise ClonestrikeError(f"no demo can be read ({next(iter(skipped.values()))})", "name other demos")
    return {
        "out": str(out),
        "demos": len(files) - len(skipped),
        "recordings": recordings,
        "steps": steps,
        "skipped": skipped,
    }


def _write(demo: Demo, name: str, out: Path, key: bytes, part_steps: int) -> Iterator[int]:
    """Write the recordings of a CS2 demo; yields the number of steps of each."""
    info = replace(game_info("cs2"), map=demo.map, mode="demo", frame_height=0, frame_width=0)
    for number, (player, ticks) in enumerate(demo.players.items()):
        hashed = "player " + hashlib.blake2b(player.encode(), digest_size=8, key=key).hexdigest()
        for life, part in enumerate(lives(ticks)):
            rows = rows_of(part, info)
            for index, first in enumerate(range(0, len(rows) - 1, part_steps)):
                some = rows[first : first + part_steps + 1]
                run = f"{name}-{number:02d}-{life:03d}"
                write_without_video(out, info, some, player=hashed, source="imported", run=run, part=index)
                yield len(some) - 1
