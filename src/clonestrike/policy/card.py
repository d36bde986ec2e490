"""policy.json: the description of a checkpoint. Needs no torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from clonestrike.core.actions import ACTION_SPACE, ActionSpace
from clonestrike.core.game_info import GameInfo
from clonestrike.errors import ClonestrikeError
from clonestrike.files import as_dataclass, read_versioned
from clonestrike.policy.controls import CONTROLS, PAPER, known, parse
from clonestrike.policy.view import PolicyView

FORMAT_VERSION = 1
CARD = "policy.json"
EPOCHS = "epochs"
"""Folder in a checkpoint of those that were kept on the way, by number of the epoch."""


def kept_checkpoints(folder: Path) -> list[Path]:
    """The folders of the checkpoints that a training in this folder has kept on the way, in order."""
    return [card.parent for card in sorted(folder.glob(f"{EPOCHS}/[0-9]*/{CARD}"))]


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
    controls: tuple[str, ...] = CONTROLS
    """Those that it has learned; what never had a loss is never used."""
    jump_scale: float = 1.0
    """Factor on the probability of a jump in decodings that leave it to the policy, such as the paper's."""

    @property
    def info(self) -> GameInfo | None:
        """The game that it has learned; None if the card names none.

        Raises ClonestrikeError when what it says of the game cannot be used.
        """
        return as_dataclass(self.game, GameInfo, "the game in policy.json", REMEDY) if self.game else None

    def allowed(self, controls: str | None, source: object) -> tuple[str, ...]:
        """The controls that it may use: all that it has learned, or those named, such as ``mouse,move,fire``.

        Raises ClonestrikeError, which names ``source``, for one that it has not learned.
        """
        wanted = self.controls if controls is None else parse(controls)
        if beyond := [name for name in wanted if name not in self.controls]:
            raise ClonestrikeError(f"{source} has never learned {beyond[0]}", f"it has {','.join(self.controls)}")
        return wanted

    def to_text(self) -> str:
        """The card as JSON."""
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=2, allow_nan=False)

    @classmethod
    def from_text(cls, text: str, source: object) -> PolicyCard:
        """Read a card from JSON; raises ClonestrikeError, which names ``source``, when it cannot be used."""
        content = _completed(read_versioned(text.encode(), FORMAT_VERSION, source, REMEDY))
        card = as_dataclass(content, cls, source, REMEDY)
        known(card.controls, source)
        # The defaults are for new policies; what a file leaves out must not be guessed.
        for part in ("view", "action_space"):
            absent = asdict(card)[part].keys() - content.get(part, {}).keys()
            if absent:
                raise ClonestrikeError(f"{source} is damaged ({part} has no {min(absent)})", REMEDY)
        if card.action_space != ACTION_SPACE:
            raise ClonestrikeError(f"{source} is of another action space", "use a checkpoint trained with this one")
        return card


EXPERT_JUMPS = 5.0
"""Pearce & Zhu let their models that were fine-tuned on an expert's play jump five times as often as they predict."""


def paper_jumps(model: str) -> float:
    """The jump factor of a model of Pearce & Zhu: the names of those that learned from an expert say so."""
    return EXPERT_JUMPS if "expert" in model else 1.0


def _completed(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a card; one from before controls were stored gets what follows from how it was trained."""
    training = content.get("training", {})
    imported, config = training.get("imported"), training.get("config", {})
    paper = str(config.get("recipe", "")).startswith("paper")
    if "controls" in content or not (imported or paper):
        return content
    model = imported["architecture"] if imported else config["recipe"]
    chosen = config.get("decoding") or "paper"
    return {**content, "controls": PAPER, "jump_scale": paper_jumps(model), "decoding": chosen}
