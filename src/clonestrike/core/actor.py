"""Whoever plays, and what they decide at a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from clonestrike.core.actions import Action, Floats
from clonestrike.core.observation import Observation


@dataclass(frozen=True)
class Prediction:
    """What the policy says of a step: float32 probabilities of switches (13,), mouse x (23,), mouse y (15,); value."""

    switches: Floats
    mouse_x: Floats
    mouse_y: Floats
    value: float


@dataclass(frozen=True)
class Decision:
    """The answer to one observation."""

    action: Action = field(default_factory=Action)
    """What is held until the next observation."""
    intended: Action | None = None
    """What to learn from this step, where something else is held on purpose; None where it is ``action``."""
    prediction: Prediction | None = None
    """What a policy predicted, where one plays."""
    observed: bool = False
    """Somebody else presses: what they did until the next observation is that observation's ``pressed``."""
    leave: bool = False
    """The player wants to stop: the match ends after this step."""

    @property
    def learned(self) -> Action:
        """What a recording keeps of this step as the player's action."""
        return self.action if self.intended is None else self.intended


class Actor(Protocol):
    """Whoever plays: agent, human, scripted expert, random."""

    def reset(self) -> None:
        """Forget everything: a new run begins."""

    def act(self, observation: Observation) -> Decision:
        """The answer to this observation."""
