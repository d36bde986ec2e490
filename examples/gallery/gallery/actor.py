"""An actor that turns right and fires, always; by name (``spinner``), or as ``gallery.actor:spinner``."""

from __future__ import annotations

from clonestrike.core.actions import Action
from clonestrike.core.actor import Actor, Decision
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.playing.named_actor import ActorEntry, Seat


class Spinner:
    """Turns by so many counts a step."""

    def __init__(self, counts: float) -> None:
        self._counts = counts

    def reset(self) -> None:
        """Nothing to forget."""

    def act(self, observation: Observation) -> Decision:
        return Decision(Action(left=True, mouse_x=self._counts))


def spinner(info: GameInfo, seed: int) -> Actor:
    """The factory: what ``clonestrike play gallery.actor:spinner`` calls."""
    return Spinner(20.0)


def _open(seat: Seat) -> Actor:
    return Spinner(20.0)


SPINNER = ActorEntry(_open)
