import pickle
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.games import open_game
from clonestrike.playing.actors import Bystander
from clonestrike.playing.named_actor import ACTORS, Seat, find_actor

MODULE = """
from clonestrike.core.actions import Action
from clonestrike.core.actor import Decision

class Spinner:
    closed = 0

    def __init__(self, info, seed):
        self.game, self.seed = info.game, seed

    def reset(self):
        pass

    def act(self, observation):
        return Decision(Action(mouse_x=self.seed))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        Spinner.closed += 1
"""


def test_our_actors_are_found_by_name_and_say_what_they_are() -> None:
    assert {"expert", "human", "random"} <= set(ACTORS.names())
    entries = {name: find_actor(name).entry for name in ("expert", "human", "random")}
    assert [name for name, entry in entries.items() if entry.human] == ["human"]
    assert [name for name, entry in entries.items() if entry.privileged] == ["expert"]
    assert not any(entry.learned for entry in entries.values())


def test_a_checkpoint_is_its_folder_or_its_graph_and_named_after_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "base"
    folder.mkdir(parents=True)
    for name in ("", "policy.json", "missing.onnx"):
        with pytest.raises(ClonestrikeError, match="is no checkpoint"):
            find_actor(str(folder / name))
    (folder / "policy.onnx").touch()
    (tmp_path / "other.onnx").touch()
    found = find_actor(str(folder))
    assert (found.run_name, found.entry.learned, found.entry.human) == ("base", True, False)
    assert find_actor(str(tmp_path / "other.onnx")).run_name == "other"
    assert find_actor("pretrained:doom").run_name == "pretrained-doom"


def test_a_checkpoint_is_told_from_a_registered_actor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "runs" / "random"
    folder.mkdir(parents=True)
    (folder / "policy.onnx").touch()
    assert find_actor(str(folder)).run_name == "runs-random"
    assert find_actor("random").run_name == "random"
    monkeypatch.chdir(folder)
    assert find_actor(".").run_name == "runs-random"
    assert find_actor("policy.onnx").run_name == "policy"


def test_a_factory_of_somebody_elses_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_agent.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    player = find_actor("their_agent:Spinner")
    assert (player.run_name, player.entry.learned) == ("their_agent-Spinner", True)
    with open_game("doom:bots=0", seed=1, minutes=0.1) as game:
        with player.open(Seat(game, "doom:bots=0", seed=7)) as actor:
            assert actor.act(game.observe()).action.mouse_x == 7
        assert sys.modules["their_agent"].Spinner.closed == 1


@pytest.mark.parametrize(("name", "kind"), [("os:sep", "str"), ("json:decoder", "module")])
def test_only_what_can_be_called_is_a_factory(name: str, kind: str) -> None:
    with pytest.raises(ClonestrikeError, match=f"{name} is a {kind}, not a factory"):
        find_actor(name)


@pytest.mark.parametrize("name", ["expert", "pretrained:doom", "json:loads"])
def test_another_process_finds_a_player_by_its_name(name: str) -> None:
    player = find_actor(name)
    unpicklable = replace(player, entry=replace(player.entry, open=lambda seat: Bystander()))
    assert pickle.loads(pickle.dumps(unpicklable)).entry.privileged == player.entry.privileged  # noqa: S301


@pytest.mark.parametrize("name", ["no_such_package:Agent", "json:no_such_factory"])
def test_a_factory_that_is_not_there_is_reported(name: str) -> None:
    with pytest.raises(ClonestrikeError, match=r"cannot be imported .*: install its package"):
        find_actor(name)
