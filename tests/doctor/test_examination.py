"""The doctor, on a real game that is well and on set-ups that are broken on purpose, one thing at a time."""

import json
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.desktops import CHOCOLATE, chocolate_doom, program, room, until

from clonestrike.core.observation import Frame
from clonestrike.doctor.examination import CHECKS, Check, examine
from clonestrike.doctor.finding import Finding
from clonestrike.doctor.game_under_test import GameUnderTest
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


def slowed(seconds: float, *, late: bool = False) -> Check:
    """Not a check: from now on a picture takes so long to capture, or comes at once and is so ``late``."""

    def make(game: GameUnderTest) -> Finding:
        grab = game.window.screen.grab
        kept = deque([(time.perf_counter(), grab())])

        def slow() -> Frame:
            time.sleep(seconds)
            return grab()

        def old() -> Frame:
            now = time.perf_counter()
            kept.append((now, grab()))
            while len(kept) > 1 and kept[1][0] <= now - seconds:
                kept.popleft()
            return kept[0][1]

        game.window.screen.grab = old if late else slow  # type: ignore[method-assign]
        return Finding("pass", "")

    return Check("slowed", make)


def named(*names: str) -> list[Check]:
    return [check for check in CHECKS if check.name in names]


def test_a_healthy_game(tmp_path: Path) -> None:
    """By the command itself, at a rate that a busy machine keeps, too."""
    with chocolate_doom(tmp_path / "doom"):
        game, result = f"{DOOM},rate=1", str(tmp_path / "well.json")
        doctor = subprocess.run(
            [sys.executable, "-m", "clonestrike", "doctor", "--game", game, "--json", result],
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
    assert report["figures"]["delay"]["picture_ms"] > 0


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


def test_keys_and_counts_that_get_lost() -> None:
    """Of what is sent, something between us and the desktop takes away one key and half of the motion."""

    def make(game: GameUnderTest) -> Finding:
        hold, move = game.injector.hold, game.injector.move
        game.injector.hold = lambda action: hold(replace(action, keys=action.keys - {"d"}))  # type: ignore[method-assign]
        game.injector.move = lambda x, y: move(x // 2, y)  # type: ignore[method-assign]
        return Finding("pass", "")

    with room():
        checks = [Check("taken away", make), *named("keys and mouse on the desktop")]
        (_, row) = examine("window:A room", checks)["checks"]
    assert row["result"] == "fail"
    assert row["found"].startswith("lost: d, mouse ")


def test_a_rate_that_cannot_be_had(tmp_path: Path) -> None:
    with chocolate_doom(tmp_path / "doom"):
        rows = results(f"{DOOM},rate=500", "window", "picture", "focus", "picture changes", "rate")
    assert failed(rows) == {"rate"}


def test_a_capture_that_takes_too_long_for_the_rate(tmp_path: Path) -> None:
    """The same capture, whose time is known whatever else runs here: too slow for 16 steps a second, not for 1."""
    with chocolate_doom(tmp_path / "doom"):
        reports = [examine(f"{DOOM},rate={rate}", [slowed(0.1), *named("window", "rate")]) for rate in (16, 1)]
    assert [report["checks"][-1]["result"] for report in reports] == ["fail", "pass"]
    measured = [report["figures"]["rate"] for report in reports]
    assert min(figures["step_ms_p50"] for figures in measured) >= 100
    assert measured[0]["late_share"] > 0.9  # a step has 62.5 ms
    assert measured[0]["missed_steps"] > 10


def test_a_picture_that_comes_late(tmp_path: Path) -> None:
    checks = named("window", "focus", "delay")
    with chocolate_doom(tmp_path / "doom"):
        well, late = (examine(DOOM, [*before, *checks]) for before in ((), (slowed(0.2, late=True),)))
    assert late["checks"][-1]["result"] == "fail"
    measured = [report["figures"]["delay"]["picture_ms"] for report in (well, late)]
    assert measured[1] >= 200
    assert measured[1] - measured[0] > 100  # nobody else was late so often


def test_the_kill_switch_ends_it() -> None:
    with room():
        press = "import subprocess, time; time.sleep(2); subprocess.run(['xdotool', 'key', 'F12'])"
        with program(sys.executable, "-c", press), pytest.raises(ClonestrikeError, match="stopped by the kill switch"):
            examine("window:A room")
