"""Counter-Strike on Windows, CS:GO (``csgo``) and CS2 (``cs2``): a game that is already running, with -insecure, on a
local map. ``csgo:crop=original`` cuts the frame as the original does.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

from clonestrike.core.game_info import Calibration, GameInfo
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game
from clonestrike.games.counterstrike.movement import MOVEMENT
from clonestrike.games.desktop import crops
from clonestrike.games.entry import GameEntry, Preconditions

STEPS_PER_SECOND = 16.0
FIELD_OF_VIEW = 90.0
PITCH_LIMIT = 1.5533430342749532  # 89 degrees

Name = Literal["csgo", "cs2"]
TITLES: dict[Name, str] = {"csgo": "Counter-Strike: Global Offensive", "cs2": "Counter-Strike 2"}


def info(name: Name, options: str) -> GameInfo:
    """GameInfo without looking for the game; raises ClonestrikeError if the options are wrong."""
    from clonestrike.games.desktop.spec import CROPS

    _, height, width = CROPS[_crop(options)]
    return GameInfo(
        game=name,
        map="",
        mode="",
        steps_per_second=STEPS_PER_SECOND,
        frame_height=height,
        frame_width=width,
        field_of_view=FIELD_OF_VIEW,
        movement="csgo",
        calibration=Calibration(pitch_min=-PITCH_LIMIT, pitch_max=PITCH_LIMIT),
    )


def _crop(options: str) -> str:
    from clonestrike.games.desktop.spec import CROPS

    name, _, value = options.partition("=")
    if not options:
        return "16:9"
    if name != "crop" or value not in CROPS:
        raise ClonestrikeError(f"{options}", f"the only option of Counter-Strike is crop={' or crop='.join(CROPS)}")
    return value


def open_match(name: Name, options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Game:
    """The running match, played by an actor or a human."""
    from clonestrike.games.counterstrike.edition import edition
    from clonestrike.games.counterstrike.match import CounterStrikeMatch
    from clonestrike.games.desktop.spec import CROPS

    crop, _, _ = CROPS[_crop(options)]
    return CounterStrikeMatch(edition(name), info(name, options), crop, minutes=minutes, human=human)


def open_alone(name: Name, options: str) -> Game:
    """The running match, for the doctor; the user decides which other players are in it."""
    return open_match(name, options, seed=0, minutes=math.inf, privileged=False, human=False)


def open_spectator(name: Name, options: str, *, seed: int, minutes: float) -> Game:
    """The running match, to watch other players."""
    from clonestrike.games.counterstrike.edition import edition
    from clonestrike.games.counterstrike.match import CounterStrikeSpectator
    from clonestrike.games.desktop.spec import CROPS

    crop, _, _ = CROPS[_crop(options)]
    return CounterStrikeSpectator(edition(name), info(name, options), crop, minutes=minutes)


def preconditions(name: Name) -> Preconditions:
    """Checks for the doctor, see ``checks``."""
    from clonestrike.games.counterstrike import checks
    from clonestrike.games.counterstrike.edition import edition

    return checks.preconditions(edition(name))


def entry(name: Name) -> GameEntry:
    """The entry of one of the two games."""
    return GameEntry(
        name=name,
        title=TITLES[name],
        help="crop=16:9, or crop=original for the picture of Pearce & Zhu (2022)",
        info=partial(info, name),
        open_match=partial(open_match, name),
        open_spectator=partial(open_spectator, name),
        open_alone=partial(open_alone, name),
        movement=MOVEMENT,
        crops=crops,
        one_at_a_time=lambda: True,
        preconditions=partial(preconditions, name),
    )
