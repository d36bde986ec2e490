"""The networks by name: what a checkpoint or ``train --model`` asks for."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.networks.paper import PaperPolicy, PaperSizes
from clonestrike.policy.networks.pocket import PocketPolicy, PocketSizes
from clonestrike.policy.view import PolicyView

Policy = PocketPolicy | PaperPolicy

PAPER_PICTURE = (150, 280)
"""Height and width of what the paper's network sees."""
NO_CROP = "nocrop"
"""A pocket policy that sees the whole view only."""
RANDOM_TRUNK = "randinit"
"""The original's name for a network that does not start with trained weights; ours never does by itself."""


def untrained(model: str, frame: tuple[int, int], game: str) -> Policy:
    """A policy with random weights for a game's frames of this height and width.

    ``model`` is pocket, paper or lite, perhaps with variants: ``pocket:big,nomemory,nocrop``, ``paper:big,drop``.
    Raises ClonestrikeError on another name.
    """
    name, _, options = model.partition(":")
    variants = [option for option in options.split(",") if option]
    if name == "pocket":
        sizes = reduce(PocketSizes.variant, (v for v in variants if v != NO_CROP), PocketSizes())
        view = _around_the_crosshair(frame, game)
        return PocketPolicy(replace(view, crop=None, crop_corner=(0, 0)) if NO_CROP in variants else view, sizes)
    if name in ("paper", "lite"):
        paper = PaperSizes("lite0" if name == "lite" else "b0")
        paper = reduce(PaperSizes.variant, (v for v in variants if v != RANDOM_TRUNK), paper)
        return PaperPolicy(PolicyView(frame, PAPER_PICTURE, None, (0, 0)), paper)
    raise ClonestrikeError(
        f"unknown model {model!r}", "there are pocket, paper and lite, and variants as in pocket:big or paper:big,drop"
    )


def of_frames(view: PolicyView, frame: tuple[int, int], game: str) -> PolicyView | None:
    """What a policy sees of other frames than it was made for, if there is a view of them in the same shape."""
    found = replace(view, frame=frame) if view.crop is None else _around_the_crosshair(frame, game)
    return found if found.shapes == view.shapes else None


def _around_the_crosshair(frame: tuple[int, int], game: str) -> PolicyView:
    """The pocket policy's view; only Doom's crosshair is not in the middle."""
    doom = PolicyView()
    if game == "doom" and frame == doom.frame:
        return doom
    assert doom.crop is not None
    top, left = ((n - crop) // 2 for n, crop in zip(frame, doom.crop, strict=True))
    return PolicyView(frame, doom.whole, doom.crop, (top, left))


def new_policy(card: PolicyCard) -> Policy:
    """An untrained policy of the card's architecture, view and action space; raises ClonestrikeError if unknown."""
    match card.architecture.get("name"):
        case "pocket":
            return PocketPolicy(card.view, PocketSizes.from_json(card.architecture), card.actions)
        case "paper":
            return PaperPolicy(card.view, PaperSizes.from_json(card.architecture), card.actions)
    raise ClonestrikeError(
        f"the policy's architecture is not readable (named {card.architecture.get('name')!r})",
        "use a newer clonestrike",
    )
