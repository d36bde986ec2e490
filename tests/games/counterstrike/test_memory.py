"""Entity lookups and states, out of memory laid out as the games do, at places drawn anew for every test."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.games.counterstrike.standin import cs2_layout, csgo_layout

from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike.memory import Cs2Memory, CsgoMemory, implausible
from clonestrike.games.counterstrike.offsets import Offsets
from clonestrike.games.counterstrike.process import Memory, Module

CLIENT, ENGINE, HEAP = 0x10000000, 0x20000000, 0x30000000
ROOM = (0x1000, 1 << 18)
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Laid(Memory):
    """Memory that a test has laid out."""

    def __init__(self, engine: str) -> None:
        self.spaces = {base: bytearray(1 << 20) for base in (CLIENT, ENGINE, HEAP)}
        self._modules = {"client.dll": Module(CLIENT, 1000), engine: Module(ENGINE, 1000)}

    def put(self, layout: str, address: int, *values: float) -> None:
        base = address & 0xF0000000
        struct.pack_into("<" + layout, self.spaces[base], address - base, *values)

    def read(self, address: int, size: int) -> bytes:
        base = address & 0xF0000000
        space = self.spaces.get(base, b"")
        if address - base + size > len(space):
            raise ClonestrikeError(f"nothing is at {address:#x}", "look elsewhere")
        return bytes(space[address - base : address - base + size])

    @property
    def modules(self) -> Mapping[str, Module]:
        return self._modules


OWN, OTHER, OWN_GUN, OTHER_GUN, STATE = (HEAP + i * 0x10000 for i in range(1, 6))


def csgo(seed: int, *, observing: int = 0, other: int = 9) -> tuple[Laid, CsgoMemory, Mapping[str, int]]:
    layout = csgo_layout(random.Random(seed), ROOM, ROOM).stand_in
    memory = Laid("engine.dll")
    memory.put("I", CLIENT + layout["dwLocalPlayer"], OWN)
    memory.put("I", ENGINE + layout["dwClientState"], STATE)
    memory.put("2f", STATE + layout["dwClientState_ViewAngles"], 12.5, -170.0)
    for index, entity in ((3, OWN), (other, OTHER), (500, OWN_GUN), (501, OTHER_GUN)):
        memory.put("I", CLIENT + layout["dwEntityList"] + (index - 1) * 0x10, entity)
    for entity, gun, health in ((OWN, 500, 100), (OTHER, 501, 37)):
        memory.put("i", entity + layout["m_iHealth"], health)
        memory.put("3f", entity + layout["m_vecOrigin"], health, 2.0, 3.0)
        memory.put("3f", entity + layout["m_vecViewOffset"], 0, 0, 64.06)
        memory.put("i", entity + layout["m_iTeamNum"], 3)
        memory.put("I", entity + layout["m_hActiveWeapon"], gun | 0x5A << 12)
    memory.put("I", OTHER_GUN + layout["m_iItemDefinitionIndex"], 7 | 4 << 16)
    memory.put("i", OTHER_GUN + layout["m_iClip1"], 22)
    memory.put("i", OWN + layout["m_iObserverMode"], observing)
    memory.put("I", OWN + layout["m_hObserverTarget"], other | 0x11 << 12)
    return memory, CsgoMemory(memory, Offsets(layout, 2000, (), range(2001))), layout


def cs2(
    seed: int, stride: int | None = None, *, observing: int = 0, other: int = 9
) -> tuple[Laid, Cs2Memory, Mapping[str, int]]:
    layout = cs2_layout(random.Random(seed), ROOM, ROOM)
    at = layout.stand_in
    stride = stride or at["stride"]
    memory = Laid("engine2.dll")
    places = {
        "health": "m_iHealth", "team": "m_iTeamNum", "life": "m_lifeState", "armour": "m_ArmorValue",
        "scene_node": "m_pGameSceneNode", "origin": "m_vecAbsOrigin", "velocity": "velocity",
        "view_offset": "m_vecViewOffset",
        "eye_angles": "m_angEyeAngles", "scoped": "m_bIsScoped", "observer": "m_pObserverServices",
        "observer_mode": "m_iObserverMode", "observer_target": "m_hObserverTarget", "weapons": "m_pWeaponServices",
        "active_weapon": "m_hActiveWeapon", "camera": "m_pCameraServices", "field_of_view": "m_iFOV",
        "clip": "m_iClip1", "item": "m_iItemDefinitionIndex", "pawn_of": "m_hPawn",
    }  # fmt: skip
    named = {name: at[field] for name, field in places.items()} | {k: v for k, v in at.items() if k.startswith("dw")}
    lists, chunk, controller = HEAP + 0x60000, HEAP + 0x68000, HEAP + 0x80000
    memory.put("Q", CLIENT + at["dwLocalPlayerPawn"], OWN)
    memory.put("Q", CLIENT + at["dwLocalPlayerController"], controller)
    memory.put("I", controller + at["m_hPawn"], 3 | 5 << 15)
    memory.put("Q", CLIENT + at["dwEntityList"], lists)
    memory.put("I", ENGINE + at["dwBuildNumber"], at["build"])
    for index, entity in ((3, OWN), (other, OTHER), (600, OWN_GUN), (601, OTHER_GUN)):
        memory.put("Q", lists + 0x10 + 8 * (index >> 9), chunk + (index >> 9) * 0xB000)
        memory.put("Q", chunk + (index >> 9) * 0xB000 + stride * (index & 0x1FF), entity)
    memory.put("2f", CLIENT + at["dwViewAngles"], -3.0, 45.0)
    for entity, gun, health in ((OWN, 600, 100), (OTHER, 601, 37)):
        node, weapons, camera, observer = (HEAP + 0xA0000 + (entity == OTHER) * 0x8000 + i * 0x1000 for i in range(4))
        memory.put("i", entity + at["m_iHealth"], health)
        memory.put("f", entity + at["view_z"], 64.06)
        memory.put("B", entity + at["m_iTeamNum"], 2)
        memory.put("2f", entity + at["m_angEyeAngles"], 10.0, 20.0)
        memory.put("Q", entity + at["m_pGameSceneNode"], node)
        memory.put("3f", node + at["m_vecAbsOrigin"], health, 2.0, 3.0)
        memory.put("Q", entity + at["m_pWeaponServices"], weapons)
        memory.put("I", weapons + at["m_hActiveWeapon"], gun | 3 << 15)
        memory.put("Q", entity + at["m_pCameraServices"], camera)
        memory.put("I", camera + at["m_iFOV"], 40 if entity == OTHER else 0)
        memory.put("Q", entity + at["m_pObserverServices"], observer)
        memory.put("B", observer + at["m_iObserverMode"], observing if entity == OWN else 0)
        memory.put("I", observer + at["m_hObserverTarget"], other | 7 << 15)
    memory.put("H", OTHER_GUN + at["m_iItemDefinitionIndex"], 9)
    memory.put("i", OTHER_GUN + at["m_iClip1"], 5)
    return memory, Cs2Memory(memory, Offsets(named, at["build"], ())), at


@QUICK
@given(st.integers(0, 10_000), st.integers(4, 400))
def test_csgo_own_and_watched(seed: int, other: int) -> None:
    _, memory, _ = csgo(seed)
    seen = memory.seen()
    assert seen is not None
    assert memory.problem() is None
    assert seen.own
    assert (seen.state.health, seen.state.x, seen.state.team, seen.state.first_person) == (100, 100, "CT", True)
    assert seen.state.yaw == pytest.approx(math.radians(-170))
    assert seen.state.pitch == pytest.approx(math.radians(-12.5))
    _, memory, _ = csgo(seed, observing=4, other=other)
    seen = memory.seen()
    assert seen is not None
    assert not seen.own
    assert seen.entity == OTHER
    assert (seen.state.health, seen.state.weapon, seen.state.item, seen.state.ammo) == (37, "weapon_ak47", 7, 22)
    assert seen.state.first_person
    assert seen.state.view_height == pytest.approx(64.06)


@QUICK
@given(st.integers(0, 10_000), st.sampled_from([0x78, 0x70, None]), st.integers(4, 599))
def test_cs2_own_and_watched_at_either_stride(seed: int, stride: int | None, other: int) -> None:
    _, memory, _ = cs2(seed, stride)
    seen = memory.seen()
    assert seen is not None
    assert memory.problem() is None
    assert seen.own
    assert (seen.state.health, seen.state.x, seen.state.team, seen.state.field_of_view) == (100, 100, "T", 90)
    assert seen.state.yaw == pytest.approx(math.radians(45))
    _, memory, _ = cs2(seed, stride, observing=2, other=other)
    seen = memory.seen()
    assert seen is not None
    assert not seen.own
    assert (seen.entity, seen.state.health, seen.state.weapon, seen.state.ammo) == (OTHER, 37, "weapon_awp", 5)
    assert seen.state.yaw == pytest.approx(math.radians(20))
    assert seen.state.field_of_view == 40
    assert seen.state.view_height == pytest.approx(64.06)
    assert seen.state.first_person


@pytest.mark.parametrize("mode", [5, 6])
def test_csgo_not_first_person(mode: int) -> None:
    seen = csgo(0, observing=mode)[1].seen()
    assert seen is not None
    assert seen.state.first_person is False


@pytest.mark.parametrize("mode", [1, 3, 4])
def test_cs2_not_first_person(mode: int) -> None:
    seen = cs2(0, observing=mode)[1].seen()
    assert seen is not None
    assert seen.state.first_person is False


@pytest.mark.parametrize("mode", [1, 2, 4, 6])
def test_a_spectator_who_watches_no_one_has_no_state(mode: int) -> None:
    """Where a player's values would be, something else is."""
    memory, reader, layout = csgo(0, observing=mode)
    memory.put("I", OWN + layout["m_hObserverTarget"], 0xFFFFFFFF)
    memory.put("i", OWN + layout["m_iHealth"], -77)
    memory2, reader2, layout2 = cs2(0, observing=mode)
    observing = memory2.unpack("Q", OWN + layout2["m_pObserverServices"])[0]
    memory2.put("I", observing + layout2["m_hObserverTarget"], 0xFFFFFFFF)
    memory2.put("2f", OWN + layout2["m_angEyeAngles"], 1e20, math.nan)
    for seen in (reader.seen(), reader2.seen()):
        assert seen is not None
        assert not seen.own
        assert seen.state == PlayerState(first_person=False)


def test_nobody_while_there_is_no_player() -> None:
    memory, reader, layout = csgo(0)
    memory.put("I", CLIENT + layout["dwLocalPlayer"], 0)
    assert reader.seen() is None
    memory, reader2, layout = cs2(0)
    memory.put("Q", CLIENT + layout["dwLocalPlayerPawn"], 0)
    assert reader2.seen() is None


def test_offsets_of_another_build() -> None:
    memory, reader, layout = cs2(0)
    memory.put("I", ENGINE + layout["dwBuildNumber"], layout["build"] + 1)
    assert "the game is build" in str(reader.problem())
    memory, reader, layout = cs2(0, 0x60)
    assert "does not hold the local player" in str(reader.problem())
    memory, older, layout = csgo(0)
    other = CsgoMemory(memory, Offsets(layout, 999, (), range(1000)))
    assert "for another client.dll than the game's, which was linked on 1970-01-01" in str(other.problem())
    memory.put("I", CLIENT + layout["dwLocalPlayer"], OTHER + 8)
    assert "does not hold the local player" in str(older.problem())


def test_a_module_that_is_not_loaded() -> None:
    with pytest.raises(ClonestrikeError, match=r"has not loaded engine2\.dll"):
        Cs2Memory(Laid("engine.dll"), Offsets({}, 0, ()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("health", 101.0), ("health", -1.0), ("x", math.nan), ("y", math.inf), ("z", 1e9), ("vx", 1e5),
        ("pitch", 1.6), ("yaw", 4.0), ("view_height", -3.0), ("field_of_view", 0.0), ("armour", 300.0),
    ],
)  # fmt: skip
def test_what_cannot_be(field: str, value: float) -> None:
    assert field.replace("_", " ") in str(implausible(PlayerState(**{field: value})))  # type: ignore[arg-type]


def test_what_can_be() -> None:
    assert implausible(PlayerState()) is None
    assert implausible(PlayerState(health=0, x=-2000, pitch=-1.55, yaw=3.14159, view_height=46.04, vz=-900)) is None
