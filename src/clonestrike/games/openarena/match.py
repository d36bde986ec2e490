"""OpenArena as a game of ours: a match of the own player, and a match that is watched."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os

from clonestrike.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Match, Observation, Score, Spectatable, TrueInputs
from clonestrike.games.desktop.game import WindowGame
from clonestrike.games.desktop.x11 import X11Input, X11InputRecorder
from clonestrike.games.openarena.memory import Command, Seen
from clonestrike.games.openarena.process import OpenArena, Xvfb
from clonestrike.games.openarena.spec import OpenArenaSpec
from clonestrike.states import PlayerState


class _Live(WindowGame):
    """The window, the memory and the log of one running game."""

    def __init__(self, spec: OpenArenaSpec, minutes: float, *, hands: bool = False, ears: bool = False) -> None:
        self.spec = spec
        with contextlib.ExitStack() as stack:
            if not os.environ.get("DISPLAY"):
                virtual = Xvfb()
                stack.callback(virtual.close)
                os.environ["DISPLAY"] = virtual.display
                stack.callback(os.environ.pop, "DISPLAY", None)
            self.arena = OpenArena(spec)
            stack.callback(self.arena.close)
            pressed = stack.enter_context(X11Input()) if hands else None
            heard = stack.enter_context(X11InputRecorder()) if ears else None
            super().__init__(spec.info, self.arena.screen, pressed, heard)
            self._stack = stack.pop_all()
        self._seen: Seen | None = self.arena.memory.seen()
        assert self._seen is not None  # the game is up
        self._began = self._seen.server_time
        self._own = self._seen.client
        self._others = [n for n in range(spec.bots + 1) if n != self._own]
        self._length_ms = minutes * 60_000
        self.arena.screen.focus()

    def observe(self) -> Observation:
        if not self.arena.running:
            raise ClonestrikeError("OpenArena is gone: it was closed or died; what was recorded until then is kept")
        self._seen = self.arena.memory.seen()
        self.arena.read_log()
        return super().observe()

    def _player(self) -> str:
        return "nobody" if self._seen is None else f"player {self._seen.client}"

    def _state(self) -> PlayerState | None:
        if self._seen is None:
            return PlayerState(first_person=False)
        state = dataclasses.replace(self._seen.state, kills=self.arena.kills.get(self._seen.client, 0))
        return state if self._in_view(self._seen) else dataclasses.replace(state, first_person=False)

    def _in_view(self, seen: Seen) -> bool:
        raise NotImplementedError

    @property
    def minutes(self) -> float:
        """Game time so far."""
        return (self._seen.server_time - self._began) / 60_000 if self._seen else 0.0

    @property
    def finished(self) -> bool:
        return super().finished or (self._seen is not None and self.minutes * 60_000 >= self._length_ms)

    def close(self) -> None:
        self._stack.close()


class OpenArenaMatch(_Live, Match):
    """The own player among bots: us, or a ``human``."""

    def __init__(self, spec: OpenArenaSpec, *, minutes: float, human: bool = False) -> None:
        super().__init__(spec, minutes, hands=not human, ears=human)
        self.arena.must("team free")
        self._deaths: dict[int, int] = {}

    def _in_view(self, seen: Seen) -> bool:
        return seen.client == self._own and not seen.following

    @property
    def scores(self) -> list[Score]:
        with contextlib.suppress(ClonestrikeError):  # the game may be over: the last ones hold then
            self.arena.read_log()
            self._deaths = {n: self.arena.memory.deaths(n) for n in (self._own, *self._others)}
        return [Score(self.arena.kills.get(n, 0), self._deaths.get(n, 0)) for n in (self._own, *self._others)]


class OpenArenaSpectator(_Live, Spectatable, TrueInputs):
    """A match among bots, seen through the eyes of one of them; what is not first person is not play."""

    def __init__(self, spec: OpenArenaSpec, *, minutes: float) -> None:
        if spec.bots == 0:
            raise ClonestrikeError("there is nobody to watch: play with bots=1 or more")
        super().__init__(spec, minutes)
        self.arena.must("team spectator")
        self._before: Seen | None = None
        self._held: Command | None = None
        self._wanted = self._others[0]

    def players(self) -> dict[str, int]:
        """The bots, by client number, with their kills."""
        return {f"player {n}": self.arena.kills.get(n, 0) for n in self._others}

    def watch(self, player: str) -> None:
        if player not in self.players():
            raise ClonestrikeError(f"there is no player {player!r} to watch: there are {', '.join(self.players())}")
        self._wanted = int(player.removeprefix("player "))

    def observe(self) -> Observation:
        self._before = self._seen
        observation = super().observe()
        if self._seen is not None and (self._seen.client != self._wanted or not self._seen.following):
            self.arena.command(f"follow {self._wanted}")
        if self._held is None and self._seen is not None:
            self._held = self.arena.memory.command(self._seen.client)
        return observation

    def _in_view(self, seen: Seen) -> bool:
        return seen.following and seen.client != self._own

    def halfway(self) -> None:
        """What is held now is what is held for most of the step."""
        if self._seen is not None and self.arena.running:
            self._held = self.arena.memory.command(self._seen.client)

    def true_action(self) -> Action:
        """What the watched player held from the previous observation to this one; the mouse is the turn of the view."""
        before, now, held = self._before, self._seen, self._held
        self._held = None
        if before is None or now is None or held is None or before.client != now.client:
            return Action()
        counts = self.info.calibration.radians_per_count
        turn = math.remainder((now.state.yaw or 0.0) - (before.state.yaw or 0.0), 2 * math.pi)
        tilt = (now.state.pitch or 0.0) - (before.state.pitch or 0.0)
        return Action(held.keys, left=held.attack, mouse_x=-turn / counts, mouse_y=-tilt / counts)

    def apply(self, action: Action) -> None:
        """A spectator presses nothing."""
