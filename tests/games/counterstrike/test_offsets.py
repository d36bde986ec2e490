"""Files of the dumpers: whole ones are read, and anything else is an error that says what to do."""

from __future__ import annotations

import contextlib
import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.games.counterstrike.standin import CS2_BUILDS, cs2_files, cs2_layout, csgo_layout

from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike.offsets import CSGO_FIELDS, CSGO_SIGNATURES, load_cs2, load_csgo

ROOM = (0x5000, 1 << 20)
QUICK = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    return folder


@pytest.fixture
def csgo(tmp_path: Path) -> Path:
    return write(tmp_path, csgo_layout(random.Random(1), ROOM, ROOM).files)


@pytest.fixture
def cs2(tmp_path: Path) -> Path:
    return write(tmp_path, cs2_layout(random.Random(1), ROOM, ROOM).files)


def change(path: Path, *keys: str, to: object = None) -> None:
    """Set a value somewhere in a file; None removes it."""
    data = json.loads(path.read_text())
    part = data
    for key in keys[:-1]:
        part = part[key]
    if to is None:
        del part[keys[-1]]
    else:
        part[keys[-1]] = to
    path.write_text(json.dumps(data))


def test_hazedumper(csgo: Path) -> None:
    offsets = load_csgo(csgo)
    data = json.loads((csgo / "csgo.json").read_text())
    assert offsets["m_iHealth"] == data["netvars"]["m_iHealth"]
    assert offsets["dwEntityList"] == data["signatures"]["dwEntityList"]
    assert offsets.build == data["timestamp"]


def test_hazedumper_as_toml(csgo: Path, tmp_path: Path) -> None:
    expected = load_csgo(csgo)
    data = json.loads((csgo / "csgo.json").read_text())
    lines = [f"timestamp = {data['timestamp']}"]
    for group in ("signatures", "netvars"):
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in data[group].items())]
    (csgo / "csgo.json").unlink()
    (csgo / "csgo.toml").write_text("\n".join(lines))
    assert dict(load_csgo(csgo).at) == dict(expected.at)


@pytest.mark.parametrize("build", sorted(CS2_BUILDS))
def test_sets_of_real_builds(build: str, tmp_path: Path) -> None:
    """The numbers are those of the same dumps in another form, their C++ headers."""
    offsets = load_cs2(write(tmp_path, cs2_files(build)))
    assert offsets.build == int(build)
    assert [offsets[name] for name in ("health", "view_offset", "eye_angles", "item", "dwEntityList")] == {
        "14030": [804, 3152, 5000, 4762, 26569320],
        "14033": [836, 3240, 5168, 4938, 26983624],
        "14106": [844, 3480, 15872, 5554, 30430296],
        "14132": [852, 3416, 15824, 5506, 38435656],
        "14172": [844, 3704, 13120, 5042, 39124592],
    }[build]


def test_a_field_that_moves_to_another_class_is_found(cs2: Path) -> None:
    expected = load_cs2(cs2)["scoped"]
    path = cs2 / "client_dll.json"
    change(path, "client.dll", "classes", "C_CSPlayerPawn", "fields", "m_bIsScoped")
    with pytest.raises(ClonestrikeError, match=r"has no C_CSPlayerPawn\.m_bIsScoped"):
        load_cs2(cs2)
    change(path, "client.dll", "classes", "C_BasePlayerPawn", "fields", "m_bIsScoped", to=expected)
    assert load_cs2(cs2)["scoped"] == expected


@pytest.mark.parametrize("name", [*CSGO_SIGNATURES, *CSGO_FIELDS])
@pytest.mark.parametrize("value", [None, -1, 1 << 31, "12", True, 1.5, [1]])
def test_a_place_that_is_missing_or_no_place(csgo: Path, name: str, value: object) -> None:
    change(csgo / "csgo.json", "signatures" if name in CSGO_SIGNATURES else "netvars", name, to=value)
    with pytest.raises(ClonestrikeError, match=f"gives no usable {name}"):
        load_csgo(csgo)


def test_the_last_build_of_csgo_comes_with_the_package(tmp_path: Path) -> None:
    offsets = load_csgo(tmp_path)
    assert (offsets.build, offsets["dwLocalPlayer"], offsets["m_iItemDefinitionIndex"]) == (1693948329, 14596508, 12218)
    for day, fits in {"2023-06-07": False, "2023-09-05": True, "2023-10-12": True, "2023-10-13": False}.items():
        assert (int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp()) in offsets.linked) == fits


def test_the_users_file_comes_first(csgo: Path) -> None:
    for dumped, end in ((1600000000, 1600000001), (1693948329, 1697155200), (1800000000, 1800000001)):
        change(csgo / "csgo.json", "timestamp", to=dumped)
        offsets = load_csgo(csgo)
        assert offsets.files == (csgo / "csgo.json",)
        assert offsets.linked == range(end)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match=r"offsets\.json is missing"):
        load_cs2(tmp_path)


def test_classes_that_are_their_own_parents(cs2: Path) -> None:
    change(cs2 / "client_dll.json", "client.dll", "classes", "C_BaseEntity", "parent", to="C_CSPlayerPawn")
    change(cs2 / "client_dll.json", "client.dll", "classes", "C_BaseEntity", "fields", "m_iHealth")
    with pytest.raises(ClonestrikeError, match=r"has no C_CSPlayerPawn\.m_iHealth"):
        load_cs2(cs2)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"\xff\xfe", b"[" * 5000, b"<html>404</html>"])
@pytest.mark.parametrize("name", ["offsets.json", "client_dll.json", "info.json"])
def test_damaged_files(cs2: Path, name: str, content: bytes) -> None:
    (cs2 / name).write_bytes(content)
    with pytest.raises(ClonestrikeError):
        load_cs2(cs2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.dictionaries(st.sampled_from(["client.dll", "classes", "fields"]), inner, max_size=3),
    max_leaves=6,
)


@QUICK
@given(JSON)
def test_any_json_is_offsets_or_an_error(cs2: Path, value: object) -> None:
    (cs2 / "client_dll.json").write_text(json.dumps(value))
    with contextlib.suppress(ClonestrikeError):
        load_cs2(cs2)
