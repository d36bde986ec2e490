"""Reading the state of the player in view from the game's memory."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike.offsets import Offsets
from clonestrike.games.counterstrike.process import Memory
from clonestrike.games.counterstrike.weapons import NAMES, SLOTS

TEAMS = {1: "spectator", 2: "T", 3: "CT"}
DEFAULT_FIELD_OF_VIEW = 90.0
MOST_POSITION, MOST_SPEED, MOST_HEIGHT = 32768.0, 4000.0, 128.0
STRIDES = (0x78, 0x70)
"""Possible distances of entities in CS2's list, bytes. It depends on the build, and is found by the local player."""
NOBODY = 0xFFFFFFFF
NOBODY_WATCHED = PlayerState(first_person=False)
"""The state while a spectator watches no one. The spectator's own entity is of another class than a player's."""


@dataclass(frozen=True)
class Seen:
    """The player in view: the address of the entity, whether it is the own player, and the state."""

    entity: int
    own: bool
    state: PlayerState


class PlayerMemory(ABC):
    """The memory of one game. Wrong offsets are reported by ``problem``, never worked around."""

    def __init__(self, memory: Memory, offsets: Offsets, modules: tuple[str, ...]) -> None:
        self._memory, self._at = memory, offsets
        loaded = memory.modules
        missing = [name for name in modules if name not in loaded]
        if missing:
            raise ClonestrikeError(f"the game has not loaded {missing[0]} yet", "wait until a map runs")
        self._client, self._engine = (loaded[name].base for name in modules)

    @abstractmethod
    def seen(self) -> Seen | None:
        """Read the player in view; None without one (menu, loading). Raises ClonestrikeError if the game is gone."""

    @abstractmethod
    def problem(self) -> str | None:
        """Why the offsets cannot be those of this build, or None. Call it only while there is a player."""

    def _read(self, layout: str, address: int) -> Any:
        values = self._memory.unpack(layout, address)
        return values[0] if len(values) == 1 else values


class CsgoMemory(PlayerMemory):
    """CS:GO: a process of 32 bits."""

    FIRST_PERSON = 4

    def __init__(self, memory: Memory, offsets: Offsets) -> None:
        super().__init__(memory, offsets, ("client.dll", "engine.dll"))
        self._linked = memory.modules["client.dll"].linked

    def problem(self) -> str | None:
        if self._linked not in self._at.linked:
            linked = datetime.fromtimestamp(self._linked, UTC)
            return f"they were found for another client.dll than the game's, which was linked on {linked:%Y-%m-%d}"
        player = self._read("I", self._client + self._at["dwLocalPlayer"])
        entities = (self._read("I", self._client + self._at["dwEntityList"] + i * 0x10) for i in range(64))
        return None if player in entities else "the list of entities does not hold the local player"

    def _entity(self, handle: int) -> int:
        if handle in (0, NOBODY):
            return 0
        return int(self._read("I", self._client + self._at["dwEntityList"] + ((handle & 0xFFF) - 1) * 0x10))

    def seen(self) -> Seen | None:
        at = self._at
        own = self._read("I", self._client + at["dwLocalPlayer"])
        if not own:
            return None
        mode, target = self._read("i", own + at["m_iObserverMode"]), 0
        if mode:
            target = self._entity(self._read("I", own + at["m_hObserverTarget"]))
            if not target:
                return Seen(own, False, NOBODY_WATCHED)
        player = target or own
        weapon = self._entity(self._read("I", player + at["m_hActiveWeapon"]))
        engine = self._read("I", self._engine + at["dwClientState"])
        state = _state(
            origin=self._read("3f", player + at["m_vecOrigin"]),
            velocity=self._read("3f", player + at["m_vecVelocity"]),
            angles=self._read("2f", engine + at["dwClientState_ViewAngles"]),
            view_height=self._read("3f", player + at["m_vecViewOffset"])[2],
            field_of_view=self._read("i", player + at["m_iFOVStart"]),
            scoped=self._read("?", player + at["m_bIsScoped"]),
            health=self._read("i", player + at["m_iHealth"]),
            armour=self._read("i", player + at["m_ArmorValue"]),
            team=self._read("i", player + at["m_iTeamNum"]),
            life=self._read("B", player + at["m_lifeState"]),
            item=self._read("H", weapon + at["m_iItemDefinitionIndex"]) if weapon else None,
            clip=self._read("i", weapon + at["m_iClip1"]) if weapon else None,
            first_person=mode in (0, self.FIRST_PERSON),
        )
        return Seen(player, not mode, state)


class Cs2Memory(PlayerMemory):
    """CS2: a process of 64 bits."""

    FIRST_PERSON = 2

    def __init__(self, memory: Memory, offsets: Offsets) -> None:
        super().__init__(memory, offsets, ("client.dll", "engine2.dll"))
        self._stride: int | None = None

    def problem(self) -> str | None:
        build = self._read("I", self._engine + self._at["dwBuildNumber"])
        if build != self._at.build:
            return f"the game is build {build}, they are of build {self._at.build}"
        if self._stride_now() is None:
            return "the list of entities does not hold the local player"
        return None

    def _stride_now(self) -> int | None:
        """The stride at which the list of entities has the local player for its handle; None if there is none."""
        pawn = self._read("Q", self._client + self._at["dwLocalPlayerPawn"])
        controller = self._read("Q", self._client + self._at["dwLocalPlayerController"])
        if self._stride is None and pawn and controller:
            handle = self._read("I", controller + self._at["pawn_of"])
            self._stride = next((stride for stride in STRIDES if self._gives(pawn, handle, stride)), None)
        return self._stride

    def _gives(self, pawn: int, handle: int, stride: int) -> bool:
        try:
            return self._entity(handle, stride) == pawn
        except ClonestrikeError:
            return False

    def _entity(self, handle: int, stride: int) -> int:
        if handle in (0, NOBODY):
            return 0
        entities = self._read("Q", self._client + self._at["dwEntityList"])
        chunk = self._read("Q", entities + 0x10 + 8 * ((handle & 0x7FFF) >> 9)) if entities else 0
        return int(self._read("Q", chunk + stride * (handle & 0x1FF))) if chunk else 0

    def seen(self) -> Seen | None:
        at = self._at
        own = self._read("Q", self._client + at["dwLocalPlayerPawn"])
        stride = self._stride_now() if own else None
        if not own or stride is None:
            return None
        mode, target = 0, 0
        observing = self._read("Q", own + at["observer"])
        if observing:
            mode = self._read("B", observing + at["observer_mode"])
        if mode:
            target = self._entity(self._read("I", observing + at["observer_target"]), stride)
            if not target:
                return Seen(own, False, NOBODY_WATCHED)
        player = target or own
        weapons, camera = (self._read("Q", player + at[name]) for name in ("weapons", "camera"))
        weapon = self._entity(self._read("I", weapons + at["active_weapon"]), stride) if weapons else 0
        node = self._read("Q", player + at["scene_node"])
        angles = player + at["eye_angles"] if mode else self._client + at["dwViewAngles"]
        state = _state(
            origin=self._read("3f", node + at["origin"]) if node else None,
            velocity=self._read("3f", player + at["velocity"]),
            angles=self._read("2f", angles),
            # A CNetworkViewOffsetVector begins with three floats; their quantised copies m_vecX, m_vecY and m_vecZ lie
            # behind them, at 16, 24 and 32. Dumps list the class in server_dll.json only, since build 14132, and do not
            # name the floats; SDKs of server plugins call them m_vecData, and take the eyes' position from them.
            view_height=self._read("3f", player + at["view_offset"])[2],
            field_of_view=self._read("I", camera + at["field_of_view"]) if camera else None,
            scoped=self._read("?", player + at["scoped"]),
            health=self._read("i", player + at["health"]),
            armour=self._read("i", player + at["armour"]),
            team=self._read("B", player + at["team"]),
            life=self._read("B", player + at["life"]),
            item=self._read("H", weapon + at["item"]) if weapon else None,
            clip=self._read("i", weapon + at["clip"]) if weapon else None,
            first_person=mode in (0, self.FIRST_PERSON),
        )
        return Seen(player, not mode, state)


def _state(
    *,
    origin: tuple[float, float, float] | None,
    velocity: tuple[float, float, float],
    angles: tuple[float, float],
    view_height: float,
    field_of_view: int | None,
    scoped: bool,
    health: int,
    armour: int,
    team: int,
    life: int,
    item: int | None,
    clip: int | None,
    first_person: bool,
) -> PlayerState:
    """Convert values of the game to a PlayerState; the game's angles are in degrees, pitch down."""
    x, y, z = origin or (None, None, None)
    weapon = None if item is None else NAMES.get(item)
    return PlayerState(
        x=x, y=y, z=z,
        vx=velocity[0], vy=velocity[1], vz=velocity[2],
        yaw=math.radians(angles[1]), pitch=-math.radians(angles[0]),
        view_height=view_height,
        field_of_view=None if field_of_view is None else float(field_of_view or DEFAULT_FIELD_OF_VIEW),
        scoped=scoped,
        health=float(health),
        armour=float(armour),
        weapon=weapon,
        weapon_slot=None if weapon is None else SLOTS[weapon],
        ammo=clip if clip is not None and clip >= 0 else None,
        team=TEAMS.get(team),
        alive=health > 0 and life == 0,
        first_person=first_person,
        item=item,
    )  # fmt: skip


def implausible(state: PlayerState) -> str | None:
    """The value of a state that is out of its range or not finite, as text; None if there is none."""
    limits = (
        ("health", state.health, 0.0, 100.0),
        ("armour", state.armour, 0.0, 100.0),
        ("pitch", state.pitch, -math.pi / 2, math.pi / 2),
        ("yaw", state.yaw, -math.pi - 1e-3, math.pi + 1e-3),
        ("view height", state.view_height, 0.0, MOST_HEIGHT),
        ("field of view", state.field_of_view, 1.0, 170.0),
        *((name, getattr(state, name), -MOST_POSITION, MOST_POSITION) for name in ("x", "y", "z")),
        *((name, getattr(state, name), -MOST_SPEED, MOST_SPEED) for name in ("vx", "vy", "vz")),
    )
    for name, value, low, high in limits:
        if value is not None and not low <= value <= high:
            return f"{name} is {value:.6g}"
    return None
