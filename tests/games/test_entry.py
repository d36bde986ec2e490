"""Games as parts that plug in: ours, and one of a package of somebody else's."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.labelling.simulation import BORN, DOOM

from clonestrike import games
from clonestrike.cli.main import main
from clonestrike.core.states import States
from clonestrike.doctor.examination import examine
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Lockstep
from clonestrike.games.doom.movement import MOVEMENT
from clonestrike.labelling.movement import profile_of
from clonestrike.labelling.rules import infer

ARENA = """
from dataclasses import replace

import numpy as np

from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.games.base import Game, Lockstep
from clonestrike.games.doom.movement import MOVEMENT
from clonestrike.games.entry import GameEntry


def info(options):
    return GameInfo("arena", options, "duel", 16.0, 180, 320, 90.0, "arena", crosshair=(80, 160))


class Arena(Game, Lockstep):
    def __init__(self, options, steps):
        self.info, self.left = info(options), steps

    def observe(self):
        return Observation(np.zeros((180, 320, 3), np.uint8), None, "self", 0, 0)

    def apply(self, action):
        self.action = action

    def advance(self):
        self.left -= 1

    @property
    def finished(self):
        return self.left <= 0

    def close(self):
        self.left = 0


def open_match(options, *, seed, minutes, privileged, human):
    return Arena(options, round(minutes * 60 * 16))


GAME = GameEntry(
    name="arena", title="Arena", help="a map", info=info, open_match=open_match,
    movement=replace(MOVEMENT, jump_speed=123.0),
)
FLAT = replace(GAME, name="flat", open_alone=lambda options: Arena(options, 1))
NOT_A_GAME = 7
"""


@pytest.fixture
def arena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that declares the game arena, and two that do not work."""
    (tmp_path / "arena_of_others.py").write_text(ARENA, encoding="utf-8")
    metadata = tmp_path / "arena_of_others-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: arena-of-others\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(
        "[clonestrike.games]\narena = arena_of_others:GAME\nflat = arena_of_others:FLAT\n"
        "broken = arena_of_others:MISSING\n"
        "number = arena_of_others:NOT_A_GAME\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "arena_of_others", raising=False)


@pytest.mark.parametrize("name", ["doom", "openarena", "csgo", "cs2", "window"])
def test_our_games_say_what_they_are(name: str) -> None:
    game = games.GAMES.get(name)
    assert game.name == name
    info = game.info("A" if name == "window" else "")
    assert info.game == name
    assert info.movement in {*games.GAMES.names(), ""}
    if info.movement:
        assert profile_of(info) == games.GAMES.get(info.movement).movement


def test_names_are_told_and_load_no_engine() -> None:
    code = (
        "import sys\nfrom clonestrike import games\nfrom clonestrike.errors import ClonestrikeError\n"
        "try: games.game_info('chess')\nexcept ClonestrikeError as error: print(error)\n"
        "assert not [name for name in sys.modules if name.startswith('clonestrike.games.doom')]\n"
        "assert games.GAMES.get('doom').movement is not None\n"
        "assert not {'vizdoom', 'Xlib', 'mss', 'torch'} & set(sys.modules)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "there is no game 'chess': use one of cs2, csgo, doom, openarena, window\n"


@pytest.mark.usefixtures("arena")
def test_a_game_of_another_package_is_played_and_labelled() -> None:
    assert "arena" in games.GAMES.names()
    game = games.open_game("arena:yard", seed=0, minutes=1 / 60)
    assert isinstance(game, Lockstep)
    steps = 0
    with game:
        assert game.info == games.game_info("arena:yard")
        while not game.finished:
            assert game.observe().frame.shape == (180, 320, 3)
            game.advance()
            steps += 1
    assert steps == 16
    assert profile_of(game.info) == replace(MOVEMENT, jump_speed=123.0)
    assert len(infer(States.of([BORN, BORN]), replace(DOOM, game="arena", movement="arena"))) == 1


@pytest.mark.usefixtures("arena")
def test_what_a_game_does_not_offer_is_told() -> None:
    with pytest.raises(ClonestrikeError, match="arena:yard keeps no score"):
        games.open_match("arena:yard", seed=0, minutes=1)
    with pytest.raises(ClonestrikeError, match="arena has no window of its own"):
        games.open_alone("arena")
    with pytest.raises(ClonestrikeError, match="arena has no bots to watch: use --play human"):
        games.open_spectator("arena", seed=0, minutes=1)
    with pytest.raises(ClonestrikeError, match="cs2 has no experts to watch: use --watch bots"):
        games.check_watch("cs2", "experts")
    with pytest.raises(ClonestrikeError, match="'cats' cannot be watched"):
        games.check_watch("arena", "cats")
    with pytest.raises(ClonestrikeError, match="arena has no scripted expert"):
        games.open_game("arena", seed=0, minutes=1, privileged=True)


@pytest.mark.usefixtures("arena")
def test_a_broken_package_is_told() -> None:
    with pytest.raises(ClonestrikeError, match=r"game 'broken' cannot be loaded .*: reinstall arena-of-others"):
        games.game_info("broken")
    with pytest.raises(ClonestrikeError, match="game 'number' is a int, not a GameEntry"):
        games.game_info("number")


@pytest.mark.usefixtures("arena")
def test_all_games_are_listed_with_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["games"])
    assert not stop.value.code
    said = capsys.readouterr().out
    assert "doom  Doom deathmatch\n  map=cig/MAP01" in said
    assert "arena  Arena\n  a map\n" in said
    assert "broken  cannot be used" in said


def test_what_is_known_of_a_game_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["games", "--game", "doom:bots=3"])
    assert "3 bots" in capsys.readouterr().out


@pytest.mark.usefixtures("arena")
def test_the_doctor_needs_a_window() -> None:
    (row,) = examine("flat")["checks"]
    assert (row["check"], row["result"]) == ("game", "fail")
    assert "flat opens a Arena, not a WindowGame" in row["found"]
