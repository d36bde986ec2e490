"""Finding the movement profile of a recording."""

from __future__ import annotations

from functools import cache

from clonestrike.core.game_info import GameInfo
from clonestrike.core.movement import MovementProfile
from clonestrike.errors import ClonestrikeError
from clonestrike.games import GAMES


def profile_of(info: GameInfo) -> MovementProfile:
    """The profile of the game that ``info.movement`` names; raises ClonestrikeError if no installed game has it."""
    if not info.movement:
        raise ClonestrikeError(
            f"{info.game} has no movement profile, without which no actions can be inferred",
            "learn those that were recorded: train --labels true",
        )
    return _profile(info.movement)


@cache  # looking through the installed packages takes as long as labelling a hundred steps
def _profile(name: str) -> MovementProfile:
    found = GAMES.get(name).movement if name in GAMES.names() else None
    if found is None:
        raise ClonestrikeError(
            f"no movement profile is called {name!r}",
            "install the package of the game that was recorded: labelling needs its movement profile",
        )
    return found
