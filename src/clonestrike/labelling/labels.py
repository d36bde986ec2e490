"""Inferred actions and which of them can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

from clonestrike.core.actions import Actions, Bools


@dataclass(frozen=True)
class Labels:
    """What T rows seem to have answered their frames with: T actions, and ``valid`` bool (T,).

    Row t is what was held from state t to state t+1. A row that is not valid could not be labelled
    (dead, out of sight, mouse at the pitch limit, ...): it carries no loss and is not scored.
    """

    actions: Actions
    valid: Bools

    def __post_init__(self) -> None:
        if self.valid.shape != (len(self.actions),):
            raise ValueError(f"{len(self.actions)} actions and valid {self.valid.shape} do not fit each other")

    def __len__(self) -> int:
        return len(self.actions)
