"""The game, the crop and the controls of a policy: those of its card, unless the user says otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from clonestrike import games
from clonestrike.core.actions import Action
from clonestrike.core.opening import open_trajectories
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import EvaluateConfig, StyleConfig
from clonestrike.evaluate.matches import evaluate
from clonestrike.evaluate.style.style import style
from clonestrike.formats.original.layout import game_info as original_info
from clonestrike.games.base import Game
from clonestrike.playing.clock import clock_of
from clonestrike.playing.config import PlayConfig, RecordConfig
from clonestrike.playing.loop import Step, control_loop
from clonestrike.playing.named_actor import Seat, find_actor
from clonestrike.playing.play import play
from clonestrike.playing.record import record
from clonestrike.playing.suited import suited, workers
from clonestrike.policy.checkpoint import save_policy
from clonestrike.policy.controls import PAPER
from clonestrike.policy.decoding import DECODINGS
from clonestrike.policy.networks import card_of, untrained
from clonestrike.policy.networks.paper import PaperPolicy, PaperSizes
from clonestrike.policy.view import PolicyView

NEVER_LEARNED = {"ctrl", "shift", "1", "2", "3", "right"}


@pytest.fixture(scope="module")
def authors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of the authors' kind with random weights, and the card that importing one gives."""
    torch.manual_seed(1)
    seen = (150, 280)
    policy = PaperPolicy(PolicyView(seen, seen, None, (0, 0)), PaperSizes(filters=(4,)))
    folder = tmp_path_factory.mktemp("authors")
    card = replace(card_of(policy), game=original_info("").to_json(), decoding="paper", controls=PAPER, jump_scale=5.0)
    save_policy(folder, policy, card)
    return folder


def learned_in(folder: Path, name: str) -> str:
    """A checkpoint that has learned this game."""
    policy = PaperPolicy(PolicyView((150, 280), (150, 280), None, (0, 0)), PaperSizes(filters=(4,)))
    save_policy(folder, policy, replace(card_of(policy), game=games.game_info(name).to_json()))
    return str(folder)


@pytest.mark.parametrize("asked", [None, "csgo", "csgo:crop=original"])
def test_the_authors_networks_play_csgo_with_their_crop(
    authors: Path, asked: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert suited(asked, [find_actor(str(authors))]) == "csgo:crop=original"
    said = " ".join(capsys.readouterr().err.split())
    assert said == ("" if asked == "csgo:crop=original" else f"note: {authors} plays csgo:crop=original, as learned")


def test_another_crop_than_the_learned_one_is_refused(authors: Path, tmp_path: Path) -> None:
    words = r"has learned other pictures: .* 180 x 320, not 150 x 280: write crop=original, or leave the crop out"
    with pytest.raises(ClonestrikeError, match=words):
        play(PlayConfig(str(authors), "csgo:crop=16:9"))
    with pytest.raises(ClonestrikeError, match=words):
        record(RecordConfig(tmp_path / "r", "csgo:crop=16:9", play=str(authors), steps=1))
    with pytest.raises(ClonestrikeError, match=words):
        evaluate(EvaluateConfig(str(authors), tmp_path / "e", "window:A room,crop=16:9"))
    with pytest.raises(ClonestrikeError, match="not 180 x 320: write crop=16:9"):
        play(PlayConfig("pretrained:doom", "csgo:crop=original"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["doom", "openarena", "cs2", "cs2:crop=original", "window:A, b,rate=20,degrees=0.044,fov=100,crop=original"]
)
def test_a_checkpoint_plays_what_it_has_learned(tmp_path: Path, name: str) -> None:
    actor = find_actor(learned_in(tmp_path, name))
    assert games.game_info(suited(None, [actor])) == games.game_info(name)


def test_frames_of_another_size_are_refused_before_a_match(tmp_path: Path) -> None:
    policy = untrained("pocket", (150, 280))
    save_policy(tmp_path, policy, card_of(policy))
    player = find_actor(str(tmp_path))
    with pytest.raises(ClonestrikeError, match=r"takes frames of 150 x 280, not 180 x 320"):
        suited("doom", [player])


def test_an_option_that_does_not_exist_is_no_other_crop(authors: Path) -> None:
    with pytest.raises(ClonestrikeError) as raised:
        suited("csgo:crop=bogus", [find_actor(str(authors))])
    assert "learned" not in str(raised.value)


def test_without_a_card_it_is_doom(capsys: pytest.CaptureFixture[str]) -> None:
    assert suited(None, map(find_actor, ("random", "pretrained:doom"))) == "doom"
    assert suited(None, []) == "doom"
    assert not capsys.readouterr().err


def test_another_game_must_be_asked_for_and_is_said(authors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert suited("doom:bots=1", [find_actor(str(authors))]) == "doom:bots=1"
    assert "has learned csgo, not doom" in capsys.readouterr().err


def test_policies_of_two_games_need_one_that_is_named(authors: Path, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="the actors have learned csgo and doom: say which with --game"):
        style(StyleConfig((str(authors), "pretrained:doom"), tmp_path))


@pytest.mark.parametrize(
    ("actor", "controls", "words"),
    [
        ("random", "mouse", "--controls is for policies"),
        ("pretrained:doom", "mouse,aim", "no control 'aim'"),
        ("", "mouse,crouch", "has never learned crouch: it has move,jump,reload,fire,mouse"),
    ],
)
def test_controls_are_checked_before_a_match(
    authors: Path, tmp_path: Path, actor: str, controls: str, words: str
) -> None:
    actor = actor or str(authors)
    with pytest.raises(ClonestrikeError, match=words):
        play(PlayConfig(actor, "doom:bots=0", minutes=0.05, controls=controls))
    with pytest.raises(ClonestrikeError, match=words):
        evaluate(EvaluateConfig(actor, tmp_path / "e", "doom", controls=controls))
    with pytest.raises(ClonestrikeError, match=words):
        record(RecordConfig(tmp_path / "r", "doom", play=actor, steps=9, controls=controls))
    assert not list(tmp_path.iterdir())


class Presses:
    """A listener that keeps what was done."""

    def __init__(self) -> None:
        self.actions: list[Action] = []

    def step(self, step: Step) -> None:
        if step.decision:
            self.actions.append(step.decision.action)

    @property
    def switches(self) -> set[str]:
        """All that was pressed."""
        pressed = (({*a.keys}, {"left"} if a.left else set(), {"right"} if a.right else set()) for a in self.actions)
        return {name for parts in pressed for part in parts for name in part}


def played(game: Game, name: Path, listener: Presses, decoding: str | None, controls: str | None) -> None:
    with find_actor(str(name)).open(Seat(game, "doom", 3, decoding, controls)) as actor:
        control_loop(game, actor, clock_of(game), [listener], stop=lambda: len(listener.actions) >= 64)


@pytest.mark.parametrize("decoding", [None, *DECODINGS])
def test_in_a_match_heads_without_a_loss_press_nothing(authors: Path, decoding: str | None) -> None:
    with games.open_game("doom:bots=1", seed=3, minutes=0.2) as game:
        presses = Presses()
        played(game, authors, presses, decoding, None)
    assert len(presses.actions) == 64
    assert not presses.switches & NEVER_LEARNED
    assert decoding == "argmax" or presses.switches


def test_in_a_match_only_what_is_controlled_is_pressed(authors: Path, tmp_path: Path) -> None:
    config = RecordConfig(tmp_path, "doom:bots=1", play=str(authors), steps=150, seed=3, controls="move,fire")
    record(config)
    (recording,) = open_trajectories([tmp_path])
    assert recording.actions is not None
    used = {name for name in ("w", "a", "s", "d", "space", "r", "left") if recording.actions.switch(name).any()}
    assert used <= {"w", "a", "s", "d", "left"}
    assert "left" in used
    assert not np.any(recording.actions.mouse)


@pytest.mark.parametrize(
    ("game", "display", "several"),
    [
        ("doom", ":9", 4),
        ("openarena", "", 4),
        ("openarena", ":9", 1),
        ("csgo", "", 1),
        ("cs2", "", 1),
        ("window:A", ":9", 1),
    ],
)
def test_as_many_matches_at_once_as_the_game_allows(
    game: str, display: str, several: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert workers(game, 4) == several
    assert ("one match at a time" in capsys.readouterr().err) == (several == 1)
