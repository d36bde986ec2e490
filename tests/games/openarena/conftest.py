import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.desktops import need

from clonestrike.games.openarena.process import HOMES

SMALL = "width=320,height=240,lockstep=1"
"""A small window, and a game that waits for us: as fast as the machine."""


def processes() -> set[str]:
    """Command lines of the games and virtual screens that run below this process."""
    found, ours = set(), {os.getpid()}
    rows = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            rows.append((int(entry.name), parent, (entry / "cmdline").read_text().replace("\0", " ")))
        except OSError:
            continue
    for _ in range(5):
        ours |= {pid for pid, parent, _ in rows if parent in ours}
    for pid, _, command in rows:
        if pid in ours and ("ioquake3" in command or "Xvfb" in command):
            found.add(f"{pid} {command}")
    return found


def homes() -> set[Path]:
    """Homes of games whose starter, this process or another one, does not need them any more."""
    left = set()
    for home in Path(tempfile.gettempdir()).glob(f"{HOMES}*-*"):
        starter = home.name.removeprefix(HOMES).split("-")[0]
        if starter == str(os.getpid()) or (starter.isdecimal() and not Path(f"/proc/{starter}").exists()):
            left.add(home)
    return left


@pytest.fixture
def arena(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test needs the game, gets a screen of its own, and leaves nothing behind."""
    need("openarena", "Xvfb", "xdotool")
    monkeypatch.delenv("DISPLAY", raising=False)
    before = processes(), homes()
    yield
    assert processes() <= before[0]
    assert homes() <= before[1]
