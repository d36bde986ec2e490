"""Labels: inferred actions, and which of them are valid."""

from __future__ import annotations

from dataclasses import dataclass

from clonestrike.core.actions import Actions, Bools

TRUE_SWITCHES = ("w", "a", "s", "d", "space", "r", "left")
"""Switches with true values in a file that a player recorded of himself (see Labellable.true_switches)."""


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

    def with_true(self, true: Actions) -> Labels:
        """The same labels with the TRUE_SWITCHES of these T actions in the valid rows."""
        actions = Actions(self.actions.switches.copy(), self.actions.mouse)
        for name in TRUE_SWITCHES:
            actions.switch(name)[self.valid] = true.switch(name)[self.valid]
        return Labels(actions, self.valid)

    def __len__(self) -> int:
        return len(self.actions)
