import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

GAMES = "/usr/games"
"""Where Debian puts games; it is not on everybody's PATH."""


def need(*programs: str) -> None:
    """Skip the test where one of these programs is not installed."""
    for program in programs:
        if not (shutil.which(program) or shutil.which(program, path=GAMES)):
            pytest.skip(f"{program} is not installed: make test-desktop installs it")


@pytest.fixture
def x_server(monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """A virtual screen of our own, which DISPLAY names."""
    need("Xvfb", "xdotool")
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        monkeypatch.setenv("DISPLAY", f":{number}")
        yield server
        server.kill()
