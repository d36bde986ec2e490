"""The registry of networks, and policies built from it by name or by a checkpoint's card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from clonestrike.core.registry import Registry
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.networks.network import Network, Outputs, Policy, Size, Variant
from clonestrike.policy.view import PolicyView

__all__ = [
    "NETWORKS", "Network", "Outputs", "Policy", "Size", "Variant", "card_of", "network_of", "opened",
    "untrained", "view_of",
]  # fmt: skip

NETWORKS: Registry[Network[Any, Any]] = Registry("clonestrike.networks", Network, "network")


def untrained(model: str, frame: Size, crosshair: Size | None = None, trunk: str | None = None) -> Policy:
    """A policy with random weights for frames of this height and width.

    Args:
        model: name of a network, perhaps with variants: ``pocket:big,nomemory``.
        frame: height and width.
        crosshair: row and column; None for the middle.
        trunk: weights to start the trunk with (see `imagenet.load_trunk`), where the network has one.

    Raises ClonestrikeError when there is no such network, variant or trunk, or frames are too small for its view.
    """
    name, _, variants = model.partition(":")
    named = [variant for variant in variants.split(",") if variant]
    policy: Policy = NETWORKS.get(name).untrained(frame, crosshair, named, trunk)
    return policy


def card_of(policy: Policy) -> PolicyCard:
    """A card with the policy's architecture, view and action space: enough to build it again."""
    return PolicyCard({"name": policy.network, **msgspec.to_builtins(policy.sizes)}, policy.view)


def network_of(card: PolicyCard) -> Network[Any, Any]:
    """The network that opens a checkpoint; raises ClonestrikeError when it is not installed."""
    name = card.architecture.get("name")
    if name not in NETWORKS.names():
        raise ClonestrikeError(
            f"the policy's architecture is not readable (there is no network {name!r})",
            f"install the package that brings it, or a newer clonestrike; there are {', '.join(NETWORKS.names())}",
        )
    return NETWORKS.get(name)


def opened(card: PolicyCard) -> Policy:
    """An untrained policy as the card describes it; raises ClonestrikeError when the card is not readable."""
    policy: Policy = network_of(card).opened(card)
    return policy


def view_of(card: PolicyCard, frame: Size, crosshair: Size | None) -> PolicyView | None:
    """The view of a card's policy on frames of another size; None if its parts would have other shapes."""
    view = card.view
    found = replace(view, frame=frame) if view.crop is None else network_of(card).view(frame, crosshair)
    return found if found.shapes == view.shapes else None
