"""Labels: inferred actions, and which of them are valid."""

from __future__ import annotations

from dataclasses import dataclass

from clonestrike.core.actions import Actions, Bools


@dataclass(frozen=True)
class Labels:
    """T inferred actions, and ``valid`` bool (T,).

    Action t was held from state t to state t+1. A row that is not valid could not be labelled (the player is dead or
    not in first person, the view is at the pitch limit, ...); it is neither learned nor scored.
    """

    actions: Actions
    valid: Bools

    def __post_init__(self) -> None:
        if self.valid.shape != (len(self.actions),):
            raise ValueError(f"{len(self.actions)} actions and valid {self.valid.shape} do not fit each other")

    def __len__(self) -> int:
        return len(self.actions)
