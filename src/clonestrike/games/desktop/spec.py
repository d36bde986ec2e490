"""The name ``window:TITLE`` of a game in a window, and the options behind the title."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from clonestrike.core.game_info import Calibration, GameInfo
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Bindings
from clonestrike.games.desktop.crop import HEIGHT, ORIGINAL_HEIGHT, ORIGINAL_WIDTH, WIDTH, Crop, centre_16_9, original

CROPS: MappingProxyType[str, tuple[Crop, int, int]] = MappingProxyType(
    {"16:9": (centre_16_9, HEIGHT, WIDTH), "original": (original, ORIGINAL_HEIGHT, ORIGINAL_WIDTH)}
)
"""By name: the function that cuts a picture, and height and width of its result."""
STEPS_PER_SECOND, MOST_STEPS_PER_SECOND = 16.0, 500.0
FIELD_OF_VIEW = 90.0


@dataclass(frozen=True)
class WindowSpec:
    """A window and how it is played: ``window:TITLE,rate=16,degrees=0.055,fov=90,crop=16:9,keys=w:Up+s:Down,stop=F12``.

    ``degrees`` is the turn of the view by one mouse count, ``rate`` the steps a second.
    """

    title: str
    rate: float = STEPS_PER_SECOND
    degrees: float = math.degrees(Calibration().radians_per_count)
    fov: float = FIELD_OF_VIEW
    crop: str = "16:9"
    bindings: Bindings = field(default_factory=Bindings)

    @classmethod
    def parse(cls, options: str) -> WindowSpec:
        """Parse the text after ``window:``; the title may contain commas. Raises ClonestrikeError."""
        parts = options.split(",")
        values: dict[str, str] = {}
        while len(parts) > 1 and (name := parts[-1].partition("=")[0]) in OPTIONS:
            values.setdefault(name, parts.pop().partition("=")[2])
        title = ",".join(parts)
        if not title:
            raise ClonestrikeError(
                "the game window:TITLE needs the title of a window",
                "write window:TITLE, such as window:Chocolate Doom",
            )
        kinds: dict[str, Any] = {"rate": _rate, "degrees": _positive, "fov": _positive, "crop": _crop}
        chosen = {name: kinds[name](name, value) for name, value in values.items() if name in kinds}
        keys = _keys(values.get("keys", ""))
        return cls(title, **chosen, bindings=Bindings(keys, values.get("stop", Bindings().kill_switch)))

    @property
    def info(self) -> GameInfo:
        """The GameInfo of this window."""
        _, height, width = CROPS[self.crop]
        return GameInfo(
            game="window",
            map=self.title,
            mode="",
            steps_per_second=self.rate,
            frame_height=height,
            frame_width=width,
            field_of_view=self.fov,
            movement="",
            calibration=Calibration(math.radians(self.degrees)),
        )


OPTIONS = ("rate", "degrees", "fov", "crop", "keys", "stop")


def _positive(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ClonestrikeError(f"{name}={value} is not a number above 0", "give one, such as 90")
    return number


def _rate(name: str, value: str) -> float:
    if _positive(name, value) > MOST_STEPS_PER_SECOND:
        raise ClonestrikeError(
            f"{name}={value}", f"no more than {MOST_STEPS_PER_SECOND:.0f} steps a second can be recorded"
        )
    return float(value)


def _crop(name: str, value: str) -> str:
    if value not in CROPS:
        raise ClonestrikeError(f"{name}={value}", f"a window is cut as {' or '.join(CROPS)}")
    return value


def _keys(text: str) -> dict[str, str]:
    pairs = [pair.partition(":") for pair in text.split("+") if pair]
    if not all(key and name for key, _, name in pairs):
        raise ClonestrikeError(f"keys={text}", "write pairs such as w:Up+s:Down")
    return {key: name for key, _, name in pairs}
