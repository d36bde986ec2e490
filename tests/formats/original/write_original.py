"""Writes Doom play in the original's layout, from its description alone: plain h5py, numpy and vizdoom.

python tests/formats/original/write_original.py FOLDER [FRAMES]
"""

from __future__ import annotations

import hashlib
import math
import os
import sys
from typing import Any

import h5py
import numpy as np
import vizdoom

FRAMES = 120
"""The original has 1000; the tests need fewer."""
NUMBERS = (1, 2, 3, 4, 5, 6)
STUB = "dm_july2021_"
KEYS = ["w", "a", "s", "d", "space", "ctrl", "shift", "1", "2", "3", "r"]
MOUSE_X = [-1000, -500, -300, -200, -100, -60, -30, -20, -10, -4, -2, 0]
MOUSE_X += [-bin_ for bin_ in MOUSE_X[-2::-1]]
MOUSE_Y = [-200, -100, -50, -20, -10, -4, -2, 0, 2, 4, 10, 20, 50, 100, 200]
BUTTONS = ["MOVE_FORWARD", "MOVE_LEFT", "MOVE_BACKWARD", "MOVE_RIGHT", "ATTACK", "TURN_LEFT_RIGHT_DELTA"]
VARIABLES = ["POSITION_X", "POSITION_Y", "POSITION_Z", "VELOCITY_X", "VELOCITY_Y", "VELOCITY_Z", "ANGLE", "PITCH",
             "HEALTH", "KILLCOUNT", "SELECTED_WEAPON_AMMO"]  # fmt: skip
WEAPONS = [("weapon_ak47", "Rifle"), ("weapon_m4a1", "Rifle"), ("weapon_glock", "Pistol"), ("weapon_knife_t", "Knife")]


def play(seed: int, frames: int) -> tuple[list[Any], list[dict[str, float]], list[tuple[list[int], int]]]:
    """Random play: pictures (BGR, one per step), variables after each step, and what was pressed."""
    game = vizdoom.DoomGame()
    game.load_config(os.path.join(vizdoom.scenarios_path, "deathmatch.cfg"))  # noqa: PTH118
    game.set_doom_config_path(os.devnull)
    game.set_available_buttons([getattr(vizdoom.Button, name) for name in BUTTONS])
    game.set_available_game_variables([getattr(vizdoom.GameVariable, name) for name in VARIABLES])
    game.set_screen_resolution(vizdoom.ScreenResolution.RES_320X240)
    game.set_screen_format(vizdoom.ScreenFormat.BGR24)
    game.set_window_visible(False)
    game.set_episode_timeout(0)
    game.set_seed(seed)
    game.init()
    chance = np.random.default_rng(seed)
    pictures, known, pressed = [], [], []
    keys = [1, 0, 0, 0]
    for step in range(frames):
        if game.is_player_dead():
            game.respawn_player()
        if step % 12 == 0:
            keys = [int(chance.random() < p) for p in (0.8, 0.2, 0.1, 0.2)]
        mouse = int(chance.choice([0, 0, 0, 4, -4, 20, -20, 100, 7, -33]))
        fire = int(chance.random() < 0.2)
        picture = game.get_state().screen_buffer
        rows = np.arange(150) * 240 // 150
        columns = np.arange(280) * 320 // 280
        pictures.append(np.ascontiguousarray(picture[rows][:, columns]))
        game.make_action([*keys, fire, mouse * math.degrees(0.00096) / 2], 2)  # over two tics
        known.append(
            {name: round(float(game.get_game_variable(getattr(vizdoom.GameVariable, name))), 6) for name in VARIABLES}
        )
        pressed.append(([*keys, fire], mouse))
    game.close()
    return pictures, known, pressed


def curr_vars(known: dict[str, float], step: int, kills: int, deaths: int) -> dict[str, Any]:
    """One row of metadata, with every key that the original writes. Some numbers are NumPy's, as there."""
    name, kind = WEAPONS[step // 40 % len(WEAPONS)]
    yaw, pitch = math.radians(known["ANGLE"]), -math.radians(known["PITCH"])
    health = max(0, int(known["HEALTH"]))
    ammo = -1 if kind == "Knife" else 30 - step // 4 % 30
    active = {"name": name, "type": kind, "state": "active", "paintkit": "default"}
    if kind != "Knife":
        active |= {"ammo_clip": ammo, "ammo_clip_max": 30, "ammo_reserve": 90}  # type: ignore[dict-item]
    found = health > 0 and step % 50 != 49
    row: dict[str, Any] = {
        "obs_mode": 4, "gsi_team": "CT" if step % 2 else "T", "gsi_health": health, "gsi_kills": kills,
        "gsi_deaths": deaths, "gsi_weapons": {"weapon_0": active}, "found_active": found,
    }  # fmt: skip
    if found:
        row |= {"gsi_weap_active": active, "gsi_ammo": ammo}
    vx, vy, vz = (known[f"VELOCITY_{axis}"] * 16 for axis in "XYZ")
    return row | {
        "obs_health": health, "obs_fov": 90, "obs_scope": 0,
        "localpos1": np.float32(known["POSITION_X"]), "localpos2": np.float32(known["POSITION_Y"]),
        "localpos3": known["POSITION_Z"], "height": 64.06, "vel_1": vx, "vel_2": vy, "vel_3": vz,
        "vel_mag": np.float64(math.sqrt(vx * vx + vy * vy)), "viewangle_vert": -math.degrees(pitch),
        "viewangle_xy": math.degrees(yaw), "zvert_rads": pitch + math.pi / 2, "xy_rad": -yaw % (2 * math.pi),
        "vel_theta_abs": 0.5, "itemdef": 7 | 4 << 16, "ammo_active": ammo, "vel_theta_rel": 0.25,
    }  # fmt: skip


def labels(number: int, known: list[dict[str, float]], pressed: list[Any]) -> tuple[Any, Any, Any, list[Any]]:
    """y (N, 51), xaux (N, 54), helperarr (N, 2) and the metadata's rows."""
    n = len(known)
    y, aux, helper, rows = np.zeros((n, 51)), np.zeros((n, 54)), np.zeros((n, 2)), []
    per_step = np.zeros((n, 18))
    kills = deaths = 0
    for i in range(n):
        if i and i % 37 == 0:
            kills, helper[i, 0] = kills + 1, 1
        elif i and i % 71 == 0:
            deaths, helper[i, 1] = deaths + 1, 1
        (w, a, s, d, fire), mouse = pressed[i]
        on = [key for key, down in zip("wasd", (w, a, s, d), strict=True) if down]
        on += ["r", *on[:1]] if i % 25 == 0 else []  # out of order and repeated, as the original has it
        mouse_y = float(i % 5 - 2)
        x_bin = min(range(23), key=lambda k: (abs(MOUSE_X[k] - mouse), k))
        y_bin = min(range(15), key=lambda k: (abs(MOUSE_Y[k] - mouse_y), k))
        for key in on:
            y[i, KEYS.index(key)] = 1
        y[i, 11] = fire
        y[i, 13 + x_bin] = 1
        y[i, 36 + y_bin] = 1
        row = curr_vars(known[i], i, kills, deaths)
        tail = [row["gsi_health"] / 100, row["ammo_active"] / 30, float(row["gsi_team"] == "CT")]
        per_step[i] = [*y[i, :13], MOUSE_X[x_bin] / 1000, MOUSE_Y[y_bin] / 200, *tail]
        for back in range(1, 4):
            if i >= back:
                aux[i, 18 * (back - 1) : 18 * back] = per_step[i - back]
        rows.append([row, [on, float(mouse) + 0.125, mouse_y, fire, 0], helper[i].tolist()])
    return y, aux, helper, rows


def write(folder: str, frames: int = FRAMES, numbers: tuple[int, ...] = NUMBERS) -> str:
    """Write HDF5 files, a metadata file, and recorder files; returns a hash of all that is not picture."""
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    digest, metadata = hashlib.sha256(), {}
    for number in numbers:
        pictures, known, pressed = play(number, frames)
        y, aux, helper, rows = labels(number, known, pressed)
        with h5py.File(f"{folder}/hdf5_{STUB}{number}.hdf5", "w") as file:
            for i in range(frames):
                file.create_dataset(f"frame_{i}_x", data=pictures[i])
                file.create_dataset(f"frame_{i}_xaux", data=aux[i])
                file.create_dataset(f"frame_{i}_y", data=y[i])
                file.create_dataset(f"frame_{i}_helperarr", data=helper[i])
        for i, row in enumerate(rows):
            metadata[f"file_num{number}_frame_{i}"] = row
        digest.update(y.tobytes() + aux.tobytes() + helper.tobytes() + repr(rows).encode())
        if number == numbers[0]:
            write_recorder(folder, pictures, rows, y, aux, helper)
    last = -(-max(numbers) // 100) * 100
    np.save(f"{folder}/currvarsv2_{STUB}1_to_{last}.npy", metadata)  # type: ignore[arg-type]
    return digest.hexdigest()[:16]


def write_recorder(folder: str, pictures: list[Any], rows: list[Any], y: Any, aux: Any, helper: Any) -> None:
    """The same play as the recorder leaves it, in a folder of its own: 2, 3 and 6 columns, and without pictures."""
    os.makedirs(f"{folder}/recorder", exist_ok=True)  # noqa: PTH103
    for number, columns, stripped in ((1, 2, False), (2, 3, False), (3, 6, False), (4, 3, True)):
        array = np.empty((len(rows), columns), object)
        for i, (row, infer_a, _) in enumerate(rows):
            values = [[] if stripped else pictures[i], row, infer_a, y[i], aux[i], helper[i]]
            for column in range(columns):
                array[i, column] = values[column]
        np.save(f"{folder}/recorder/{STUB}rec_{number}.npy", array)


if __name__ == "__main__":
    print(write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else FRAMES))  # noqa: T201
