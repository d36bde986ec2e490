"""The original's metadata: the player's state at every step, and the actions inferred from it.

``currvarsv2_<stub>A_to_B.npy`` holds ``file_num{n}_frame_{j}`` -> [curr_vars, infer_a, helper_arr].
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from clonestrike import console
from clonestrike.core.actions import KEYS, Actions
from clonestrike.core.angles import to_clockwise, to_yaw
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.layout import FIRST_PERSON, OWN_PLAY, THIRD_PERSON, OriginalFile, metadata_span
from clonestrike.formats.original.pickles import read_npy, write_npy

Row = list[Any]
"""[curr_vars, infer_a, helper_arr]; the last two may be missing where actions were not inferred."""

TRUE_KEYS = frozenset({"tp_wasd", "tp_lclick"})
"""Keys of curr_vars that only play has whose player recorded himself: what he really pressed."""
_PRESSED = ("w", "a", "s", "d", "space", "r")
"""The keys that tp_wasd may hold."""
_KEY = re.compile(r"file_num(\d+)_frame_(\d+)")
_FOLDERS = ("dataset_metadata", "metadata")


@dataclass(frozen=True)
class Metadata:
    """Rows by file number and frame number."""

    files: Mapping[int, Mapping[int, Row]]

    @classmethod
    def read(cls, path: Path) -> Metadata:
        """Read a metadata file; raises ClonestrikeError when it is of another layout, or not plain data."""
        content = read_npy(path)
        files: dict[int, dict[int, Row]] = {}
        try:
            for key, row in content.items():
                match = _KEY.fullmatch(key)
                if match is None or not isinstance(row[0], dict):
                    raise ValueError(f"{key} is not [curr_vars, ...] of a frame")
                files.setdefault(int(match[1]), {})[int(match[2])] = row
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"{path} is not metadata of the original's layout ({error})", "name another file"
            ) from None
        return cls(files)

    def write(self, path: Path) -> None:
        """Write the file in the original's layout, whole or not at all."""
        rows = {f"file_num{n}_frame_{j}": row for n, rows in self.files.items() for j, row in rows.items()}
        write_npy(path, rows)


@lru_cache(maxsize=2)
def _read(path: Path, _changed_ns: int) -> Metadata:
    return Metadata.read(path)  # consecutive files of play share one


def read(path: Path) -> Metadata:
    """A metadata file, from a cache of the last two; raises ClonestrikeError as Metadata.read does."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ClonestrikeError(f"{path} cannot be read ({error.strerror or error})", "name another file") from None


def metadata_rows(file: OriginalFile, frames: Sequence[int]) -> list[Row] | None:
    """The metadata rows of these frames of a file, or None if any of them is missing.

    Damaged metadata, or metadata with only some of the frames, is reported once.
    """
    path = find_metadata(file)
    metadata = None if path is None else _usable(path)
    if metadata is None:
        return None
    rows = metadata.files.get(file.number, {})
    missing = sum(j not in rows for j in frames)
    if missing:
        if rows:
            _report(f"{path} lacks {missing} of {len(frames)} rows of {file.path.name}: its metadata is not used")
        return None
    return [rows[j] for j in frames]


def _usable(path: Path) -> Metadata | None:
    try:
        return read(path)
    except ClonestrikeError as error:
        _report(f"skipped: {error}; its files are used without metadata")
        return None


@cache
def _report(text: str) -> None:
    console.messages.print(text, markup=False, soft_wrap=True)


def find_metadata(file: OriginalFile) -> Path | None:
    """The metadata file that covers a file of play, or None.

    It is looked for in metadata_folders().
    """
    for folder in metadata_folders(file.folder):
        for path, (data_set, first, last) in _spans(folder, folder.stat().st_mtime_ns):
            if data_set == file.data_set and first <= file.number <= last:
                return path
    return None


def metadata_folders(folder: Path) -> list[Path]:
    """Where the metadata of a folder's files may lie.

    In the folder, and in folders named ``metadata`` or ``dataset_metadata`` there and one level up.
    """
    around = (folder, *(base / name for base in (folder, folder.parent) for name in _FOLDERS))
    return [place for place in around if place.is_dir()]


@lru_cache(maxsize=16)
def _spans(folder: Path, _changed_ns: int) -> list[tuple[Path, tuple[str, int, int]]]:
    found = ((path, metadata_span(path)) for path in sorted(folder.glob("currvarsv2_*.npy")))
    return [(path, span) for path, span in found if span]


def to_state(row: Mapping[str, Any]) -> PlayerState:
    """curr_vars -> state; raises KeyError, TypeError or ValueError when a value is missing or of another kind."""
    active = row.get("gsi_weap_active") if row["found_active"] else None
    kind = active.get("type") if active else None
    ammo, posted = row["ammo_active"], row.get("gsi_ammo") if active else None
    item, memory_health = row.get("itemdef"), row.get("obs_health")
    return PlayerState(
        x=float(row["localpos1"]),
        y=float(row["localpos2"]),
        z=float(row["localpos3"]),
        vx=float(row["vel_1"]),
        vy=float(row["vel_2"]),
        vz=float(row["vel_3"]),
        yaw=to_yaw(float(row["xy_rad"])),
        pitch=float(row["zvert_rads"]) - np.pi / 2,  # the original's is 0 at the floor
        view_height=float(row["height"]),
        field_of_view=float(row["obs_fov"]),
        scoped=bool(row["obs_scope"]),
        health=float(row["gsi_health"]),
        weapon=_text(active["name"]) if active else None,
        weapon_type=None if kind is None else _text(kind),
        weapon_slot={"Knife": 3, "Pistol": 2}.get(kind, 1) if kind else None,
        ammo=int(ammo) if ammo is not None and ammo >= 0 else None,
        team=_text(row["gsi_team"]) or None,
        kills=int(row["gsi_kills"]),
        deaths=int(row["gsi_deaths"]),
        alive=bool(row["gsi_health"] > 0),
        first_person=row["obs_mode"] in (OWN_PLAY, FIRST_PERSON),
        item=None if item is None else int(item),
        memory_health=None if memory_health is None else float(memory_health),
        posted_ammo=None if posted is None else int(posted),
    )


def _text(value: Any) -> str:
    # Not str(value): nested lists that hold each inner list twice are small in a file, but their text is endless.
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a name should be")
    return str(value)


def to_curr_vars(state: PlayerState) -> dict[str, Any]:
    """State -> curr_vars with all keys; unknown values become 0, an unknown weapon is left out.

    Derived values of the original (angles in degrees, speed) are computed here, too.
    """
    yaw, pitch = math.remainder(state.yaw or 0.0, 2 * math.pi), state.pitch or 0.0
    vx, vy = state.vx or 0.0, state.vy or 0.0
    kind = state.weapon_type or {2: "Pistol", 3: "Knife"}.get(state.weapon_slot or 0, "Rifle")
    ammo = -1 if state.ammo is None else state.ammo
    posted = ammo if state.posted_ammo is None else state.posted_ammo
    memory_health = state.health if state.memory_health is None else state.memory_health
    found = state.weapon is not None and state.alive is not False
    active = {"name": state.weapon, "type": kind, "state": "active", "ammo_clip": posted}
    weapon = {"gsi_weap_active": active, "gsi_ammo": posted} if found else {}
    return {
        "obs_mode": THIRD_PERSON if state.first_person is False else FIRST_PERSON,
        "gsi_team": state.team or "T",
        "gsi_health": round(state.health or 0),
        "gsi_kills": state.kills or 0,
        "gsi_deaths": state.deaths or 0,
        "gsi_weapons": {"weapon_0": active} if found else {},
        "found_active": found,
        **weapon,
        "obs_health": round(memory_health or 0),
        "obs_fov": round(state.field_of_view or 0),
        "obs_scope": int(bool(state.scoped)),
        **{f"localpos{i}": getattr(state, axis) or 0.0 for i, axis in enumerate("xyz", 1)},
        "height": state.view_height or 0.0,
        **{f"vel_{i}": getattr(state, f"v{axis}") or 0.0 for i, axis in enumerate("xyz", 1)},
        "vel_mag": float(np.sqrt(vx**2 + vy**2)),
        "viewangle_vert": float(-np.degrees(pitch)),
        "viewangle_xy": float(np.degrees(yaw)),
        "zvert_rads": pitch + np.pi / 2,
        "xy_rad": float(to_clockwise(yaw)),
        "vel_theta_abs": float(-np.arctan2(vy, vx) % (2 * np.pi)),
        "itemdef": state.item or 0,
        "ammo_active": ammo,
    }


def to_actions(rows: Sequence[Sequence[Any]]) -> Actions:
    """infer_a of N rows -> N actions, mouse in unbinned counts; raises ValueError for an unknown key."""
    actions = Actions.zeros(len(rows))
    for i, (keys, x, y, left, right) in enumerate(rows):
        for key in keys:
            actions.switches[i, KEYS.index(key)] = True
        actions.switches[i, -2:] = bool(left), bool(right)
        actions.mouse[i] = x, y
    return actions


def to_true_switches(rows: Sequence[Mapping[str, Any]]) -> Actions:
    """curr_vars of N rows of self-recorded play -> N actions with the true w, a, s, d, space, r and left button.

    Raises ValueError for another key.
    """
    actions = Actions.zeros(len(rows))
    for i, row in enumerate(rows):
        for key in row["tp_wasd"]:
            actions.switch(_PRESSED[_PRESSED.index(key)])[i] = True
        actions.switch("left")[i] = bool(row["tp_lclick"])
    return actions


def to_infer_a(actions: Actions) -> list[Row]:
    """Actions -> infer_a of every row: [keys, mouse_x, mouse_y, left, right]."""
    return [[[key for key in KEYS if key in a.keys], a.mouse_x, a.mouse_y, int(a.left), int(a.right)] for a in actions]


def inferred(row: Mapping[str, Any], previous: Mapping[str, Any] | None) -> dict[str, Any]:
    """The curr_vars that the original's inference leaves: in rows that it does not skip, vel_theta_rel is added.

    That is the direction of motion, clockwise from where the player looked a row before, in radians.
    """
    both = (row, previous)
    if "vel_theta_rel" in row or any(not at or at["gsi_health"] == 0 or not at["found_active"] for at in both):
        return dict(row)
    assert previous is not None
    angle = 2 * np.pi - previous["xy_rad"] + row["vel_theta_abs"]
    return {**row, "vel_theta_rel": angle - 2 * np.pi if angle > 2 * np.pi else angle}
