"""Starting OpenArena on the loopback interface with its own home folder, controlling it, and ending it."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.x11 import X11Screen
from clonestrike.games.openarena.memory import Memory, NotLoadedError
from clonestrike.games.openarena.spec import FRAME_MS, OpenArenaSpec

TITLE = "ioquake3"
HOMES = "clonestrike-openarena-"
"""Prefix of the names of home folders, followed by the number of the process that started the game."""
START_SECONDS = 60.0
RCON_SECONDS = 0.6
"""Least time between two remote commands; the server ignores faster ones."""
POLL_SECONDS = 0.0003
STUCK_SECONDS = 30.0
_KILL = re.compile(r"^\s*\d+:\d+ Kill: (\d+) (\d+) \d+:")


class Xvfb:
    """A virtual screen, until close()."""

    def __init__(self, width: int = 1024, height: int = 768) -> None:
        if not shutil.which("Xvfb"):
            raise ClonestrikeError("there is no screen (DISPLAY is not set) and no Xvfb", "apt-get install xvfb")
        read, write = os.pipe()
        self._process = subprocess.Popen(
            [*_die_with_parent(), "Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten",
             "tcp", "-noreset"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = f":{pipe.readline().strip()}"

    def close(self) -> None:
        """End the X server."""
        self._process.kill()
        self._process.wait()


def screen(stack: contextlib.ExitStack) -> None:
    """Provide a screen until the stack closes: the one of DISPLAY, else a virtual one."""
    if not os.environ.get("DISPLAY"):
        virtual = Xvfb()
        stack.callback(virtual.close)
        os.environ["DISPLAY"] = virtual.display
        stack.callback(os.environ.pop, "DISPLAY", None)


def _remove_old_homes() -> None:
    """Remove home folders whose games were started by processes that have ended."""
    for home in Path(tempfile.gettempdir()).glob(f"{HOMES}*-*"):
        starter = home.name.removeprefix(HOMES).split("-")[0]
        if starter.isdecimal() and not Path(f"/proc/{starter}").exists():
            shutil.rmtree(home, ignore_errors=True)


def _die_with_parent() -> list[str]:
    """Prefix of a command that the kernel kills when this process ends (setpriv of util-linux)."""
    return ["setpriv", "--pdeathsig", "KILL", "--"]


class OpenArena:
    """One running game with the own player and bots, on the screen of DISPLAY.

    Raises ClonestrikeError when the game is not installed or does not start.
    """

    def __init__(self, spec: OpenArenaSpec) -> None:
        program = shutil.which("openarena") or shutil.which("openarena", path="/usr/games")
        if program is None:
            raise ClonestrikeError("OpenArena is not installed", "apt-get install openarena (Debian or Ubuntu)")
        _remove_old_homes()
        self._home = Path(tempfile.mkdtemp(prefix=f"{HOMES}{os.getpid()}-"))
        self._closed = False
        base = self._home / ".openarena" / "baseoa"
        base.mkdir(parents=True)
        self._password = secrets.token_hex(8)
        (base / "autoexec.cfg").write_text(spec.settings(self._password), encoding="utf-8")
        (base / "bots.cfg").write_text(spec.bot_script, encoding="utf-8")
        self._log = base / "games.log"
        self._log_place = 0
        self.kills: dict[int, int] = {}
        """Kills by client number since the start, without suicides."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._port = _free_port()
        self._last_command = 0.0
        settings = {
            "cl_renderer": "opengl1", "r_fullscreen": 0, "r_mode": -1, "r_customwidth": spec.width,
            "r_customheight": spec.height, "net_enabled": 1, "net_ip": "127.0.0.1", "net_port": self._port,
            "dedicated": 0, "s_initsound": 0, "in_mouse": 1, "vm_cgame": 0, "vm_game": 0, "vm_ui": 0, "g_gametype": 0,
        }  # fmt: skip
        if spec.lockstep:
            settings["fixedtime"] = FRAME_MS
        arguments = [part for name, value in settings.items() for part in ("+set", name, str(value))]
        arguments += ["+exec", "autoexec.cfg", "+devmap", spec.map, "+exec", "bots.cfg"]
        environment = {**os.environ, "HOME": str(self._home), "LIBGL_ALWAYS_SOFTWARE": "1", "SDL_AUDIODRIVER": "dummy"}
        self._output = (self._home / "output.txt").open("wb")
        try:
            self._process = subprocess.Popen(
                [*_die_with_parent(), program, *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
            )
            self.memory, self.screen = self._wait(spec)
        except BaseException:
            self.close()
            raise

    def _wait(self, spec: OpenArenaSpec) -> tuple[Memory, X11Screen]:
        """Wait until the map runs with all bots and the window is open."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process.poll() is not None:
                lines = (self._home / "output.txt").read_text(encoding="utf-8", errors="replace").split("\n")
                why = next((line for line in reversed(lines) if line.strip()), "no output")
                raise ClonestrikeError(f"OpenArena ended at once ({why[:150]})", "start it manually to see why")
            with contextlib.suppress(NotLoadedError):
                memory = Memory(self._process.pid)
                up = [player.connected for player in memory.players(spec.bots + 1)]
                if memory.frame() and memory.seen() and all(up):
                    return memory, X11Screen(TITLE, process=self._process.pid)
            time.sleep(0.25)
        raise ClonestrikeError(
            f"OpenArena did not start with {spec.map} in {START_SECONDS:.0f} s", "check the name of the map"
        )

    @property
    def pid(self) -> int:
        """Number of the game's process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the game's process has not ended."""
        return not self._closed and self._process.poll() is None

    def freeze(self) -> None:
        """Stop the process; in lockstep, game time stands still."""
        self._process.send_signal(signal.SIGSTOP)

    def run(self, frames: int) -> None:
        """Let a frozen game draw this many frames, and freeze it again; raises ClonestrikeError when it is gone."""
        goal = self.memory.frame() + frames
        self._process.send_signal(signal.SIGCONT)
        end = time.monotonic() + STUCK_SECONDS
        while self.memory.frame() < goal:
            if time.monotonic() > end:
                raise ClonestrikeError(f"OpenArena drew nothing for {STUCK_SECONDS:.0f} s", "start again")
            time.sleep(POLL_SECONDS)
        self.freeze()

    def command(self, text: str) -> bool:
        """Send a console command, unless the last one is less than RCON_SECONDS ago; returns whether it was sent."""
        now = time.monotonic()
        if now - self._last_command < RCON_SECONDS:
            return False
        self._last_command = now
        message = b"\xff\xff\xff\xff" + f"rcon {self._password} {text}".encode()
        self._socket.sendto(message, ("127.0.0.1", self._port))
        return True

    def must(self, text: str) -> None:
        """Send a console command, after waiting if necessary."""
        while not self.command(text):
            time.sleep(0.05)

    def read_log(self) -> None:
        """Count the kills that were logged since the last call."""
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._log_place)
            data = file.read()
        whole = data.rfind(b"\n") + 1
        self._log_place += whole
        for line in data[:whole].decode("latin-1").splitlines():
            found = _KILL.match(line)
            if found and found[1] != found[2]:
                self.kills[int(found[1])] = self.kills.get(int(found[1]), 0) + 1

    def close(self) -> None:
        """End the game and remove its home folder; may be called twice."""
        if self._closed:
            return
        self._closed = True
        if hasattr(self, "screen"):
            self.screen.close()
        if hasattr(self, "_process"):
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)  # a stopped process does not handle SIGTERM
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._socket.close()
        self._output.close()
        shutil.rmtree(self._home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
