"""policy.json: what a checkpoint says of itself. Needs no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from clonestrike.core.actions import ACTION_SPACE, ActionSpace
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.view import PolicyView

FORMAT_VERSION = 1


@dataclass(frozen=True)
class PolicyCard:
    """Architecture, view and action space of a policy, the game that it was trained for and how."""

    architecture: dict[str, Any]
    """Its name and sizes."""
    view: PolicyView
    actions: ActionSpace = ACTION_SPACE
    game: dict[str, Any] = field(default_factory=dict)
    """The recordings' GameInfo."""
    training: dict[str, Any] = field(default_factory=dict)
    """The configuration, updates done, and scores on held-out runs."""
    data: list[str] = field(default_factory=list)
    """Fingerprints of the recordings."""
    decoding: str = "cloned"
    """The preset by which it plays best (see decoding.DECODINGS)."""

    def to_text(self) -> str:
        """As JSON."""
        content = {
            "format_version": FORMAT_VERSION,
            "architecture": self.architecture,
            "view": self.view.to_json(),
            "action_space": self.actions.to_json(),
            "game": self.game,
            "training": self.training,
            "data": self.data,
            "decoding": self.decoding,
        }
        return json.dumps(content, indent=2, allow_nan=False)

    @classmethod
    def from_text(cls, text: str, source: object) -> PolicyCard:
        """From JSON; raises ClonestrikeError, which names the source, when it cannot be used."""
        try:
            content = json.loads(text)
            version = content["format_version"]
            if version != FORMAT_VERSION:
                raise ClonestrikeError(
                    f"{source} has format version {version}, this clonestrike reads {FORMAT_VERSION}",
                    "train it again or use the version that wrote it",
                )
            card = cls(
                dict(content["architecture"]),
                PolicyView.from_json(content["view"]),
                ActionSpace.from_json(content["action_space"]),
                dict(content["game"]),
                dict(content["training"]),
                [str(fingerprint) for fingerprint in content["data"]],
                str(content.get("decoding", "cloned")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ClonestrikeError(f"{source} is damaged ({error!r})", "restore it or train again") from None
        if card.actions != ACTION_SPACE:
            raise ClonestrikeError(f"{source} is of another action space", "use a checkpoint trained with this one")
        return card
