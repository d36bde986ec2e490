"""Actors, and what they decide at a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from clonestrike.core.actions import Action, Floats
from clonestrike.core.observation import Observation


@dataclass(frozen=True)
class Prediction:
    """A policy's output at a step: float32 probabilities of switches (13,), mouse x (23,), mouse y (15,); a value."""

    switches: Floats
    mouse_x: Floats
    mouse_y: Floats
    value: float


@dataclass(frozen=True)
class Decision:
    """The answer to one observation."""

    action: Action = field(default_factory=Action)
    """Held until the next observation."""
    intended: Action | None = None
    """The action to learn, if another one is executed on purpose; None: ``action``."""
    prediction: Prediction | None = None
    """The policy's output, if a policy plays."""
    observed: bool = False
    """The actor only watches: the true action is ``pressed`` of the next observation."""
    leave: bool = False
    """The actor wants to stop: the match ends after this step."""

    @property
    def learned(self) -> Action:
        """The action that a recording stores for this step."""
        return self.action if self.intended is None else self.intended


class Actor(Protocol):
    """Decides what to do at each observation: an agent, a human, the scripted expert, the random actor."""

    def reset(self) -> None:
        """Forget everything: a new run begins."""

    def act(self, observation: Observation) -> Decision:
        """Decide what to do at this observation."""
