"""The doctor, on a real game that is well and on set-ups that are broken on purpose, one thing at a time."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.desktops import CHOCOLATE, chocolate_doom, program, room, until

from clonestrike.doctor.examination import CHECKS, examine
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.x11 import X11Input, X11Screen

pytestmark = pytest.mark.usefixtures("x_server")
DOOM = f"window:{CHOCOLATE},degrees=0.044"
THIEF = """
import time
from Xlib import X
from clonestrike.games.desktop.x11 import X11Screen
screen = X11Screen("Thief")
while True:
    screen._window.set_input_focus(X.RevertToParent, X.CurrentTime)
    screen._display.sync()
    time.sleep(0.05)
"""


def results(name: str, *names: str) -> dict[str, Any]:
    """Check -> its row; only the checks called so, where some are named."""
    checks = tuple(check for check in CHECKS if not names or check.name in names)
    return {row["check"]: row for row in examine(name, checks)["checks"]}


def verdicts(rows: dict[str, Any]) -> dict[str, str]:
    return {check: row["result"] for check, row in rows.items()}


def failed(rows: dict[str, Any]) -> set[str]:
    return {check for check, row in rows.items() if row["result"] == "fail"}


def test_a_healthy_game(tmp_path: Path) -> None:
    """By the command itself."""
    with chocolate_doom(tmp_path / "doom"):
        doctor = subprocess.run(
            [sys.executable, "-m", "clonestrike", "doctor", "--game", DOOM, "--json", str(tmp_path / "well.json")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "all is well" in doctor.stdout
    report = json.loads((tmp_path / "well.json").read_text())
    assert report["passed"]
    assert {row["check"] for row in report["checks"]} == {check.name for check in CHECKS if not check.metadata}
    assert {row["result"] for row in report["checks"]} == {"pass"}
    assert report["figures"]["angle of a count, by the picture"]["measured"] == pytest.approx(0.0439453, rel=0.002)
    assert 0 < report["figures"]["delay"]["picture_ms"] < 150


def test_a_broken_set_up_is_told_by_the_exit_code(tmp_path: Path) -> None:
    doctor = subprocess.run(
        [sys.executable, "-m", "clonestrike", "doctor", "--game", "window:Nothing"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert doctor.returncode == 1
    assert "fail" in doctor.stdout
    assert "start the game" in doctor.stdout


@pytest.mark.parametrize("name", ["doom", "window:", "window:A,rate=0", "nothing"])
def test_what_cannot_be_examined_is_bad_input(name: str) -> None:
    with pytest.raises(ClonestrikeError):
        examine(name)


def test_a_wrong_title() -> None:
    with room():
        (row,) = examine("window:Another room")["checks"]
    assert (row["check"], row["result"]) == ("game", "fail")
    assert row["found"] == "no window is called 'Another room'"
    assert row["what to do"] == "start the game, or check the title"


def test_hands_that_are_in_use() -> None:
    with room(), X11Input():
        (row,) = examine("window:A room")["checks"]
    assert "another Clonestrike plays" in row["found"]


def test_a_black_window() -> None:
    with room(colour="black"):
        rows = results("window:A room", "window", "picture", "picture changes", "rate", "mouse turns the view")
    assert failed(rows) == {"picture"}
    assert rows["mouse turns the view"]["result"] == "skipped"


def test_a_covered_window() -> None:
    with room(), program(sys.executable, "-c", ON_TOP):
        until(lambda: _covered("A room"))
        rows = results("window:A room", "window")
    assert "lies over it" in rows["window"]["found"]


ON_TOP = """
from Xlib import X, display
d = display.Display()
w = d.screen().root.create_window(400, 300, 200, 200, 0, 24, override_redirect=True)
w.set_wm_name("Notice")
w.map()
while True:
    w.configure(stack_mode=X.Above)
    d.sync()
"""


def _covered(title: str) -> bool:
    with X11Screen(title) as screen:
        return screen.obstacle is not None


@contextmanager
def thief() -> Iterator[None]:
    with room("Thief"), program(sys.executable, "-c", THIEF):
        yield


def test_a_window_that_loses_the_focus() -> None:
    with room(), thief():
        rows = results("window:A room", "window", "focus")
    assert failed(rows) == {"focus"}


def test_a_game_that_hangs(tmp_path: Path) -> None:
    with chocolate_doom(tmp_path / "doom") as game:
        game.send_signal(signal.SIGSTOP)
        rows = results(DOOM, "window", "picture", "focus", "picture changes", "rate", "mouse turns the view")
        game.send_signal(signal.SIGCONT)
    assert failed(rows) == {"picture changes"}


def test_a_game_that_closes_meanwhile(tmp_path: Path) -> None:
    with chocolate_doom(tmp_path / "doom") as game:
        checks = CHECKS[:2]

        def end(under_test: object) -> Any:
            game.kill()
            game.wait()
            return checks[0].make(under_test)  # type: ignore[arg-type]

        report = examine(DOOM, (checks[0], type(checks[0])("end", end), checks[1]))
    assert [row["result"] for row in report["checks"]] == ["pass", "fail", "fail"]
    assert "is gone" in report["checks"][1]["found"]


def test_a_wrong_sensitivity(tmp_path: Path) -> None:
    with chocolate_doom(tmp_path / "doom"):
        names = ("window", "picture", "focus", "picture changes", "mouse turns the view")
        rows = results(f"window:{CHOCOLATE},degrees=0.055", *names, "angle of a count, by the picture")
    assert failed(rows) == {"angle of a count, by the picture"}
    assert "sensitivity by 1.25" in rows["angle of a count, by the picture"]["what to do"]
    assert "write degrees=0.04" in rows["angle of a count, by the picture"]["what to do"]


def test_mouse_acceleration(tmp_path: Path) -> None:
    with chocolate_doom(tmp_path / "doom", acceleration=2.5):
        rows = results(DOOM, "window", "picture", "focus", "picture changes", "mouse acceleration")
    assert failed(rows) == {"mouse acceleration"}
    assert float(rows["mouse acceleration"]["found"].split()[4]) > 1.18


def test_keys_that_do_nothing(tmp_path: Path) -> None:
    with chocolate_doom(tmp_path / "doom", keys="arrows"):
        names = ("window", "picture", "focus", "picture changes", "moving keys", "clicks")
        rows = results(DOOM, *names)
        bound = results(f"{DOOM},keys=w:Up+s:Down+a:comma+d:period", *names)
    assert failed(rows) == {"moving keys"}
    assert not failed(bound)


def test_a_click_that_does_nothing(tmp_path: Path) -> None:
    with chocolate_doom(tmp_path / "doom", fires=False):
        rows = results(DOOM, "window", "picture", "focus", "picture changes", "clicks")
    assert failed(rows) == {"clicks"}


def test_a_mouse_that_turns_nothing() -> None:
    with room():
        rows = results(
            "window:A room", "window", "picture", "focus", "picture changes", "mouse turns the view", "delay"
        )
    assert failed(rows) == {"mouse turns the view"}


def test_a_rate_that_cannot_be_had(tmp_path: Path) -> None:
    with chocolate_doom(tmp_path / "doom"):
        rows = results(f"{DOOM},rate=500", "window", "picture", "focus", "picture changes", "rate")
    assert failed(rows) == {"rate"}


def test_the_kill_switch_ends_it() -> None:
    with room():
        press = "import subprocess, time; time.sleep(2); subprocess.run(['xdotool', 'key', 'F12'])"
        with program(sys.executable, "-c", press), pytest.raises(ClonestrikeError, match="stopped by the kill switch"):
            examine("window:A room")
