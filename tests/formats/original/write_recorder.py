"""Writes files as the original's two recorders leave them, from the layout's description alone: NumPy and stdlib.

python -m tests.formats.original.write_recorder FOLDER [HOLD]

Three folders: scraped (files 1, 3, 4), expert (1, 2, with true keys) and suspect (1 stands still, 2 whose two sources
of ammunition disagree). A picture stands for HOLD rows: with 1 every row has its own, and a file 126 MB.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import pickle
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tests.formats.original import simulated_player as sim
from tests.formats.original.simulated_player import AK, AWP, GLOCK, KNIFE, M4, TASER, WEAPONS, Segment, State

ROWS = 1000


def theta(x: float, y: float) -> Any:
    """Angle of a velocity, clockwise from north, typed as the recorder leaves it: no NumPy on an axis, an int at 0."""
    if y == 0:
        return 0 if x >= 0 else math.pi
    if x == 0:
        return math.pi / 2 if y < 0 else 2 * math.pi * 3 / 4
    return np.float64(math.atan2(-y, x) % (2 * math.pi))


def posted(s: State) -> dict[str, Any]:
    """The game's post about a player: team, health, score, weapons. Grenades have no clip, tasers no type."""
    weapons: dict[str, Any] = {}
    carried = [KNIFE, GLOCK, s.weapon] if s.weapon not in (KNIFE, GLOCK) else [KNIFE, GLOCK, AK]
    for name in carried if s.health and s.armed else []:
        weapon, entry = WEAPONS[name], {"name": name, "paintkit": "default"}
        entry |= {"type": weapon.kind} if weapon.kind else {}
        if weapon.clip > 0:
            entry |= {"ammo_clip": s.clips[name], "ammo_clip_max": weapon.clip, "ammo_reserve": 90}  # type: ignore[dict-item]
        held = "reloading" if s.reload else "active"
        weapons[f"weapon_{len(weapons)}"] = {**entry, "state": held if name == s.weapon else "holstered"}
    if weapons:
        grenade = {"name": "weapon_flashbang", "paintkit": "default", "type": "Grenade", "ammo_reserve": 1}
        weapons[f"weapon_{len(weapons)}"] = {**grenade, "state": "holstered"}
    return {"team": s.team, "health": s.health, "kills": s.kills, "deaths": s.deaths, "weapons": weapons}


def curr_vars(s: State, late: State, mode: int) -> dict[str, Any]:
    """A row of metadata: memory of this moment, the game's post of ``late``, in the recorder's order of keys."""
    post = posted(late)
    row: dict[str, Any] = {"obs_mode": mode, "gsi_team": post["team"]}
    row |= {f"gsi_{name}": post[name] for name in ("health", "kills", "deaths", "weapons")}
    row["found_active"] = False
    for weapon in post["weapons"].values():
        if weapon["state"] != "holstered":
            row["found_active"] = True
            row["gsi_weap_active"] = weapon
            row["gsi_ammo"] = -1 if weapon.get("type") == "Knife" else weapon["ammo_clip"]
    radians = (360 - s.yaw if s.yaw >= 0 else -s.yaw) / 360 * (2 * math.pi)
    return row | {
        "obs_health": s.health, "obs_fov": s.fov, "obs_scope": int(s.fov not in (0, 90)),
        "localpos1": s.x, "localpos2": s.y, "localpos3": s.z, "height": s.view,
        "vel_1": s.vx, "vel_2": s.vy, "vel_3": s.vz, "vel_mag": np.float64(math.sqrt(s.vx**2 + s.vy**2)),
        "viewangle_vert": s.pitch, "viewangle_xy": s.yaw, "zvert_rads": (-s.pitch + 90) / 360 * (2 * math.pi),
        "xy_rad": radians, "vel_theta_abs": theta(s.vx, s.vy),
        "itemdef": WEAPONS[s.weapon].item | s.quality << 16, "ammo_active": s.clips[s.weapon],
    }  # fmt: skip


def picture(s: State) -> Any:
    """A frame of 150 x 280, BGR: stripes that turn with the view, a floor that rises with it, all brightnesses."""
    rows, columns = np.arange(150)[:, None], np.arange(280)[None]
    frame = np.empty((150, 280, 3), np.uint8)
    frame[..., 0] = (columns * 2 + int(s.yaw * 8)) % 256
    frame[..., 1] = (rows + int(s.x)) % 256
    frame[..., 2] = np.where(rows < 75 - int(s.pitch), 180, 40) + (columns // 40 % 2) * 60
    return frame


def play(seed: int, segments: list[Segment], *, own: bool, lags: list[int], hold: int) -> list[list[Any]]:
    """Rows [picture, curr_vars] of one file. ``lags``: by how many rows the game's posts come late, drawn for each."""
    chance = random.Random(seed)
    mind, s = sim.Mind(chance), sim.player(chance)
    before: list[State] = []
    rows: list[list[Any]] = []
    seen = picture(s)
    for segment in segments:
        s = sim.enter(s, segment, chance, own)
        for step in range(segment.rows):
            if step == 2:
                s.armed = True
            if segment.what == "run" and step == 50:
                s.quality = 13 - s.quality  # picks up the same weapon in another finish
            keys, fire, zoom, mouse = mind.choose(segment.what, step)
            before.append(replace(s, clips=dict(s.clips)))
            row = curr_vars(s, before[max(0, len(rows) - chance.choice(lags))], 0 if own else 4)
            if own:
                order = [key for key in "wasd" if key in keys] + ["r"] * (s.reload > 27) + ["space"] * ("space" in keys)
                row |= {"tp_wasd": order, "tp_lclick": int(fire)}
            if len(rows) % hold == 0:
                seen = picture(before[-2] if rows else s)  # a row's picture was grabbed at the end of the row before
            rows.append([seen, row])
            if segment.what == "die":
                s.health = max(0, s.health - 45)
                died = s.health == 0 < before[-1].health
                s.deaths += died
                s.kills += died and own and s.weapon == AK  # both at once count as neither
                s.vx = s.vy = 0.0
            elif chance.random() < 0.02:
                s.health = max(5, s.health - 17)
            if s.health:
                if zoom and s.weapon == AWP:
                    s.fov = {0: 40, 90: 40, 40: 15, 15: 90}[s.fov]
                sim.move(s, keys, mouse)
                s.view = 0.0 if segment.what == "glitch" else max(s.view, sim.CROUCH)
                sim.shoot(s, len(rows) * sim.PER_ROW, chance, fire)
    return rows[:ROWS]


def save(path: Path, rows: list[list[Any]]) -> bytes:
    """Write an object array (N, 2) as NumPy 1.18 does, whose pickles name numpy.core; returns the content, to hash."""
    array = np.empty((len(rows), 2), object)
    for i, row in enumerate(rows):
        array[i] = row
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": array.shape})
        content = io.BytesIO()
        pickle.dump(array, content, protocol=3)
        file.write(content.getvalue().replace(b"cnumpy._core.", b"cnumpy.core."))
    distinct = {id(row[0]): row[0] for row in rows}
    return b"".join([*(frame.tobytes() for frame in distinct.values()), json.dumps([row[1] for row in rows]).encode()])


LATE = [1] * 30 + [0] * 3 + [2]
SCRAPED = "dm_july2021_"
EXPERT = "dm_july2021_expert_"
SUSPECT = "dm_test_"
S = Segment
FILES: dict[tuple[str, str, int], tuple[int, list[Segment], bool, list[int]]] = {
    ("scraped", SCRAPED, 1): (7, [S("run", 96), S("idle", 96), S("run", 120), S("run", 150, M4), S("scope", 90, AWP),
                               S("run", 12, KNIFE), S("run", 25, GLOCK), S("run", 10, TASER), S("die", 9), S("run", 80),
                               S("crouch", 50), S("walk", 60), S("watch", 60), S("glitch", 20), S("run", 122)],
                              False, LATE),
    ("scraped", SCRAPED, 3): (1, [S("run", 200), S("watch", 200), S("die", 12), S("run", 188), S("crouch", 100),
                               S("walk", 100), S("watch", 200)], False, LATE),
    ("scraped", SCRAPED, 4): (2, [S("run", 163), S("run", 120, M4), S("run", 200), S("walk", 101, M4), S("run", 68),
                               S("die", 8), S("scope", 140, AWP), S("watch", 200)], False, [1]),
    ("expert", EXPERT, 1): (3, [S("run", 300), S("die", 24), S("run", 276), S("crouch", 80), S("walk", 80),
                             S("run", 40, GLOCK), S("run", 200)], True, LATE),
    ("expert", EXPERT, 2): (4, [S("run", 400, M4), S("die", 24, M4), S("run", 376), S("scope", 200, AWP)], True, LATE),
    ("suspect", SUSPECT, 1): (5, [S("idle", 700), S("run", 300)], False, LATE),
    ("suspect", SUSPECT, 2): (6, [S("run", 1000)], False, [1, 5, 5]),
}  # fmt: skip
"""Folder, stub and number of a file: seed, segments, whether its player recorded himself, how late posts come (drawn).

In scraped/1 the only kill of the last window lies behind its 96 rows, in scraped/4 one row of 96 decides about the
weapon of the second window."""


def write(folder: Path | str, hold: int = 20) -> str:
    """Write all files; returns a hash of their content."""
    digest = hashlib.sha256()
    for (name, stub, number), (seed, segments, own, lags) in FILES.items():
        place = Path(folder) / name
        place.mkdir(parents=True, exist_ok=True)
        rows = play(seed, segments, own=own, lags=lags, hold=hold)
        digest.update(save(place / f"{stub}{number}.npy", rows))
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    print(write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20))  # noqa: T201
