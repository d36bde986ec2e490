"""The stand-in game of the tests: laid out anew at every start, set up as a user would set the real one up."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import random
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from clonestrike.games.counterstrike import Name, setting_up
from clonestrike.games.counterstrike.edition import Edition, Installation, edition
from clonestrike.games.counterstrike.offsets import FINAL

BUILT = Path(os.environ.get("CLONESTRIKE_STANDIN", "build/standin"))
"""Where make test-windows puts the programs."""
CS2_BUILDS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("cs2_builds.json").read_text())
"""By build number: what is read of real output files of cs2-dumper (github.com/a2x/cs2-dumper): classes, their parents,
fields, offsets."""


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


def csgo_final() -> Layout:
    """As in CS:GO's last build, and no file of the user's."""
    dump = json.loads(FINAL.read_text())
    places = dump["signatures"] | dump["netvars"]
    extra = {"view_z": places["m_vecViewOffset"] + 8, "velocity": places["m_vecVelocity"], "build": 0}
    return Layout({**places, **extra})


def cs2_files(build: str) -> dict[str, Any]:
    """The files of a cs2-dumper set, with what is read of a real one: see cs2_builds.json."""
    facts = CS2_BUILDS[build]
    classes = {name: {**kind, "metadata": []} for name, kind in facts["classes"].items()}
    schema = {"client.dll": {"classes": classes, "enums": {}}}
    return {"offsets.json": facts["offsets"], "client_dll.json": schema, "info.json": facts["info"]}


def cs2_layout(chance: random.Random, client: tuple[int, int], engine: tuple[int, int]) -> Layout:
    """Classes as in a real build; only what lies in the modules themselves is drawn."""
    build = chance.choice(sorted(CS2_BUILDS))
    files = copy.deepcopy(cs2_files(build))
    module, places = Places(chance, *client), files["offsets.json"]
    places["client.dll"] = {name: module.draw(8, 8) for name in places["client.dll"]}
    places["engine2.dll"] = {"dwBuildNumber": Places(chance, *engine).draw(4)}
    fields = {name: kind["fields"] for name, kind in files["client_dll.json"]["client.dll"]["classes"].items()}
    flat = {field: place for kind in fields.values() for field, place in kind.items()}
    weapon = fields["C_EconEntity"]["m_AttributeManager"] + fields["C_AttributeContainer"]["m_Item"]
    extra = {
        # the floats of a view offset come before its quantised copies; an entry of the list of entities ends with the
        # pointer m_pNextByClass
        "view_z": flat["m_vecViewOffset"] + 8, "stride": flat["m_pNextByClass"] + 8,
        "velocity": flat["m_vecAbsVelocity"], "build": int(build),
        "m_iItemDefinitionIndex": weapon + fields["C_EconItemView"]["m_iItemDefinitionIndex"],
    }  # fmt: skip
    return Layout({**flat, **places["client.dll"], **places["engine2.dll"], **extra}, files)


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


def link(module: Path, when: datetime) -> None:
    """Set the time at which a module says that it was linked."""
    data = bytearray(module.read_bytes())
    (header,) = struct.unpack_from("<I", data, 0x3C)
    struct.pack_into("<I", data, header + 8, int(when.timestamp()))
    module.write_bytes(data)


def install(root: Path, name: Name, chance: random.Random, linked: datetime | None) -> tuple[Installation, Path]:
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
    if linked:
        link(executable.with_name("client.dll"), linked)
    layout = csgo_final() if linked else (cs2_layout if name == "cs2" else csgo_layout)(chance, *spaces)
    lines = {**layout.stand_in, "seed": chance.randrange(1 << 30)}
    executable.with_name("layout.txt").write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
    for file, content in layout.files.items():
        (installation.clonestrike_cfg / file).write_text(json.dumps(content))
    return installation, executable


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a program; on a machine that is busy, Wine fails at it now and then, with an error of its own."""
    for _ in range(3):
        with contextlib.suppress(OSError):
            return subprocess.Popen(command)
        time.sleep(1)
    return subprocess.Popen(command)


@contextlib.contextmanager
def stand_in(
    root: Path, name: Name, *options: str, seed: int | None = None, linked: datetime | None = None
) -> Iterator[StandIn]:
    """A game that runs, and is gone afterwards; with ``linked`` it is CS:GO's last build, linked then."""
    installation, executable = install(root, name, random.Random(seed), linked)
    process = start([str(executable), *options])
    try:
        yield StandIn(installation.edition, installation, executable.parent, process)
    finally:
        process.kill()
        process.wait()
