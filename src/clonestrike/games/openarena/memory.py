"""Reading states and inputs of the players from the memory of a running OpenArena; nothing is written there.

Addresses start from symbols that the game's modules export. The offsets are those of one build of the package, which
offsets.json names; other builds are refused.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import math
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError

WEAPONS = (
    "none", "gauntlet", "machinegun", "shotgun", "grenade launcher", "rocket launcher", "lightning gun", "railgun",
    "plasma gun", "bfg", "grappling hook", "nailgun", "prox launcher", "chaingun",
)  # fmt: skip
TEAMS = ("free", "red", "blue", "spectator")
PM_NORMAL, PM_DEAD = 0, 3
PMF_FOLLOW = 4096
CONNECTED = 2
HEALTH, ARMOUR = 0, 4
IN_THE_AIR = 1023
"""Ground entity of a player who stands on nothing."""
TEAM, DEATHS = 3, 8
"""Indices in playerState's array persistant; HEALTH and ARMOUR are those in stats."""
BUTTON_ATTACK, BUTTON_WALKING = 1, 16
FIELD_OF_VIEW = 90.0
HALF_PRESSED = 32
"""Move, of 127, from which a key counts as pressed: a quarter, since bots' moves are analog."""


@dataclass(frozen=True)
class Command:
    """The inputs of a player: moves are -127..127, ``weapon`` is the number of the selected weapon."""

    attack: bool
    walking: bool
    weapon: int
    forward: int
    right: int
    up: int

    @property
    def keys(self) -> frozenset[str]:
        """The inputs as keys of the action space."""
        keys = {"w"} if self.forward > HALF_PRESSED else {"s"} if self.forward < -HALF_PRESSED else set()
        keys |= {"d"} if self.right > HALF_PRESSED else {"a"} if self.right < -HALF_PRESSED else set()
        keys |= {"space"} if self.up > HALF_PRESSED else {"ctrl"} if self.up < -HALF_PRESSED else set()
        return frozenset(keys | ({"shift"} if self.walking and keys & {"w", "a", "s", "d"} else set()))


@dataclass(frozen=True)
class Seen:
    """The player in view: client number, server time (ms), whether it is another player, and the state."""

    client: int
    server_time: int
    following: bool
    state: PlayerState


@dataclass(frozen=True)
class Player:
    """A player in the server's memory; ``grounded``: stands on something, ``jumps``: the jump key is held."""

    client: int
    connected: bool
    state: PlayerState
    grounded: bool
    jumps: bool

    @property
    def identity(self) -> int:
        """The client number."""
        return self.client

    @property
    def place(self) -> tuple[float, float, float]:
        """Position (x, y, z)."""
        return place_of(self.state)


def place_of(state: PlayerState) -> tuple[float, float, float]:
    """Position (x, y, z) of a state; unknown values count as 0."""
    return (state.x or 0.0, state.y or 0.0, state.z or 0.0)


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


@cache
def offsets() -> dict[str, Any]:
    """The contents of offsets.json."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("offsets.json").read_text(encoding="utf-8"))
    return found


class NotLoadedError(ClonestrikeError):
    """The game has not loaded its modules yet."""


class Memory:
    """The memory of the game's process.

    Raises NotLoadedError when the game has not loaded its modules yet, and ClonestrikeError when the game is another
    build or may not be read.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._offsets = offsets()
        self._cg = self._symbol("cgame")
        self._clients = self._symbol("qagame")

    def _symbol(self, module: str) -> int:
        known = self._offsets[module]
        try:
            lines = Path(f"/proc/{self._pid}/maps").read_text(encoding="utf-8").splitlines()
        except OSError:
            raise ClonestrikeError("OpenArena is gone", "it was closed or died") from None
        for line in lines:
            address, _, offset, _, _, *name = line.split(maxsplit=5)
            if name and name[0].endswith("/" + known["file"]) and int(offset, 16) == 0:
                path = Path(name[0])
                break
        else:
            raise NotLoadedError(f"OpenArena has not loaded {known['file']} yet", "wait until the map runs")
        if hashlib.sha256(path.read_bytes()).hexdigest() != known["sha256"]:
            raise ClonestrikeError(
                f"{path} is of another build than {self._offsets['package']}", "install that one, or add its offsets"
            )
        with path.open("rb") as file:
            symbols = ELFFile(file).get_section_by_name(".dynsym")
            assert isinstance(symbols, SymbolTableSection)
            (symbol,) = symbols.get_symbol_by_name(known["symbol"]) or []
            return int(address.split("-")[0], 16) + int(symbol["st_value"])

    def _read(self, address: int, size: int) -> bytes:
        buffer = ctypes.create_string_buffer(size)
        ours, theirs = _Vector(ctypes.addressof(buffer), size), _Vector(address, size)
        got = self._libc.process_vm_readv(self._pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
        if got != size:
            raise ClonestrikeError("OpenArena's memory cannot be read", "the game is gone, or belongs to another user")
        return buffer.raw

    def frame(self) -> int:
        """Number of frames that the client has begun to draw."""
        (count,) = struct.unpack("<i", self._read(self._cg + self._offsets["cgame"]["frame"], 4))
        return int(count)

    def own(self) -> int:
        """Client number of the own player."""
        (client,) = struct.unpack("<i", self._read(self._cg + self._offsets["cgame"]["client"], 4))
        return int(client)

    def server_time(self) -> int:
        """Server time of the client's newest snapshot, ms."""
        (time,) = struct.unpack("<i", self._read(self._cg + self._offsets["cgame"]["latest_time"], 4))
        return int(time)

    def players(self, count: int) -> list[Player]:
        """The first ``count`` players, from the server's memory."""
        place = self._offsets["qagame"]
        data = self._read(self._clients, count * place["stride"])
        return [self._body(n, data[n * place["stride"] :]) for n in range(count)]

    def _body(self, client: int, data: bytes) -> Player:
        place = self._offsets["player"]
        _, _, state = self._player(data)
        (ground,) = struct.unpack_from("<i", data, place["ground"])
        up = self._command(data[self._offsets["qagame"]["command"] :]).up
        (connected,) = struct.unpack_from("<i", data, self._offsets["qagame"]["connected"])
        return Player(client, connected == CONNECTED, state, ground != IN_THE_AIR, up > HALF_PRESSED)

    def seen(self) -> Seen | None:
        """The player in view, or None while the client shows no match.

        The state of a watched player is that of the snapshot on the screen. That of the own player is the client's
        prediction from the inputs until now, since the server confirms it two tics later.
        """
        (snapshot,) = struct.unpack("<Q", self._read(self._cg + self._offsets["cgame"]["snapshot"], 8))
        if not snapshot:
            return None
        place = self._offsets["snapshot"]
        size = self._offsets["player"]["size"]
        data = self._read(snapshot, place["player"] + size)
        (time,) = struct.unpack_from("<i", data, place["server_time"])
        client, following, state = self._player(data[place["player"] :])
        if not following:
            _, _, state = self._player(self._read(self._cg + self._offsets["cgame"]["predicted"], size))
        return Seen(client, time, following, state)

    def _player(self, data: bytes) -> tuple[int, bool, PlayerState]:
        place = self._offsets["player"]

        def read(kind: str, name: str, index: int = 0) -> Any:
            return struct.unpack_from("<" + kind, data, place[name] + 4 * index)

        (pm_type,), (flags,), (client,), (weapon,) = (read("i", n) for n in ("pm_type", "pm_flags", "client", "weapon"))
        (x, y, z), (vx, vy, vz), (pitch, yaw, _) = (read("3f", name) for name in ("origin", "velocity", "angles"))
        (health,), (armour,) = read("i", "stats", HEALTH), read("i", "stats", ARMOUR)
        (team,), (deaths,) = read("i", "persistent", TEAM), read("i", "persistent", DEATHS)
        weapon = weapon if 0 <= weapon < len(WEAPONS) else 0
        (ammo,) = read("i", "ammo", weapon)
        (view_height,) = read("i", "view_height")
        state = PlayerState(
            x=x, y=y, z=z, vx=vx, vy=vy, vz=vz,
            yaw=math.radians(math.remainder(yaw, 360)),
            pitch=-math.radians(math.remainder(pitch, 360)),
            view_height=view_height,
            field_of_view=FIELD_OF_VIEW,
            scoped=False,
            health=max(0, health),
            armour=armour,
            weapon=WEAPONS[weapon],
            weapon_slot=weapon,
            ammo=ammo if ammo >= 0 else None,
            team=TEAMS[team] if 0 <= team < len(TEAMS) else None,
            deaths=deaths,
            alive=pm_type == PM_NORMAL and health > 0,
            first_person=pm_type in (PM_NORMAL, PM_DEAD),
        )  # fmt: skip
        return client, bool(flags & PMF_FOLLOW), state

    def command(self, client: int) -> Command:
        """The last command of a player, from the server's memory."""
        place = self._offsets["qagame"]
        return self._command(self._read(self._clients + client * place["stride"] + place["command"], 24))

    @staticmethod
    def _command(data: bytes) -> Command:
        buttons, weapon, forward, right, up = struct.unpack_from("<iBbbb", data, 16)
        return Command(bool(buttons & BUTTON_ATTACK), bool(buttons & BUTTON_WALKING), weapon, forward, right, up)
