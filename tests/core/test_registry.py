import sys
from pathlib import Path

import pytest

from clonestrike.core.registry import Registry
from clonestrike.errors import ClonestrikeError


def install(site: Path, package: str, entry_points: str) -> None:
    """What pip leaves of a package: its metadata, with one module of its own."""
    metadata = site / f"{package}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[toys]\n{entry_points}\n")
    (site / f"{package}.py").write_text("PART = 7\nTEXT = 'seven'\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("blocks", "bricks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_parts_are_found_by_name(site: Path) -> None:
    install(site, "blocks", "cube = blocks:PART\nball = blocks:PART")
    toys = Registry("toys", int, "toy")
    assert toys.names() == ["ball", "cube"]
    assert [toys.get("cube"), *toys] == [7, 7, 7]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cube = blocks:PART", "there is no toy 'ball': use one of cube"),
        ("ball = blocks:LOST", "the toy 'ball' cannot be loaded from blocks:LOST .*: reinstall blocks"),
        ("ball = lost:PART", "the toy 'ball' cannot be loaded from lost:PART .*: reinstall blocks"),
        ("ball = blocks:TEXT", "the toy 'ball' is a str, not a int: reinstall blocks"),
    ],
)
def test_what_cannot_be_used_is_reported(site: Path, line: str, message: str) -> None:
    install(site, "blocks", line)
    with pytest.raises(ClonestrikeError, match=message):
        Registry("toys", int, "toy").get("ball")


def test_two_packages_with_one_name_do_not_hide_each_other(site: Path) -> None:
    install(site, "blocks", "cube = blocks:PART")
    install(site, "bricks", "cube = bricks:PART\nball = bricks:PART")
    toys = Registry("toys", int, "toy")
    assert toys.names() == ["ball", "cube"]
    assert toys.get("ball") == 7
    with pytest.raises(ClonestrikeError, match=r"there are 2 toys 'cube', of (blocks and bricks|bricks and blocks)"):
        toys.get("cube")
