"""Doom as a Gymnasium environment: ``gymnasium.make("clonestrike/DoomDeathmatch-v0", bots=3)``."""

from __future__ import annotations

from typing import Literal

from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.environment import GameEnvironment


class DoomDeathmatch(GameEnvironment):
    """A deathmatch against bots; see ``GameEnvironment`` for observations, actions and rewards.

    Frames are (180, 320, 3), and a step is 1/17.5 s.
    """

    def __init__(
        self,
        map: str = "cig/MAP01",  # noqa: A002 - the word of DoomSpec and of game names
        bots: int = 7,
        loadout: str = "classic",
        minutes: float = 3.0,
        render_mode: Literal["rgb_array"] | None = None,
    ) -> None:
        super().__init__(str(DoomSpec(map, bots, loadout)), minutes, render_mode)
