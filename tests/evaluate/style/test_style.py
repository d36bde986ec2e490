"""Figures of play in the real game."""

import json
from pathlib import Path

import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import StyleConfig
from clonestrike.evaluate.positions import Positions
from clonestrike.evaluate.style.style import distances_to, style
from clonestrike.games.graph import MapGraph


@pytest.mark.parametrize(
    ("actors", "why"), [(("expert", "expert"), "twice"), (("human",), "human"), (("x",), "x is no")]
)
def test_bad_input(actors: tuple[str, ...], why: str, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match=why):
        style(StyleConfig(actors, tmp_path, "doom"))


def test_a_match_without_bots_to_watch_is_refused_before_other_matches(tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="no bots to watch"):  # the others would take days
        style(StyleConfig(("random", "bots"), tmp_path, "doom:bots=0", matches=20, minutes=100_000, workers=1))
    assert not list(tmp_path.iterdir())


def test_only_agents_are_filmed(tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="name a checkpoint"):
        style(StyleConfig(("expert", "bots"), tmp_path, "doom", clips=True))


def test_distances_to_the_reference() -> None:
    here = np.zeros((50, 2), np.float32)
    players = {"a": Positions.of([here, here]), "b": Positions.of([here, here + np.array((600, 0))])}
    found = distances_to("a", players)
    assert found["a"] == {"coverage distance to a": None, "coverage noise floor": 0}
    assert found["b"]["coverage distance to a"] == pytest.approx(300, abs=10)
    assert found["b"]["coverage noise floor"] == pytest.approx(600, abs=10)
    assert distances_to("a", players | {"c": Positions.of([here * np.nan])}) == {}


def test_the_real_game(tmp_path: Path, shared_graph: MapGraph) -> None:
    config = StyleConfig(("expert", "random", "bots"), tmp_path, "doom", matches=1, minutes=0.4, workers=2)
    players = style(config)["players"]
    assert list(players) == ["expert", "random", "bots"]
    assert players["expert"]["enemy in sight"] > players["random"]["enemy in sight"]
    assert players["expert"]["firing at nobody"] < players["random"]["firing at nobody"]
    assert players["bots"]["enemy in sight"] is None
    assert players["bots"]["turning, degrees/s"] > 0
    assert all(0 < player["near a wall"] < 1 for player in players.values())
    assert players["expert"]["coverage distance to expert"] is None
    assert players["random"]["coverage distance to expert"] > 0
    assert (tmp_path / "style.png").stat().st_size > 10_000
    assert (tmp_path / "style.json").exists()


def test_places_of_several_maps_are_not_compared(tmp_path: Path) -> None:
    config = StyleConfig(("pretrained:doom", "random"), tmp_path, "doom:map=cig/MAP01+cig/MAP02", 2, minutes=0.1)
    players = style(config)["players"]
    assert players["random"]["turning, degrees/s"] > 0
    assert not [name for name in players["random"] if name.startswith("coverage")]


STARGAZER = """
from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision

class Stargazer:
    def __init__(self, info, seed):
        pass

    def reset(self):
        pass

    def act(self, observation):
        return Decision(Action(frozenset("w"), left=True, mouse_y=-200))
"""
"""Somebody's agent that looks at the sky, fires at nobody and runs against a wall, always."""


def test_clips_of_an_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stargazer.py").write_text(STARGAZER)
    monkeypatch.syspath_prepend(str(tmp_path))
    name, out = "stargazer:Stargazer", tmp_path / "out"
    found = style(StyleConfig((name,), out, "doom", matches=1, minutes=0.3, seed=8, clips=True))
    assert {clip["what"] for clip in found["clips"]} >= {"sky or floor", "firing at nobody", "stuck"}
    files = {Path(clip["file"]).name for clip in found["clips"]}
    assert files == {path.name for path in (out / "clips").glob("*")}
    assert json.loads((out / "style.json").read_text())[name]["clips"] == found["clips"]
