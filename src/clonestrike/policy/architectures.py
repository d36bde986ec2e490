"""The networks by name: what a checkpoint or ``train --model`` asks for."""

from __future__ import annotations

from typing import Literal

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.paper import PaperPolicy, PaperSizes
from clonestrike.policy.pocket import PocketPolicy, PocketSizes
from clonestrike.policy_view import PolicyView

Policy = PocketPolicy | PaperPolicy
Model = Literal["pocket", "paper"]

PAPER_PICTURE = (150, 280)
"""Height and width of what the paper's network sees."""


def view_of(model: Model, frame: tuple[int, int], game: str) -> PolicyView:
    """What a new policy sees of frames of this height and width; only Doom's crosshair is not in the middle."""
    if model == "paper":
        return PolicyView(frame, PAPER_PICTURE, None, (0, 0))
    doom = PolicyView()
    if game == "doom" and frame == doom.frame:
        return doom
    assert doom.crop is not None
    top, left = ((n - crop) // 2 for n, crop in zip(frame, doom.crop, strict=True))
    return PolicyView(frame, doom.whole, doom.crop, (top, left))


def untrained(model: Model, view: PolicyView) -> Policy:
    """A policy with random weights."""
    return PaperPolicy(view) if model == "paper" else PocketPolicy(view)


def new_policy(card: PolicyCard) -> Policy:
    """An untrained policy of the card's architecture, view and action space; raises ClonestrikeError if unknown."""
    match card.architecture.get("name"):
        case "pocket":
            return PocketPolicy(card.view, PocketSizes.from_json(card.architecture), card.actions)
        case "paper":
            return PaperPolicy(card.view, PaperSizes.from_json(card.architecture), card.actions)
    raise ClonestrikeError(
        f"the policy's architecture {card.architecture.get('name')!r} is unknown: use a newer clonestrike"
    )
