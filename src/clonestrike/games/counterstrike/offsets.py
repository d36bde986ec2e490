"""Offsets of values in the games' memory, from the output files of dumpers.

Offsets are valid for one build of a game only.

* CS:GO: ``csgo.json`` or ``csgo.toml`` of hazedumper. Builds are told apart by the time at which ``client.dll`` was
  linked. The offsets of the last build, the one that Steam still offers, come with the package.
* CS2: ``offsets.json``, ``client_dll.json`` and ``info.json`` of cs2-dumper. They contain the number of the build.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clonestrike.errors import ClonestrikeError

FINAL = Path(__file__).with_name("data") / "csgo-final.json"
"""hazedumper's offsets of 2023-09-05, its last ones: what is read of them, in its form."""
LAST_DUMP = 1693948329
"""Their time stamp. Later dumps are of the last build, too."""
LAST_BUILD = range(1686124262, 1697155200)
"""Link times (s since 1970) of the builds that they fit: after hazedumper's dump before (2023-06-07), to 2023-10-12.

That is the day in the ``steam.inf`` of the build that Steam still offers (1.38.8.1: the branch csgo_legacy of CS2, and
since 2026 an app of its own). It was built after the dump, but what is read of it has kept its place."""
LARGEST = 1 << 31
"""Limit of an offset: no module and no class is as large."""
CSGO_SIGNATURES = ("dwLocalPlayer", "dwEntityList", "dwClientState", "dwClientState_ViewAngles")
CSGO_FIELDS = (
    "m_iHealth", "m_iTeamNum", "m_lifeState", "m_ArmorValue", "m_vecOrigin", "m_vecVelocity", "m_vecViewOffset",
    "m_hObserverTarget", "m_iObserverMode", "m_hActiveWeapon", "m_iClip1", "m_iFOVStart", "m_bIsScoped",
    "m_iItemDefinitionIndex",
)  # fmt: skip
CS2_PLACES = {
    "client.dll": ("dwLocalPlayerPawn", "dwLocalPlayerController", "dwEntityList", "dwViewAngles"),
    "engine2.dll": ("dwBuildNumber",),
}
PAWN, WEAPON = "C_CSPlayerPawn", "C_CSWeaponBase"
CS2_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "health": ((PAWN, "m_iHealth"),),
    "team": ((PAWN, "m_iTeamNum"),),
    "life": ((PAWN, "m_lifeState"),),
    "armour": ((PAWN, "m_ArmorValue"),),
    "scene_node": ((PAWN, "m_pGameSceneNode"),),
    "origin": (("CGameSceneNode", "m_vecAbsOrigin"),),
    "velocity": ((PAWN, "m_vecAbsVelocity"),),
    "view_offset": ((PAWN, "m_vecViewOffset"),),
    "eye_angles": ((PAWN, "m_angEyeAngles"),),
    "scoped": ((PAWN, "m_bIsScoped"),),
    "observer": ((PAWN, "m_pObserverServices"),),
    "observer_mode": (("CPlayer_ObserverServices", "m_iObserverMode"),),
    "observer_target": (("CPlayer_ObserverServices", "m_hObserverTarget"),),
    "weapons": ((PAWN, "m_pWeaponServices"),),
    "active_weapon": (("CPlayer_WeaponServices", "m_hActiveWeapon"),),
    "camera": ((PAWN, "m_pCameraServices"),),
    "field_of_view": (("CCSPlayerBase_CameraServices", "m_iFOV"),),
    "clip": ((WEAPON, "m_iClip1"),),
    "item": (
        (WEAPON, "m_AttributeManager"),
        ("C_AttributeContainer", "m_Item"),
        ("C_EconItemView", "m_iItemDefinitionIndex"),
    ),
    "pawn_of": (("CBasePlayerController", "m_hPawn"),),
}
"""Fields that are read of CS2's classes; an offset is the sum of those of nested fields.

A class also has the fields of its parents, and a field may move to a parent in another build.
"""


@dataclass(frozen=True)
class Offsets:
    """Offsets by name, bytes."""

    at: Mapping[str, int]
    build: int
    """CS2's build number, or the time stamp of CS:GO's offsets (s since 1970)."""
    files: tuple[Path, ...]
    linked: range = range(0)
    """CS:GO: times (s since 1970) at which the ``client.dll`` that they fit was linked."""

    def __getitem__(self, name: str) -> int:
        return self.at[name]


def load_csgo(folder: Path) -> Offsets:
    """Load csgo.json or csgo.toml, or the offsets of the last build where there is neither.

    Raises ClonestrikeError when a file is damaged or incomplete.
    """
    own = next((folder / name for name in ("csgo.json", "csgo.toml") if (folder / name).is_file()), None)
    path = own or FINAL
    data = _read(path)
    found = {}
    for group, names in (("signatures", CSGO_SIGNATURES), ("netvars", CSGO_FIELDS)):
        part = data.get(group)
        for name in names:
            found[name] = _offset(part.get(name) if isinstance(part, dict) else None, name, path)
    dumped = _offset(data.get("timestamp"), "timestamp", path, largest=1 << 40)
    end = dumped + 1 if dumped < LAST_DUMP else max(dumped + 1, LAST_BUILD.stop)
    return Offsets(found, dumped, (path,), range(0 if own else LAST_BUILD.start, end))


def load_cs2(folder: Path) -> Offsets:
    """Load offsets.json, client_dll.json and info.json; raises ClonestrikeError when one is missing or damaged."""
    paths = tuple(folder / name for name in ("offsets.json", "client_dll.json", "info.json"))
    for path in paths:
        if not path.is_file():
            raise ClonestrikeError(
                f"{path} is missing", "put offsets.json, client_dll.json and info.json of cs2-dumper there"
            )
    offsets, schema, about = (_read(path) for path in paths)
    found = {}
    for module, names in CS2_PLACES.items():
        part = offsets.get(module)
        for name in names:
            found[name] = _offset(part.get(name) if isinstance(part, dict) else None, f"{module} {name}", paths[0])
    client = schema.get("client.dll")
    classes = client.get("classes") if isinstance(client, dict) else None
    if not isinstance(classes, dict):
        raise ClonestrikeError(f"{paths[1]} has no classes of client.dll", "use the file of cs2-dumper unchanged")
    for name, fields in CS2_FIELDS.items():
        found[name] = sum(_field(classes, owner, field, paths[1]) for owner, field in fields)
    return Offsets(found, _offset(about.get("build_number"), "build_number", paths[2]), paths)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ClonestrikeError(f"{path} cannot be read ({str(error).splitlines()[0]})", "download it again") from None
    if not isinstance(data, dict):
        raise ClonestrikeError(f"{path} holds no table of offsets", "download it again")
    return data


def _offset(value: object, name: str, path: Path, largest: int = LARGEST) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < largest:
        raise ClonestrikeError(f"{path} gives no usable {name} ({value!r})", "download the one of your game's build")
    return value


def _field(classes: Mapping[str, Any], owner: str, field: str, path: Path) -> int:
    """Offset of a field in a class or one of its parents."""
    name: object = owner
    for _ in range(len(classes)):
        kind = classes.get(name) if isinstance(name, str) else None
        if not isinstance(kind, dict):
            break
        fields = kind.get("fields")
        if isinstance(fields, dict) and field in fields:
            return _offset(fields[field], f"{owner}.{field}", path)
        name = kind.get("parent")
    raise ClonestrikeError(f"{path} has no {owner}.{field}", "download the one of your game's build")
