"""The options of an OpenArena match, and the game's settings on which recordings depend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from clonestrike.core.game_info import Calibration, GameInfo
from clonestrike.core.ranges import Range, check_ranges, whole
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.crop import HEIGHT, WIDTH
from clonestrike.games.openarena.memory import FIELD_OF_VIEW, offsets

SENSITIVITY = 2.5
DEGREES_PER_MICKEY = 0.022
"""m_yaw and m_pitch; with the sensitivity, a count turns the view by 0.00096 rad, as in the original."""
PITCH_LIMIT = math.radians(16000 * 360 / 65536)
STEPS_PER_SECOND = 16.0
MOST_PIXELS = 16_384
"""Of a side of the window: no X server has a larger screen."""
SERVER_TICS = 32
"""Server tics and snapshots a second: two for each step."""
FRAME_MS = 1000 // SERVER_TICS
"""Game time of a frame and of a server tic in lockstep, ms."""
FRAMES_PER_STEP = 2
WEAPON_KEYS = {2: "1", 5: "2", 3: "3"}
"""Keys by weapon number: machinegun, rocket launcher, shotgun."""
BOTS = (
    "angelyss", "arachna", "gargoyle", "grism", "major", "sarge", "skelebot", "merman", "kyonshi", "penguin", "sergei",
)  # fmt: skip


@dataclass(frozen=True)
class OpenArenaSpec:
    """The options of a free-for-all deathmatch: ``openarena:map=oa_dm1,bots=7,skill=3``."""

    map: str = "oa_dm1"
    bots: Annotated[int, Range(0, len(BOTS))] = 7
    skill: Annotated[int, Range(1, 5)] = 3
    width: Annotated[int, Range(WIDTH, MOST_PIXELS)] = 640
    height: Annotated[int, Range(HEIGHT, MOST_PIXELS)] = 480
    fps: Annotated[int, Range(20, 1000)] = 60
    """Most frames a second that the game draws in real time."""
    lockstep: Annotated[int, Range(0, 1)] = 0
    """1: lockstep, game time counts rendered frames; 0: real time."""

    def __post_init__(self) -> None:
        if not self.map.replace("_", "").isalnum():
            raise ClonestrikeError(f"openarena has no map {self.map!r}", "use one such as oa_dm1")
        check_ranges(self)

    @classmethod
    def parse(cls, options: str) -> OpenArenaSpec:
        """Parse options such as ``map=oa_dm1,bots=7``; raises ClonestrikeError."""
        values = dict(option.partition("=")[::2] for option in options.split(",") if option)
        unknown = set(values) - set(cls.__dataclass_fields__)
        if unknown:
            known = "=, ".join(cls.__dataclass_fields__)
            raise ClonestrikeError(f"openarena has no option {min(unknown)!r}", f"use {known}=")
        numbers = {name: value for name, value in values.items() if name != "map"}
        return cls(values.get("map", cls.map), **{name: whole(name, value) for name, value in numbers.items()})

    @property
    def info(self) -> GameInfo:
        """The GameInfo of this match."""
        return GameInfo(
            game="openarena",
            map=self.map,
            mode=f"free for all, {self.bots} bots of skill {self.skill}",
            steps_per_second=1000 / (FRAMES_PER_STEP * FRAME_MS) if self.lockstep else STEPS_PER_SECOND,
            frame_height=HEIGHT,
            frame_width=WIDTH,
            field_of_view=FIELD_OF_VIEW,
            movement="openarena",
            calibration=Calibration(math.radians(SENSITIVITY * DEGREES_PER_MICKEY), -PITCH_LIMIT, PITCH_LIMIT),
            versions={"openarena": str(offsets()["package"])},
        )

    def settings(self, password: str) -> str:
        """The game's configuration file."""
        fixed = {
            "com_maxfps": 1000 if self.lockstep else self.fps, "com_maxfpsUnfocused": 0, "com_maxfpsMinimized": 0,
            "com_introplayed": 1, "con_notifytime": 0, "timelimit": 0, "fraglimit": 0,
            # fast to draw, and bright
            "r_picmip": 2, "r_vertexLight": 1, "r_dynamiclight": 0, "r_fastsky": 1, "r_lodbias": 2,
            "r_subdivisions": 80, "r_flares": 0, "r_swapInterval": 0, "r_textureMode": "GL_NEAREST",
            "r_ignorehwgamma": 1, "r_gamma": 1.4, "r_mapOverBrightBits": 3,
            "cg_shadows": 0, "cg_marks": 0, "cg_gibs": 0, "cg_draw3dIcons": 0, "cg_brassTime": 0, "cg_lagometer": 0,
            # all other players in blue, a steady view
            "cg_forceModel": 1, "model": "sarge/blue", "headmodel": "sarge/blue", "cg_thirdPerson": 0,
            "cg_drawCrosshair": 1, "cg_crosshairSize": 32, "cg_fov": int(FIELD_OF_VIEW),
            "cg_bobup": 0, "cg_bobpitch": 0, "cg_bobroll": 0, "cg_runpitch": 0, "cg_runroll": 0,
            # the server
            "g_log": "games.log", "g_logsync": 1, "g_forcerespawn": 1, "sv_maxclients": 16, "sv_pure": 0,
            "sv_fps": SERVER_TICS, "snaps": SERVER_TICS, "sv_master1": '""', "bot_minplayers": 0, "bot_thinktime": 30,
            "rconPassword": password, "name": "clonestrike",
            # the mouse
            "m_filter": 0, "cl_mouseAccel": 0, "cl_freelook": 1, "sensitivity": SENSITIVITY,
            "m_yaw": DEGREES_PER_MICKEY, "m_pitch": DEGREES_PER_MICKEY, "cl_run": 1, "cl_maxpackets": 125,
        }  # fmt: skip
        binds = {
            "w": "+forward", "s": "+back", "a": "+moveleft", "d": "+moveright", "SPACE": "+moveup", "CTRL": "+movedown",
            "SHIFT": "+speed", "MOUSE1": "+attack", "MOUSE2": "+zoom",
        }  # fmt: skip
        binds |= {key: f"weapon {number}" for number, key in WEAPON_KEYS.items()}
        lines = ["unbindall", *(f"set {name} {value}" for name, value in fixed.items())]
        return "\n".join([*lines, *(f'bind {key} "{command}"' for key, command in binds.items()), ""])

    @property
    def bot_script(self) -> str:
        """Console commands that add the bots one by one."""
        lit = "set r_ambientScale 5\n"  # a cheat, which devmap allows
        return lit + "".join(f"addbot {name} {self.skill}\nwait 3\n" for name in BOTS[: self.bots])
