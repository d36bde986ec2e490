"""Whoever plays."""

from __future__ import annotations

from typing import Protocol

from clonestrike.core.actions import Action
from clonestrike.core.observation import Observation


class Actor(Protocol):
    """Whoever plays: agent, human, scripted expert, random."""

    def reset(self) -> None:
        """Forget everything: a new run begins."""

    def act(self, observation: Observation) -> Action:
        """The answer to this observation."""
