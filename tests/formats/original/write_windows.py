"""Writes pre-processed recorder files without pictures for the sub-selection of windows: plain numpy.

python tests/formats/original/write_windows.py FOLDER [FILES]

Files of 1000 rows, in which weapon, movement, mouse, place, kills and deaths change at random every 20 to 200 rows.
"""

from __future__ import annotations

import os
import random
import sys
from typing import Any

import numpy as np

STUB = "dm_july2021_"
ROWS = 1000
FILES = 6
WEAPONS = ["weapon_ak47", "weapon_ak47", "weapon_ak47", "weapon_m4a1_silencer", "weapon_m4a1", "weapon_knife", None]
PLACES = [(0.0, 0.0), (-900.0, 400.0), (-1700.0, 2100.0), (-800.0, 0.0), (-900.0, 500.0), (-1600.0, 2001.0)]


def curr_vars(weapon: str | None, place: tuple[float, float], kills: int, deaths: int) -> dict[str, Any]:
    """One row of metadata with the keys that matter, and all others at rest."""
    row: dict[str, Any] = {
        "obs_mode": 4, "gsi_team": "T", "gsi_health": 100, "gsi_kills": kills, "gsi_deaths": deaths,
        "gsi_weapons": {}, "found_active": weapon is not None, "obs_health": 100, "obs_fov": 90, "obs_scope": 0,
        "localpos1": place[0], "localpos2": place[1], "localpos3": 0.0, "height": 64.06, "vel_1": 0.0, "vel_2": 0.0,
        "vel_3": 0.0, "vel_mag": 0.0, "viewangle_vert": 0.0, "viewangle_xy": 0.0, "zvert_rads": 1.57, "xy_rad": 0.0,
        "vel_theta_abs": 0.0, "itemdef": 7, "ammo_active": 30,
    }  # fmt: skip
    if weapon is not None:
        row |= {"gsi_weap_active": {"name": weapon, "type": "Rifle", "state": "active"}, "gsi_ammo": 30}
    return row


def write(folder: str, files: int = FILES) -> None:
    """The files 1 .. ``files``."""
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    for number in range(1, files + 1):
        chance = random.Random(number)
        array = np.empty((ROWS, 6), object)
        left = kills = deaths = 0
        weapon, moving, mouse, place, killing = None, 0.0, 0.0, PLACES[0], 0.0
        for i in range(ROWS):
            if not left:
                left = 20 + int(chance.random() * 180)
                weapon = WEAPONS[int(chance.random() * len(WEAPONS))]
                moving = (0.0, 0.1, 0.2, 0.9)[int(chance.random() * 4)]
                mouse = (0.1, 0.15, 0.25, 0.9)[int(chance.random() * 4)]
                place = PLACES[int(chance.random() * len(PLACES))]
                killing = (0.0, 0.0, 0.02)[int(chance.random() * 3)]
            left -= 1
            kill, death = chance.random() < killing, chance.random() < 0.004
            kills, deaths = kills + kill, deaths + death
            keys = ["w"] if chance.random() < moving else ["space"]
            x = (0.25 if chance.random() < 0.5 else 31.5) if chance.random() < mouse else 0.0  # 0.25 is in the bin of 0
            y = np.zeros(51)
            y[[KEYS[keys[0]], 13 + (16 if x > 1 else 11), 36 + 7]] = 1
            helper = [float(kill and not death), float(death and not kill)]
            row = curr_vars(weapon, place, kills, deaths)
            for column, value in enumerate(([], row, [keys, x, 0.0, 0, 0], y, np.zeros(54), np.array(helper))):
                array[i, column] = value
        np.save(f"{folder}/{STUB}{number}.npy", array)


KEYS = {"w": 0, "space": 4}

if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else FILES)
