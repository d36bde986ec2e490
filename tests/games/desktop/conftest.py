import subprocess
from collections.abc import Iterator

import pytest
from tests.desktops import virtual_screen


@pytest.fixture
def x_server() -> Iterator["subprocess.Popen[bytes]"]:
    with virtual_screen() as server:
        yield server
