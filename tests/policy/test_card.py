from __future__ import annotations

import json
from typing import Any

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.controls import CONTROLS, PAPER
from clonestrike.policy.view import PolicyView


def earlier(training: dict[str, Any], decoding: str = "cloned") -> PolicyCard:
    """A card as it was written before controls were stored."""
    content = json.loads(PolicyCard({"name": "paper"}, PolicyView(), training=training, decoding=decoding).to_text())
    del content["controls"], content["jump_scale"]
    return PolicyCard.from_text(json.dumps(content), "policy.json")


def test_what_a_card_says_is_read_again() -> None:
    card = PolicyCard({"name": "paper"}, PolicyView(), decoding="paper", controls=PAPER, jump_scale=5.0)
    assert PolicyCard.from_text(card.to_text(), "policy.json") == card


@pytest.mark.parametrize(
    ("training", "decoding", "jumps"),
    [
        ({"imported": {"architecture": "ak47_sub_55k_drop_d4.json"}}, "paper", 1),
        ({"imported": {"architecture": "ak47_sub_55k_drop_d4_dmexpert_28_stateful.json"}}, "paper", 5),
        ({"imported": {"architecture": "ak47_sub_55k_drop_d4_aimexpertv2_60.json"}}, "paper", 5),
        ({"config": {"recipe": "paper", "decoding": None}}, "paper", 1),
        ({"config": {"recipe": "paper-expert", "decoding": "argmax"}}, "argmax", 5),
    ],
)
def test_an_earlier_card_of_the_papers_loss_says_what_it_has_learned(
    training: dict[str, Any], decoding: str, jumps: float
) -> None:
    card = earlier(training)
    assert (card.controls, card.decoding, card.jump_scale) == (PAPER, decoding, jumps)


def test_any_other_earlier_card_has_learned_everything() -> None:
    card = earlier({"config": {"recipe": "default", "decoding": None}}, decoding="corrected")
    assert (card.controls, card.decoding, card.jump_scale) == (CONTROLS, "corrected", 1)


def test_what_was_never_learned_is_refused() -> None:
    card = PolicyCard({"name": "paper"}, PolicyView(), controls=PAPER)
    assert card.allowed(None, "runs/x") == PAPER
    assert card.allowed("mouse,fire", "runs/x") == ("fire", "mouse")
    with pytest.raises(ClonestrikeError, match="runs/x has never learned crouch: it has move,jump,reload,fire,mouse"):
        card.allowed("mouse,crouch", "runs/x")
    strange = card.to_text().replace('"mouse"', '"wheel"')
    with pytest.raises(ClonestrikeError, match=r"policy\.json: there is no control 'wheel'"):
        PolicyCard.from_text(strange, "policy.json")
