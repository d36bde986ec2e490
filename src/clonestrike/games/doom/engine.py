"""Starting ViZDoom for a deathmatch, and turning its exceptions into ClonestrikeErrors."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import vizdoom as vzd

from clonestrike.core.game_info import Calibration, GameInfo
from clonestrike.core.ranges import Range, check_ranges, whole
from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom.maps import GAMES, game_file, maps_of
from clonestrike.games.doom.telemetry import FIELD_OF_VIEW, TICS_PER_SECOND, USER
from clonestrike.games.doom.wad import LOADOUTS, data_path

TICS_PER_STEP = 2
STEPS_PER_SECOND = TICS_PER_SECOND / TICS_PER_STEP
"""17.5: the rate nearest to the paper's 16 at 35 tics a second."""
FRAME_HEIGHT, FRAME_WIDTH = 180, 320
CROSSHAIR = (75, 160)
"""Row and column. The view is above the status bar, so its middle is not that of the frame."""

UNITS_PER_COUNT = 8
"""Turn of the view by one count, in the engine's unit of angle; even, so that each of two tics gets half of it."""
ENGINE_UNIT = 360 / 65536
"""The engine's unit of angle, degrees."""
CALIBRATION = Calibration(
    radians_per_count=UNITS_PER_COUNT * 2 * 3.141592653589793 / 65536, pitch_min=-0.97735, pitch_max=0.55856
)
"""Must not change. The engine clamps the pitch at 56 degrees down and 32 up."""

LOADOUT_VERSIONS = {"classic": 1, "rifle": 1}
BUTTONS = {
    "w": vzd.Button.MOVE_FORWARD,
    "a": vzd.Button.MOVE_LEFT,
    "s": vzd.Button.MOVE_BACKWARD,
    "d": vzd.Button.MOVE_RIGHT,
    "space": vzd.Button.JUMP,
    "ctrl": vzd.Button.CROUCH,
    "shift": vzd.Button.SPEED,  # inverted: Doom's button means run, shift means walk
    "1": vzd.Button.SELECT_WEAPON1,
    "2": vzd.Button.SELECT_WEAPON2,
    "3": vzd.Button.SELECT_WEAPON3,
    "r": vzd.Button.RELOAD,
    "left": vzd.Button.ATTACK,
    "right": vzd.Button.ALTATTACK,
    "mouse_x": vzd.Button.TURN_LEFT_RIGHT_DELTA,
    "mouse_y": vzd.Button.LOOK_UP_DOWN_DELTA,
}


@dataclass(frozen=True)
class DoomSpec:
    """The options of a deathmatch: ``doom:map=cig/MAP01,bots=7,loadout=classic``.

    ``map`` may name several maps (see ``maps.maps_of``): matches with seeds 0, 1, 2 ... take them by turns.
    """

    map: str = "cig/MAP01"
    bots: Annotated[int, Range(0, 15)] = 7
    loadout: str = "classic"

    def __post_init__(self) -> None:
        maps_of(self.map)
        if self.loadout not in LOADOUTS:
            raise ClonestrikeError(f"doom has no loadout {self.loadout!r}", f"use one of {', '.join(LOADOUTS)}")
        check_ranges(self)

    @classmethod
    def parse(cls, options: str) -> DoomSpec:
        """Parse options such as ``map=cig/MAP01,bots=7``; raises ClonestrikeError."""
        values: dict[str, str] = dict(option.partition("=")[::2] for option in options.split(",") if option)
        unknown = set(values) - {"map", "bots", "loadout"}
        if unknown:
            raise ClonestrikeError(f"doom has no option {min(unknown)!r}", "use map=, bots=, loadout=")
        bots = whole("bots", values.get("bots", str(cls.bots)))
        return cls(map=values.get("map", cls.map), bots=bots, loadout=values.get("loadout", cls.loadout))

    def match(self, seed: int) -> DoomSpec:
        """The options of the match with this seed: one map."""
        maps = maps_of(self.map)
        return replace(self, map=maps[seed % len(maps)])

    @property
    def info(self) -> GameInfo:
        """The GameInfo of this match."""
        return GameInfo(
            game="doom",
            map=self.map,
            mode=f"deathmatch, {self.bots} bots, {self.loadout} v{LOADOUT_VERSIONS[self.loadout]}",
            steps_per_second=STEPS_PER_SECOND,
            frame_height=FRAME_HEIGHT,
            frame_width=FRAME_WIDTH,
            field_of_view=FIELD_OF_VIEW,
            movement="doom",
            calibration=CALIBRATION,
            versions={"vizdoom": vzd.__version__},
            crosshair=CROSSHAIR,
        )

    def __str__(self) -> str:
        return f"doom:map={self.map},bots={self.bots},loadout={self.loadout}"


@contextlib.contextmanager
def engine_faults() -> Iterator[None]:
    """Turn exceptions of the engine into ClonestrikeErrors."""
    try:
        yield
    except (vzd.ViZDoomUnexpectedExitException, vzd.ViZDoomErrorException) as error:
        line = " ".join(str(error).split())
        raise ClonestrikeError(
            f"the Doom engine stopped ({line[:200]})", "what was recorded until then is kept"
        ) from None
    except vzd.ViZDoomIsNotRunningException:
        raise ClonestrikeError("the Doom engine is not running (it was closed or killed)", "start again") from None


class Engine:
    """One engine process. It ends by ``close``, and (on Linux) when this process ends or is killed."""

    def __init__(
        self,
        spec: DoomSpec,
        *,
        seed: int,
        minutes: float,
        respawn: bool = True,
        privileged: bool = False,
        sectors: bool = False,
        resolution: vzd.ScreenResolution = vzd.ScreenResolution.RES_320X180,
        network: str | None = None,
        process: Path | None = None,
    ) -> None:
        """Start a match with its bots.

        ``respawn``: dead players respawn without pressing a key. ``sectors``: every state contains the map, which costs
        a fifth of the engine's speed. ``network``: the engine's arguments to connect to another engine; it waits for
        that one, and no bots are added. ``process``: file for the number of the engine's process (on Linux).
        """
        self.folder = Path(tempfile.mkdtemp(prefix="clonestrike-doom-"))
        self.game = game = vzd.DoomGame()
        wad, _, name = spec.map.partition("/")
        if wad in GAMES:
            game.set_doom_game_path(str(game_file(wad)))
        else:
            game.set_doom_scenario_path(str(Path(vzd.scenarios_path) / f"{wad}.wad"))
        game.set_doom_map(name.lower())
        game.set_doom_skill(3)
        game.set_doom_config_path(str(self.folder / "vizdoom.ini"))
        game.set_seed(seed & 0x7FFFFFFF)
        game.set_screen_resolution(resolution)
        game.set_screen_format(vzd.ScreenFormat.RGB24)
        game.set_window_visible(False)
        game.set_sound_enabled(False)
        game.set_console_enabled(False)
        game.set_render_hud(True)
        game.set_labels_buffer_enabled(privileged)
        game.set_objects_info_enabled(privileged)
        game.set_sectors_info_enabled(sectors)
        game.set_available_buttons(list(BUTTONS.values()))
        game.set_available_game_variables(USER[:1])
        game.set_mode(vzd.Mode.PLAYER)
        game.add_game_args(
            f"-deathmatch +timelimit {minutes} +sv_forcerespawn {int(respawn)} +viz_respawn_delay 2 "
            "+sv_noautoaim 1 +sv_respawnprotect 1 +sv_spawnfarthest 1 +sv_noexit 1 +sv_cheats 1 +set bot_allowspy 1 "
            f"-file {data_path(f'{spec.loadout}.wad')} {network or '-host 1'}"
        )
        if sys.platform == "linux":
            game.set_vizdoom_path(str(self._engine_script(quiet=network is not None, process=process)))
        try:
            with engine_faults():
                game.init()
            if network is None:
                self.add_bots(spec.bots)
        except BaseException:
            self.close()
            raise

    def _engine_script(self, *, quiet: bool, process: Path | None) -> Path:
        """Write a script that starts the engine such that the kernel kills it when this process ends.

        The engine writes a folder and crash reports where it is started, and its sound library into HOME; the script
        makes both a temporary folder.
        """
        engine = Path(vzd.__file__).parent / "vizdoom"
        if not shutil.which("setpriv"):
            raise ClonestrikeError("setpriv is not installed", "apt-get install util-linux")
        script = self.folder / "vizdoom"
        silence = ">/dev/null 2>&1" if quiet else ""  # it prints its progress while it waits for others
        start = f'HOME=$PWD exec setpriv --pdeathsig KILL -- "{engine}" "$@" {silence}'
        told = f'echo $$ >"{process}" && ' if process else ""
        script.write_text(f'#!/bin/sh\n{told}cd "{self.folder}" && {start}\n')
        script.chmod(0o700)
        return script

    def add_bots(self, bots: int) -> None:
        """Add this many bots to the match."""
        with engine_faults():
            for _ in range(bots):
                self.game.send_game_command("addbot")

    def idle(self, tics: int) -> None:
        """Play this many tics with nothing pressed."""
        with engine_faults():
            self.game.make_action([0.0] * len(BUTTONS), tics)

    def tic(self, held: list[float], *, update: bool) -> None:
        """Play one tic with these buttons, in the order of BUTTONS; ``update``: read frame and variables after it."""
        with engine_faults():
            self.game.set_action(held)
            self.game.advance_action(1, update)

    def close(self) -> None:
        """End the engine and remove its files; may be called twice."""
        with contextlib.suppress(Exception):  # an engine that is gone cannot be closed, and need not be
            self.game.close()
        shutil.rmtree(self.folder, ignore_errors=True)
