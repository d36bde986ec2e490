"""policy.json: the description of a checkpoint. Needs no torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from clonestrike.core.actions import ACTION_SPACE, ActionSpace
from clonestrike.errors import ClonestrikeError
from clonestrike.files import as_dataclass, read_versioned
from clonestrike.policy.view import PolicyView

FORMAT_VERSION = 1
REMEDY = "restore it or train again"


@dataclass(frozen=True)
class PolicyCard:
    """Architecture, view and action space of a policy, the game that it was trained for and how."""

    architecture: dict[str, Any]
    """Name of the network, and its hyperparameters."""
    view: PolicyView
    action_space: ActionSpace = ACTION_SPACE
    game: dict[str, Any] = field(default_factory=dict)
    """GameInfo of the recordings that it was trained on."""
    training: dict[str, Any] = field(default_factory=dict)
    """The configuration, updates done, and scores on held-out runs."""
    data: list[str] = field(default_factory=list)
    """Fingerprints of these recordings."""
    decoding: str = "cloned"
    """The preset by which it plays best (see decoding.DECODINGS)."""

    def to_text(self) -> str:
        """The card as JSON."""
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=2, allow_nan=False)

    @classmethod
    def from_text(cls, text: str, source: object) -> PolicyCard:
        """Read a card from JSON; raises ClonestrikeError, which names ``source``, when it cannot be used."""
        content = read_versioned(text.encode(), FORMAT_VERSION, source, REMEDY)
        card = as_dataclass(content, cls, source, REMEDY)
        # The defaults are for new policies; what a file leaves out must not be guessed.
        for part in ("view", "action_space"):
            absent = asdict(card)[part].keys() - content.get(part, {}).keys()
            if absent:
                raise ClonestrikeError(f"{source} is damaged ({part} has no {min(absent)})", REMEDY)
        if card.action_space != ACTION_SPACE:
            raise ClonestrikeError(f"{source} is of another action space", "use a checkpoint trained with this one")
        return card
