"""Writes the original's sets as they were published, from their description alone: plain numpy, no pictures.

python tests/datasets/write_sets.py FOLDER [ROWS]

FOLDER gets ``dataset_metadata`` and ``location_trackings_backup`` with the names of the published files (fewer of
them), and ``recorded``: files of the recorder, each with its own faults.
"""

from __future__ import annotations

import math
import os
import sys
from typing import Any

import numpy as np

ROWS = 200
"""Rows of a file; the original has 1000. Those in ``recorded`` always have 1000, since its limits are absolute."""
CHUNK = 100
SETS = {
    "dm_july2021_": ((1, 2, 3, 101, 102, 201), (-200.0, 600.0, 900.0)),
    "dm_july2021_expert_": ((1, 2, 101), (100.0, 400.0, 500.0)),
    "dm_mirage_expert_": ((1,), (5000.0, 5000.0, 300.0)),
    "dm_inferno_expert_": ((1,), (-5000.0, 900.0, 300.0)),
    "dm_nuke_expert_": ((1,), (900.0, -5000.0, 300.0)),
    "aim_july2021_expert_": ((1, 2), (0.0, 0.0, 50.0)),
}
"""Stub -> numbers of its files, and the centre (x, y) and width of the part of the map where it plays."""
TRACKINGS = {
    "agentj22_capture": ((1, 2, 3), (-250.0, 550.0, 700.0)),
    "agentj22_dmexpert20_capture": ((1, 2), (0.0, 500.0, 600.0)),
    "bot_capture_": ((1, 2, 3, 4), (-100.0, 800.0, 1000.0)),
}
WEAPONS = [
    ("weapon_ak47", "Rifle", 7), ("weapon_m4a1", "Rifle", 16), ("weapon_m4a1_silencer", "Rifle", 60),
    ("weapon_glock", "Pistol", 4), ("weapon_knife_t", "Knife", 59), ("weapon_knife_karambit", "Knife", 507),
    ("weapon_awp", "SniperRifle", 9), ("weapon_taser", None, 31), ("weapon_p90", "Submachine Gun", 19),
    ("weapon_negev", "Machine Gun", 28), ("weapon_hegrenade", "Grenade", 44), ("weapon_nova", "Shotgun", 35),
]  # fmt: skip
KEYS = ["w", "a", "s", "d", "space", "ctrl", "shift", "1", "2", "3", "r"]
FAULTS = (None, "dead", "health", "ammo", "observer", "mouse", "velocity")
"""What is wrong with the files in ``recorded``, by their number from 1 on."""


def file_of(place: tuple[float, float, float], rows: int, seed: int, fault: str | None = None) -> list[list[Any]]:
    """The rows [curr_vars, infer_a, helper] of one file: a walk around a centre."""
    chance = np.random.default_rng(seed)
    x, y, width = place
    spot = np.array([x, y]) + chance.uniform(-0.5, 0.5, 2) * width
    yaw, kills, deaths, clip, held = 1.0, int(seed % 7), 2, 30, WEAPONS[seed % len(WEAPONS)]
    found, health, table = True, 100, []
    before = None
    for i in range(rows):
        if i % 12 == 0:
            held = WEAPONS[int(chance.integers(len(WEAPONS)))]
            clip = 30
        still = fault == "velocity" and i % 2 == 0
        step = np.zeros(2) if still else chance.normal(0, width / 12, 2)
        spot = spot + step - 0.02 * (spot - [x, y])
        turn = 0.0 if (fault == "mouse" and i % 4) or chance.random() < 0.2 else float(chance.normal(0, 0.05))
        yaw = (yaw + turn) % (2 * math.pi)
        kill, death = int(chance.random() < 0.03), 0
        kills += kill
        if not kill and (chance.random() < 0.005 or (fault == "dead" and i % 40 == 30)):
            deaths, death = deaths + 1, 1
        dead = fault == "dead" and i % 40 >= 30
        health = 0 if dead or death else max(1, health - int(chance.integers(0, 2))) if health else 100
        found = bool(chance.random() > 0.03) and not dead
        knife = held[1] in ("Knife", "Grenade")
        fire = int(not knife and clip > 0 and chance.random() < 0.3)
        clip = clip - fire if clip - fire > 0 else 30
        ammo = -1 if knife else clip
        velocity = step * 16
        speed = float(np.hypot(*velocity))
        active = {"name": held[0], "state": "active", "paintkit": "default"}
        if held[1]:
            active["type"] = held[1]
        if not knife:
            active |= {"ammo_clip": ammo}  # type: ignore[dict-item]
        row: dict[str, Any] = {
            "obs_mode": 5 if fault == "observer" and i % 500 == 400 else 4,
            "gsi_team": "CT" if seed % 2 else "T", "gsi_health": health, "gsi_kills": kills, "gsi_deaths": deaths,
            "gsi_weapons": {"weapon_0": dict(active)}, "found_active": found,
        }  # fmt: skip
        if found:
            # The game's posts are one row behind now and then, and wrong in the files with that fault.
            late = before is not None and chance.random() < 0.1
            row |= {"gsi_weap_active": active, "gsi_ammo": before["ammo_active"] if late and before else ammo}
            if fault == "ammo" and i % 30 == 7:
                row["gsi_ammo"] = 77
            if fault == "health" and i % 40 == 9 and health:
                row["gsi_health"] = 43
        row |= {
            "obs_health": health, "obs_fov": 90, "obs_scope": 0,
            "localpos1": float(np.float32(spot[0])), "localpos2": float(np.float32(spot[1])), "localpos3": 64.03125,
            "height": 64.0625, "vel_1": float(velocity[0]), "vel_2": float(velocity[1]), "vel_3": 0.0,
            "vel_mag": speed, "viewangle_vert": 0.0, "viewangle_xy": math.degrees(-yaw), "zvert_rads": math.pi / 2,
            "xy_rad": yaw, "vel_theta_abs": float(-math.atan2(velocity[1], velocity[0]) % (2 * math.pi)),
            "itemdef": held[2], "ammo_active": ammo,
        }  # fmt: skip
        keys = [key for key in KEYS[:4] if chance.random() < 0.3]
        moved = turn / 0.00096
        table.append([row, [keys, float(moved), float(chance.normal(0, 30)), fire, 0], [kill, death]])
        before = row
    return table


def bins(counts: float, places: list[int]) -> int:
    return min(range(len(places)), key=lambda k: (abs(places[k] - counts), k))


def save_recorder(path: str, rows: list[list[Any]], columns: int) -> None:
    """A recorder file without pictures of 2, 3 or 6 columns."""
    mouse_x = [-1000, -500, -300, -200, -100, -60, -30, -20, -10, -4, -2, 0]
    mouse_x += [-place for place in mouse_x[-2::-1]]
    mouse_y = [-200, -100, -50, -20, -10, -4, -2, 0, 2, 4, 10, 20, 50, 100, 200]
    array = np.empty((len(rows), columns), object)
    for i, (row, act, helper) in enumerate(rows):
        y = np.zeros(51)
        for key in act[0]:
            y[KEYS.index(key)] = 1
        y[11], y[13 + bins(act[1], mouse_x)], y[36 + bins(act[2], mouse_y)] = act[3], 1, 1
        for column, value in enumerate([[], row, act, y, np.zeros(54), np.array(helper, float)][:columns]):
            array[i, column] = value
    np.save(path, array)


def write(folder: str, rows: int = ROWS) -> None:
    """Write the three folders."""
    for name in ("dataset_metadata", "location_trackings_backup", "recorded"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)  # noqa: PTH103
    seed = 0
    for where, sets in (("dataset_metadata", SETS), ("location_trackings_backup", TRACKINGS)):
        for stub, (numbers, place) in sets.items():
            chunks: dict[int, dict[str, Any]] = {}
            for number in numbers:
                seed += 1
                table = file_of(place, rows, seed)
                rows_of = chunks.setdefault((number - 1) // CHUNK, {})
                rows_of |= {f"file_num{number}_frame_{i}": row for i, row in enumerate(table)}
                if where == "location_trackings_backup":
                    save_recorder(f"{folder}/{where}/{stub}{number}.npy", table, 6)
            for chunk, content in chunks.items():
                span = f"{chunk * CHUNK + 1}_to_{(chunk + 1) * CHUNK}"
                np.save(f"{folder}/{where}/currvarsv2_{stub}{span}.npy", content)  # type: ignore[arg-type]
    for number, fault in enumerate(FAULTS, 1):
        save_recorder(f"{folder}/recorded/dm_test_{number}.npy", file_of((0, 0, 800), 1000, 900 + number, fault), 3)


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
