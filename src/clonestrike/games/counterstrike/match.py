"""Counter-Strike as a game: a match for the own player, and a match in which others are watched."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import time
from abc import abstractmethod
from collections import deque
from pathlib import Path

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.files import cache_folder, write_bytes
from clonestrike.games.base import Match, Score, Spectatable
from clonestrike.games.counterstrike import fair_play
from clonestrike.games.counterstrike.console import Console
from clonestrike.games.counterstrike.edition import Edition, Installation
from clonestrike.games.counterstrike.gsi import Post, with_post
from clonestrike.games.counterstrike.gsi_server import GsiServer
from clonestrike.games.counterstrike.memory import PlayerMemory, Seen, implausible
from clonestrike.games.counterstrike.process import Process
from clonestrike.games.desktop.crop import Crop
from clonestrike.games.desktop.game import WindowGame
from clonestrike.games.desktop.windows import WindowsInput, WindowsInputRecorder, WindowsScreen
from clonestrike.games.desktop.windows.input import tap

POST_SECONDS = 10.0
"""Longest wait for the first post."""
OLD_SECONDS = 5.0
"""Age from which a post is ignored; a running game posts at least every second."""
SETTLE_NS = 250_000_000
"""Time after a change of the player in view from which a new post is sure to be about the new player."""
REPEAT_SECONDS = 2.0
"""Time between two attempts to become a spectator, or to get into first person."""
CLEAR_STEPS = 80
"""Decals (blood, bullet holes) are cleared every so many steps, as in the original."""
GIVE_STEP = 48
"""Step at which the agent gets its weapon: the match restarts a second after it is told to, and takes all weapons."""
IMPLAUSIBLE_STEPS = 16
"""Consecutive steps with an implausible state after which the offsets are taken to be wrong."""
COMPARED_STEPS, DISAGREEMENT = 320, 0.3
"""Share of the last steps in which the health in memory and in posts may differ: posts are a little late."""
SAFE_NAME = re.compile(r"[\w .-]{1,32}")
"""Player names that may be put into a console command; others could contain commands."""


class _Live(WindowGame):
    """One running game: window, memory, posts and console. It reads no state before fair play is confirmed."""

    def __init__(
        self,
        edition: Edition,
        info: GameInfo,
        crop: Crop,
        minutes: float,
        *,
        inject: bool = False,
        record: bool = False,
    ) -> None:
        self.edition = edition
        with contextlib.ExitStack() as stack:
            self.process = stack.enter_context(Process(edition.executable))
            fair_play.check_arguments(edition, self.process.arguments)
            installation = Installation.of(edition, self.process.path)
            offsets = edition.offsets(installation.clonestrike_cfg)
            self.gsi = stack.enter_context(GsiServer(*installation.integration()))
            screen = stack.enter_context(WindowsScreen(edition.title, process=self.process.pid))
            screen.focus()
            self.console = stack.enter_context(Console(installation, self._press))
            super().__init__(info, screen, crop=crop, minutes=minutes)
            self._fair_play = fair_play.FairPlay(edition, self.console)
            first = self._first_post()
            self._fair_play.confirm(_map_of(first))
            self.memory = edition.memory(self.process, offsets)
            self._check(self.memory)
            self.injector = stack.enter_context(WindowsInput()) if inject else None
            self.recorder = stack.enter_context(WindowsInputRecorder()) if record else None
            self._stack = stack.pop_all()
        if first.map is not None:
            self.info = dataclasses.replace(
                info, map=first.map.name, mode=first.map.mode or "", versions={edition.name: f"offsets {offsets.build}"}
            )
        self._post: Post | None = None
        self._read_ns = 0  # when the state was read last
        self._seen: Seen | None = None
        self._in_view_since: tuple[int, int] = (0, 0)  # entity of the player in view, and the time of the change
        self._settled = False
        self._implausible_steps = 0
        self._agreed: deque[bool] = deque(maxlen=COMPARED_STEPS)

    def _press(self, key: str) -> bool:
        """Press a key if the game's window has the focus; returns whether it was pressed."""
        if not self.screen.focused or not self.process.running:
            return False
        tap(key)
        return True

    def _first_post(self) -> Post:
        end = time.monotonic() + POST_SECONDS
        while self.gsi.latest is None:
            if not self.process.running:
                raise self._gone()
            if time.monotonic() > end:
                refused = f" ({self.gsi.counts.refused} posts were refused)" if self.gsi.counts.refused else ""
                raise ClonestrikeError(
                    f"{self.edition.title} has posted no state{refused}",
                    f"run clonestrike setup {self.edition.name} --write, and start the game again",
                )
            time.sleep(0.05)
        return self.gsi.latest.post

    def _check(self, memory: PlayerMemory) -> None:
        """Raise ClonestrikeError if the offsets are of another build; that can only be checked during a match."""
        seen = memory.seen()
        if seen is not None and (wrong := memory.problem() or implausible(seen.state)):
            raise self._other_build(wrong)

    def _other_build(self, wrong: str) -> ClonestrikeError:
        return ClonestrikeError(
            f"the offsets are not those of this build of {self.edition.title} ({wrong})",
            f"put newer files into {Installation.of(self.edition, self.process.path).clonestrike_cfg}",
        )

    def _gone(self) -> ClonestrikeError:
        return ClonestrikeError(f"{self.edition.title} is gone", "it was closed or died; what was recorded is kept")

    def observe(self) -> Observation:
        if not self.process.running:
            raise self._gone()
        return super().observe()

    def _state(self) -> PlayerState | None:
        update = self.gsi.latest if self.gsi.age_seconds < OLD_SECONDS else None
        self._post = post = update.post if update else None
        before, self._read_ns = self._read_ns, time.perf_counter_ns()
        nothing = PlayerState(first_person=False)
        if post is None or not self._fair_play.allows(_map_of(post)):
            self._seen = None
            return nothing
        self._seen = seen = self.memory.seen()
        self._follow_view(seen)
        if seen is None or not post.playing:
            return nothing
        if not self._plausible(seen, post):
            return nothing
        state = seen.state
        if not self._settled or not self._in_view(seen, post):
            return dataclasses.replace(state, first_person=False)
        assert update is not None
        return with_post(state, post, new=update.time_ns > before)

    def _follow_view(self, seen: Seen | None) -> None:
        """Note changes of the player in view. Posts, and so the score, change a moment later than memory."""
        entity = seen.entity if seen else 0
        if entity != self._in_view_since[0]:
            self._in_view_since = (entity, time.perf_counter_ns())
            self._settled = False
        elif self.gsi.latest is not None and self.gsi.latest.time_ns > self._in_view_since[1] + SETTLE_NS:
            self._settled = entity != 0

    def _plausible(self, seen: Seen, post: Post) -> bool:
        """Whether the state is plausible.

        Raises ClonestrikeError when it has been implausible for too long, or when the health in memory and in posts
        differs too often.
        """
        wrong = implausible(seen.state)
        self._implausible_steps = self._implausible_steps + 1 if wrong else 0
        if self._implausible_steps >= IMPLAUSIBLE_STEPS:
            raise self._other_build(str(wrong))
        if self._settled and post.player is not None and post.player.health is not None:
            self._agreed.append(post.player.health == seen.state.health)
            full = len(self._agreed) == self._agreed.maxlen
            if full and self._agreed.count(False) > DISAGREEMENT * len(self._agreed):
                raise self._other_build("the health in memory is not what the game posts")
        return wrong is None

    @abstractmethod
    def _in_view(self, seen: Seen, post: Post) -> bool:
        """Whether the player in view is the one to play or to watch."""

    def close(self) -> None:
        self._stack.close()


def _map_of(post: Post) -> str | None:
    return post.map.name if post.map else None


class CounterStrikeMatch(_Live, Match):
    """A match for the own player; with ``human`` a human plays, whose inputs are recorded."""

    def __init__(self, edition: Edition, info: GameInfo, crop: Crop, *, minutes: float, human: bool) -> None:
        super().__init__(edition, info, crop, minutes, inject=not human, record=human)
        self._began = time.perf_counter_ns()
        self._steps = 0
        self._score = Score(0, 0)
        self._before: Score | None = None
        if not human:
            self.console.run(*edition.commands["restart"])

    def _in_view(self, seen: Seen, post: Post) -> bool:
        return seen.own and post.own

    def apply(self, action: Action) -> None:
        self._steps += 1
        if self.injector is not None and self._steps == GIVE_STEP:
            self.console.run(*self.edition.commands["give"])
        if self.injector is not None and self._steps % CLEAR_STEPS == 0:
            self.console.run(*self.edition.commands["clear_decals"])
        super().apply(action)

    @property
    def minutes(self) -> float:
        return max(time.perf_counter_ns() - self._began, 1) / 60e9

    @property
    def scores(self) -> list[Score]:
        """The score of the own player; those of others are not posted."""
        post = self.gsi.latest.post if self.gsi.latest else None
        if post is not None and post.own and post.player and post.player.kills is not None:
            self._score = Score(post.player.kills, post.player.deaths or 0)
        return [self._score]


class CounterStrikeSpectator(_Live, Spectatable):
    """Watches other players in first person, as the original does. It waits while the map loads or warms up, joins the
    spectators, and returns to first person when it is lost. Players are identified by hashes of their Steam accounts.
    """

    def __init__(self, edition: Edition, info: GameInfo, crop: Crop, *, minutes: float) -> None:
        super().__init__(edition, info, crop, minutes)
        self._key = player_key()
        self._tried = 0.0

    def _pressed(self) -> None:
        """None: the game does not tell what others press."""
        return

    def observe(self) -> Observation:
        observation = super().observe()
        post, seen = self._post, self._seen
        if post is not None and post.live and seen is not None and time.monotonic() - self._tried > REPEAT_SECONDS:
            if seen.own:
                self.console.run(*self.edition.commands["spectate"])
            elif not seen.state.first_person:
                self.console.press(self.edition.first_person_key)
            else:
                return observation
            self._tried = time.monotonic()
        return observation

    def _in_view(self, seen: Seen, post: Post) -> bool:
        return not seen.own and not post.own

    def _player(self) -> str:
        player = self._post.player if self._post else None
        return self._hashed(player.steamid if player else None)

    def _hashed(self, steamid: str | None) -> str:
        if steamid is None:
            return "nobody"
        return "player " + hashlib.blake2b(steamid.encode(), digest_size=8, key=self._key).hexdigest()

    def players(self) -> dict[str, int]:
        """All players with their kills; none while they are not posted."""
        everyone = (self._post.allplayers if self._post else None) or {}
        return {self._hashed(steamid): player.kills or 0 for steamid, player in everyone.items()}

    def watch(self, player: str) -> None:
        everyone = (self._post.allplayers if self._post else None) or {}
        name = next((p.name for steamid, p in everyone.items() if self._hashed(steamid) == player), None)
        if name is None:
            raise ClonestrikeError(f"there is no player {player!r} to watch", "watch a player of this match")
        if SAFE_NAME.fullmatch(name):
            self.console.run(*(line.format(name=name) for line in self.edition.commands["follow"]))
        else:
            self.console.press("1")  # the first of the list, as in the original

    def apply(self, action: Action) -> None:
        """Does nothing: a spectator presses nothing."""


def player_key() -> bytes:
    """The key for hashing players' accounts: random, created once, and stored on this computer only."""
    path = Path(cache_folder()) / "player-key"
    with contextlib.suppress(OSError):
        kept = path.read_bytes()
        if len(kept) == 16:
            return kept
    path.parent.mkdir(parents=True, exist_ok=True)
    key = os.urandom(16)
    write_bytes(path, key)
    return key
