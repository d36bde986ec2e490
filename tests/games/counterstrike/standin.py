"""The stand-in game of the tests: laid out anew at every start, set up as a user would set the real one up."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clonestrike.games.counterstrike import Name, setting_up
from clonestrike.games.counterstrike.edition import Edition, Installation, edition

BUILT = Path(os.environ.get("CLONESTRIKE_STANDIN", "build/standin"))
"""Where make test-windows puts the programs."""
ENTITY = 0x10000
"""Bytes that the stand-in keeps for one entity."""


def room(module: Path) -> tuple[int, int]:
    """Beginning and size of what a module has for data that are not in its file (the .bss section)."""
    data = module.read_bytes()
    (header,) = struct.unpack_from("<I", data, 0x3C)
    sections, optional = struct.unpack_from("<H", data, header + 6)[0], struct.unpack_from("<H", data, header + 20)[0]
    for i in range(sections):
        at = header + 24 + optional + 40 * i
        if data[at : at + 8].rstrip(b"\0") == b".bss":
            size, start = struct.unpack_from("<II", data, at + 8)
            return start, size
    raise ValueError(f"{module} has no .bss")


class Places:
    """Draws places that do not overlap."""

    def __init__(self, chance: random.Random, start: int, size: int) -> None:
        self._chance, self._start, self._size = chance, start, size
        self._taken: list[tuple[int, int]] = []

    def draw(self, size: int, align: int = 4) -> int:
        while True:
            place = self._chance.randrange(self._start, self._start + self._size - size) // align * align
            if place >= self._start and all(place + size <= a or place >= b for a, b in self._taken):
                self._taken.append((place, place + size))
                return place


@dataclass
class Layout:
    """Where a stand-in keeps things, and the same in the dumper's files."""

    stand_in: dict[str, int]
    files: dict[str, object] = field(default_factory=dict)


def csgo_layout(chance: random.Random, client: tuple[int, int], engine: tuple[int, int]) -> Layout:
    module, entity, gun = Places(chance, *client), Places(chance, 64, 48000), Places(chance, 64, 48000)
    signatures = {
        "dwLocalPlayer": module.draw(4),
        "dwEntityList": module.draw(0x10 * 1024),
        "dwClientState": Places(chance, *engine).draw(4),
        "dwClientState_ViewAngles": Places(chance, 64, 20000).draw(12),
        "dwForceJump": 12,
    }
    sizes = {"m_vecOrigin": 12, "m_vecVelocity": 12, "m_vecViewOffset": 12, "m_bIsScoped": 1, "m_lifeState": 1}
    names = ("m_iHealth", "m_iTeamNum", "m_lifeState", "m_ArmorValue", "m_vecOrigin", "m_vecVelocity",
             "m_vecViewOffset", "m_hObserverTarget", "m_iObserverMode", "m_hActiveWeapon", "m_iFOVStart",
             "m_bIsScoped")  # fmt: skip
    netvars = {name: entity.draw(sizes.get(name, 4), 1 if sizes.get(name) == 1 else 4) for name in names}
    netvars |= {name: gun.draw(4) for name in ("m_iClip1", "m_iItemDefinitionIndex")}
    extra = {"view_z": netvars["m_vecViewOffset"] + 8, "velocity": netvars["m_vecVelocity"], "build": 0}
    dump = {"timestamp": int(time.time()) + 3600, "signatures": signatures, "netvars": netvars}
    return Layout({**signatures, **netvars, **extra}, {"csgo.json": dump})


def cs2_layout(chance: random.Random, client: tuple[int, int], engine: tuple[int, int]) -> Layout:
    module, build = Places(chance, *client), chance.randrange(13000, 15000)
    offsets = {
        "client.dll": {
            "dwLocalPlayerPawn": module.draw(8, 8),
            "dwLocalPlayerController": module.draw(8, 8),
            "dwEntityList": module.draw(8, 8),
            "dwViewAngles": module.draw(12),
            "dwViewMatrix": 4,
        },
        "engine2.dll": {"dwBuildNumber": Places(chance, *engine).draw(4)},
    }
    pawn, gun, item = Places(chance, 64, 48000), Places(chance, 64, 20000), Places(chance, 16, 900)
    observer, weapons, camera = (Places(chance, 64, 900) for _ in range(3))
    velocity, view = pawn.draw(12), pawn.draw(0x28, 8)
    container, definition = gun.draw(4096, 8), item.draw(2, 2)
    classes: dict[str, dict[str, int]] = {
        "C_BaseEntity": {
            "m_iHealth": pawn.draw(4), "m_iTeamNum": pawn.draw(1, 1), "m_lifeState": pawn.draw(1, 1),
            "m_pGameSceneNode": pawn.draw(8, 8), "m_vecAbsVelocity": velocity, "m_vecVelocity": pawn.draw(0x28, 8),
        },
        "C_BaseModelEntity": {"m_vecViewOffset": view},
        "C_BasePlayerPawn": {
            "m_vOldOrigin": pawn.draw(12), "v_angle": pawn.draw(12), "m_pObserverServices": pawn.draw(8, 8),
            "m_pWeaponServices": pawn.draw(8, 8), "m_pCameraServices": pawn.draw(8, 8),
        },
        "C_CSPlayerPawn": {
            "m_angEyeAngles": pawn.draw(12), "m_bIsScoped": pawn.draw(1, 1), "m_ArmorValue": pawn.draw(4),
        },
        "CGameSceneNode": {"m_vecAbsOrigin": Places(chance, 64, 900).draw(12)},
        "CPlayer_ObserverServices": {"m_iObserverMode": observer.draw(1, 1), "m_hObserverTarget": observer.draw(4)},
        "CPlayer_WeaponServices": {"m_hActiveWeapon": weapons.draw(4)},
        "CCSPlayerBase_CameraServices": {"m_iFOV": camera.draw(4)},
        "CNetworkViewOffsetVector": {"m_vecZ": 0x20},
        "C_BasePlayerWeapon": {"m_iClip1": gun.draw(4)},
        "C_EconEntity": {"m_AttributeManager": container},
        "C_CSWeaponBase": {},
        "C_AttributeContainer": {"m_Item": 0x50},
        "C_EconItemView": {"m_iItemDefinitionIndex": definition},
        "CBasePlayerController": {"m_hPawn": Places(chance, 64, 2000).draw(4)},
    }  # fmt: skip
    parents = {
        "C_CSPlayerPawn": "C_BasePlayerPawn", "C_BasePlayerPawn": "C_BaseModelEntity",
        "C_BaseModelEntity": "C_BaseEntity", "C_CSWeaponBase": "C_BasePlayerWeapon",
        "C_BasePlayerWeapon": "C_EconEntity",
    }  # fmt: skip
    schema: dict[str, object] = {"client.dll": {"classes": {
        name: {"fields": fields, "metadata": [], "parent": parents.get(name)} for name, fields in classes.items()
    }}}  # fmt: skip
    flat = {field: place for fields in classes.values() for field, place in fields.items()}
    places = {name: place for group in offsets.values() for name, place in group.items()}
    extra = {
        "view_z": view + 0x20, "velocity": velocity, "build": build, "stride": chance.choice((0x78, 0x70)),
        "m_iItemDefinitionIndex": container + 0x50 + definition,
    }  # fmt: skip
    files = {"offsets.json": offsets, "client_dll.json": schema, "info.json": {"build_number": build}}
    return Layout({**flat, **places, **extra}, files)


@dataclass
class StandIn:
    """A stand-in that runs, and the folders in which it believes to be installed."""

    edition: Edition
    installation: Installation
    folder: Path
    """Of the executable."""
    process: subprocess.Popen[bytes]

    def inputs(self) -> list[tuple[int, int, int, float, float]]:
        """Time (ns, perf_counter's), player, keys, yaw and pitch (degrees), 64 times a second for every player."""
        rows = []
        for line in (self.folder / "inputs.csv").read_text().splitlines():
            parts = line.split(",")
            if len(parts) == 5 and parts[4]:
                rows.append((int(parts[0]), int(parts[1]), int(parts[2]), float(parts[3]), float(parts[4])))
        return rows


def install(root: Path, name: Name, chance: random.Random) -> tuple[Installation, Path]:
    """The files of a game in a folder as Steam makes it, set up by us; returns also the executable."""
    of = edition(name)
    executable = root / of.inside / ("bin/win64" if name == "cs2" else "") / of.executable
    engine = "engine2.dll" if name == "cs2" else "engine.dll"
    executable.parent.mkdir(parents=True)
    (root / of.inside / of.cfg).mkdir(parents=True)
    shutil.copy(BUILT / "game.exe", executable)
    for module in ("client.dll", engine):
        shutil.copy(BUILT / "module.dll", executable.with_name(module))
    installation = setting_up.find_installation(of, root)
    setting_up.write(installation, setting_up.plan(installation, chance.randrange(20000, 60000)))
    spaces = room(executable.with_name("client.dll")), room(executable.with_name(engine))
    layout = (cs2_layout if name == "cs2" else csgo_layout)(chance, *spaces)
    lines = {**layout.stand_in, "seed": chance.randrange(1 << 30)}
    executable.with_name("layout.txt").write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
    for file, content in layout.files.items():
        (installation.clonestrike_cfg / file).write_text(json.dumps(content))
    return installation, executable


@contextlib.contextmanager
def stand_in(root: Path, name: Name, *options: str, seed: int | None = None) -> Iterator[StandIn]:
    """A game that runs, and is gone afterwards."""
    installation, executable = install(root, name, random.Random(seed))
    process = subprocess.Popen([str(executable), *options])
    try:
        yield StandIn(installation.edition, installation, executable.parent, process)
    finally:
        process.kill()
        process.wait()
