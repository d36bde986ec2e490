"""Any game in a window: its picture is captured, and keys and mouse motion are injected or recorded.

The game's name is ``window:TITLE``; see ``spec.WindowSpec`` for the options behind the title.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping

from clonestrike.core.game_info import GameInfo
from clonestrike.games.base import Game
from clonestrike.games.entry import GameEntry


def info(options: str) -> GameInfo:
    """GameInfo without looking for the window; raises ClonestrikeError if the options are wrong."""
    from clonestrike.games.desktop.spec import WindowSpec

    return WindowSpec.parse(options).info


def crops() -> Mapping[str, tuple[int, int]]:
    """Names of crops, with height and width of their frames."""
    from clonestrike.games.desktop.spec import CROPS

    return {name: (height, width) for name, (_, height, width) in CROPS.items()}


def options_of(info: GameInfo) -> str:
    """Title, rate, angle of a count and field of view of a window's recordings, as options."""
    degrees = math.degrees(info.calibration.radians_per_count)
    return f"{info.map},rate={info.steps_per_second:g},degrees={degrees:.6g},fov={info.field_of_view:g}"


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Game:
    """The window of a running game, played by an actor or a human; raises ClonestrikeError if there is none."""
    from clonestrike.games.desktop.game import WindowGame
    from clonestrike.games.desktop.spec import CROPS, WindowSpec
    from clonestrike.games.desktop.system import open_input, open_recorder, open_screen

    spec = WindowSpec.parse(options)
    crop, _, _ = CROPS[spec.crop]
    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(open_screen(spec.title))
        injector = None if human else stack.enter_context(open_input(spec.bindings))
        recorder = stack.enter_context(open_recorder(spec.bindings)) if human else None
        screen.focus()
        stack.pop_all()  # the game closes them
    return WindowGame(spec.info, screen, injector, recorder, crop=crop, minutes=minutes)


def open_alone(options: str) -> Game:
    """The window, for the doctor; other players in the game stay there."""
    return open_match(options, seed=0, minutes=math.inf, privileged=False, human=False)


GAME = GameEntry(
    name="window",
    title="any game in a window",
    help="TITLE, then rate=16, degrees=0.055, fov=90, crop=16:9 or original, keys=w:Up+s:Down, stop=F12",
    info=info,
    open_match=open_match,
    open_alone=open_alone,
    crops=crops,
    options_of=options_of,
    one_at_a_time=lambda: True,
    angle_option="degrees",
)
"""Without watching: which player a window shows is not known."""
