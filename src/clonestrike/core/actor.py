"""Whoever plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from clonestrike.core.actions import Action, Floats
from clonestrike.core.observation import Observation


class Actor(Protocol):
    """Whoever plays: agent, human, scripted expert, random."""

    def reset(self) -> None:
        """Forget everything: a new run begins."""

    def act(self, observation: Observation) -> Action:
        """The answer to this observation."""


@dataclass(frozen=True)
class Prediction:
    """What the policy says of a step: float32 probabilities of switches (13,), mouse x (23,), mouse y (15,); value."""

    switches: Floats
    mouse_x: Floats
    mouse_y: Floats
    value: float
