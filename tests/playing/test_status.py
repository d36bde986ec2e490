"""What play says while it runs, and the figures of the original in its result."""

from __future__ import annotations

import re
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from clonestrike import console, games
from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision, Prediction
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.playing.config import PlayConfig
from clonestrike.playing.loop import Step
from clonestrike.playing.play import play
from clonestrike.playing.status import Status


def test_kills_and_deaths_per_1000_steps_are_said_and_returned(capsys: pytest.CaptureFixture[str]) -> None:
    result = play(PlayConfig("pretrained:doom", "doom", minutes=2.0, seed=3))
    said = re.findall(r"^([\d,]+) steps: ([\d.]+) kills and ([\d.]+) deaths per 1,000 steps, .* = ([\d.]+)$",
                      capsys.readouterr().err, re.MULTILINE)  # fmt: skip
    assert [steps for steps, *_ in said] == ["1,000", "2,000"]
    assert float(said[0][1]) > 0
    steps = 2 * 60 * 17.5
    assert result["kills"] > 3
    assert result["kills_per_1000_steps"] == pytest.approx(1000 * result["kills"] / steps, rel=0.01)
    assert result["deaths_per_1000_steps"] == pytest.approx(1000 * result["deaths"] / steps, rel=0.01)
    assert result["kill_ratio"] == result["kills"] / max(result["deaths"], 1)


def test_a_line_shows_what_is_pressed_and_how_likely_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(file=StringIO(), force_terminal=True, width=150)
    monkeypatch.setattr(console, "messages", terminal)
    switches = np.linspace(0, 0.96, 13, dtype=np.float32)
    prediction = Prediction(switches, np.zeros(23, np.float32), np.zeros(15, np.float32), -0.5)
    action = Action(frozenset("wd"), left=True, mouse_x=20, mouse_y=-4)
    seen = Observation(np.zeros((4, 4, 3), np.uint8), PlayerState(kills=3, deaths=1), "self", 0, 0)
    with games.open_game("doom:bots=0", seed=0, minutes=0.1) as game, console.progress() as bars:
        status = Status(game, bars, "runs/x", total=100)
        status.step(Step(seen, Decision(action, prediction=prediction), 12_000_000, 0, 0))
        words = r"w d  fire  mouse \+20 -4 +fire 0.88  jump 0.32  reload 0.80  value -0.50  kills 3  deaths 1  12 ms"
        assert re.fullmatch(words, bars.line)
        bars.refresh()
        assert re.search(words, terminal.file.getvalue())  # type: ignore[attr-defined]
        status.step(Step(seen, None, 0, 0, 0))
        assert bars.line.startswith("out of play ")
