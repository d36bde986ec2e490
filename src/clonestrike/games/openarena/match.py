"""OpenArena as a game: a match for the own player, and a match in which bots are watched."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from abc import abstractmethod

from clonestrike.core.actions import Action
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Lockstep, Match, Score, Spectatable, TrueInputs
from clonestrike.games.desktop.game import WindowGame
from clonestrike.games.desktop.x11 import X11Input, X11InputRecorder
from clonestrike.games.openarena.memory import Command, Player, Seen
from clonestrike.games.openarena.process import OpenArena, screen
from clonestrike.games.openarena.spec import WEAPON_KEYS, OpenArenaSpec

SETTLING_SECONDS = 20.0
"""Longest wait for joining or leaving the match."""

PROBE_COUNTS = 40
"""Counts of the mouse motion that tests whether the view turns."""


class _Live(WindowGame):
    """One running game: window, memory and log. ``team`` is the team that the own player joins."""

    def __init__(
        self, spec: OpenArenaSpec, minutes: float, *, team: str, inject: bool = False, record: bool = False
    ) -> None:
        self.spec = spec
        with contextlib.ExitStack() as stack:
            screen(stack)
            self.arena = OpenArena(spec)
            stack.callback(self.arena.close)
            self._own = self.arena.memory.own()
            self._join(team)
            injector = stack.enter_context(X11Input()) if inject else None
            recorder = stack.enter_context(X11InputRecorder()) if record else None
            super().__init__(spec.info, self.arena.screen, injector, recorder)
            self._stack = stack.pop_all()
        self._others = [n for n in range(spec.bots + 1) if n != self._own]
        self._ready()
        self._seen: Seen | None = None
        self._began = self._now = self.arena.memory.server_time()
        self._length_ms = minutes * 60_000
        self.arena.read_log()
        self.arena.kills.clear()
        self._deaths_before = self._deaths()
        self.arena.screen.focus()

    def _ready(self) -> None:
        """Called when the own player has joined."""

    def _join(self, team: str) -> None:
        end = time.monotonic() + SETTLING_SECONDS
        while time.monotonic() < end:
            if self.arena.memory.players(self._own + 1)[self._own].state.team == team:
                return
            self.arena.command(f"team {team}")
            time.sleep(0.05)
        raise ClonestrikeError(f"OpenArena did not let the own player be {team}", "start again")

    def _deaths(self) -> dict[int, int]:
        players = self.arena.memory.players(self.spec.bots + 1)
        return {player.client: player.state.deaths or 0 for player in players}

    def observe(self) -> Observation:
        if not self.arena.running:
            raise ClonestrikeError("OpenArena is gone", "it was closed or died; what was recorded until then is kept")
        self._look()
        return super().observe()

    def _look(self) -> None:
        """Read the player in view and the log."""
        self._seen = self.arena.memory.seen()
        self._now = self._seen.server_time if self._seen else self._now
        self.arena.read_log()

    def _player(self) -> str:
        return "nobody" if self._seen is None else f"player {self._seen.client}"

    def _state(self) -> PlayerState | None:
        if self._seen is None:
            return PlayerState(first_person=False)
        state = dataclasses.replace(self._seen.state, kills=self.arena.kills.get(self._seen.client, 0))
        return state if self._in_view(self._seen) else dataclasses.replace(state, first_person=False)

    @abstractmethod
    def _in_view(self, seen: Seen) -> bool:
        """Whether the player in view is the one to play or to watch."""

    @property
    def minutes(self) -> float:
        """Game time so far."""
        return (self._now - self._began) / 60_000

    @property
    def finished(self) -> bool:
        return super().finished or self._now - self._began >= self._length_ms

    def close(self) -> None:
        self._stack.close()


class OpenArenaMatch(_Live, Match):
    """A match for the own player against bots; with ``human`` a human plays."""

    def __init__(self, spec: OpenArenaSpec, *, minutes: float, human: bool = False) -> None:
        super().__init__(spec, minutes, team="free", inject=not human, record=human)
        self._deaths_now = self._deaths_before
        if not human:
            try:
                self._test_mouse()
            except BaseException:
                self.close()
                raise

    def _test_mouse(self) -> None:
        """Move the mouse until the view turns; raises ClonestrikeError when it never does."""
        assert self.injector is not None
        end = time.monotonic() + SETTLING_SECONDS
        before = self._yaw()
        while time.monotonic() < end:
            self.injector.move(PROBE_COUNTS, 0)
            self._pass_time()
            if self._yaw() != before:
                return
            self.arena.screen.focus()
        raise ClonestrikeError(
            "OpenArena's view does not follow the mouse", "give its window the focus, or close others"
        )

    def _yaw(self) -> float | None:
        return self.arena.memory.players(self._own + 1)[self._own].state.yaw

    def _pass_time(self) -> None:
        time.sleep(0.2)

    def _in_view(self, seen: Seen) -> bool:
        return seen.client == self._own and not seen.following

    def others(self) -> list[Player]:
        """Privileged: all other players, from the server's memory."""
        return [p for p in self.arena.memory.players(self.spec.bots + 1) if p.client != self._own and p.connected]

    @property
    def scores(self) -> list[Score]:
        with contextlib.suppress(ClonestrikeError):  # the game may be gone: the last scores are kept then
            self.arena.read_log()
            self._deaths_now = self._deaths()
        return [
            Score(self.arena.kills.get(n, 0), self._deaths_now[n] - self._deaths_before[n])
            for n in (self._own, *self._others)
        ]


class OpenArenaSpectator(_Live, Spectatable, TrueInputs):
    """A match of bots, one of which is watched in first person."""

    def __init__(self, spec: OpenArenaSpec, *, minutes: float) -> None:
        if spec.bots == 0:
            raise ClonestrikeError("there are no bots to watch", "play with bots=1 or more")
        super().__init__(spec, minutes, team="spectator")
        self._before: Seen | None = None
        self._commands: list[Command] = []
        """Commands in the two tics of the current step."""
        self._done: list[Command] = []
        """Commands in the two tics of the previous step."""
        self._asked = 0
        self._wanted = self._others[0]

    def players(self) -> dict[str, int]:
        """The bots (player N, by client number) with their kills."""
        return {f"player {n}": self.arena.kills.get(n, 0) for n in self._others}

    def watch(self, player: str) -> None:
        if player not in self.players():
            raise ClonestrikeError(f"there is no player {player!r} to watch", f"there are {', '.join(self.players())}")
        self._wanted = int(player.removeprefix("player "))

    def observe(self) -> Observation:
        self._before = self._seen
        self._asked = self._done[-1].weapon if self._done else 0
        self._done = self._commands
        observation = super().observe()
        self._commands = [] if self._seen is None else [self.arena.memory.command(self._seen.client)]
        if self._seen is not None and (self._seen.client != self._wanted or not self._seen.following):
            self.arena.command(f"follow {self._wanted}")
        return observation

    def _in_view(self, seen: Seen) -> bool:
        return seen.following and seen.client == self._wanted

    def halfway(self) -> None:
        """Read the watched player's command in the second tic of the step."""
        if self._seen is not None and self.arena.running:
            self._commands.append(self.arena.memory.command(self._seen.client))

    def _pressed(self) -> Action:
        """The true action of the watched player from the previous observation to this one.

        Keys are those of the second of two tics, the left button that of either. A weapon key is pressed when the
        command selects another weapon. The mouse is computed from the turn of the view.
        """
        before, now = self._before, self._seen
        if before is None or now is None or not self._done or before.client != now.client:
            return Action()
        held = self._done[-1]
        mouse_x, mouse_y = self.info.calibration.counts_between(before.state, now.state)
        asked = {WEAPON_KEYS[held.weapon]} if held.weapon in WEAPON_KEYS and held.weapon != self._asked > 0 else set()
        return Action(
            held.keys | asked,
            left=any(command.attack for command in self._done),
            mouse_x=mouse_x,
            mouse_y=mouse_y,
        )

    def apply(self, action: Action) -> None:
        """Does nothing: a spectator presses nothing."""


class _Stepped(_Live, Lockstep):
    """Lockstep: game time counts rendered frames, and the process is stopped between steps."""

    def _ready(self) -> None:
        self.arena.run(1)

    def advance(self) -> None:
        self.arena.run(1)
        self.halfway()
        self.arena.run(1)


class SteppedMatch(_Stepped, OpenArenaMatch):
    """A match for the own player in lockstep."""

    def _pass_time(self) -> None:
        self.arena.run(6)


class SteppedSpectator(_Stepped, OpenArenaSpectator):
    """A match in which bots are watched, in lockstep."""
