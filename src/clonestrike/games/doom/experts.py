"""Watching scripted experts in first person, as a spectator of a public server would.

The expert plays in a second engine (see ``pair``), which alone has privileged information. Recordings come from the
spectator's engine, which knows no more of the expert than of a bot.
"""

from __future__ import annotations

import random

from clonestrike.core.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom.engine import TICS_PER_STEP, DoomSpec
from clonestrike.games.doom.expert import Expert
from clonestrike.games.doom.graph import map_graph
from clonestrike.games.doom.match import DoomMatch
from clonestrike.games.doom.pair import GUEST, Pair
from clonestrike.games.doom.spectator import Spectator
from clonestrike.games.expert import ExpertSkill

STRENGTHS = 10
WEAKEST = ExpertSkill(reaction=10, turn=8.0, gain=0.3, noise=3.0)
STRONGEST = ExpertSkill(reaction=1, turn=25.0, gain=0.8, noise=0.3)
MOST_BOTS = 14
"""Most bots: of the engine's 16 players, one is the expert and one the spectator."""


def skill_of(strength: int) -> ExpertSkill:
    """The skill of a strength from 1 to STRENGTHS, interpolated between the weakest and the strongest."""
    share = (strength - 1) / (STRENGTHS - 1)

    def between(weak: float, strong: float) -> float:
        return weak + share * (strong - weak)

    return ExpertSkill(
        reaction=round(between(WEAKEST.reaction, STRONGEST.reaction)),
        turn=between(WEAKEST.turn, STRONGEST.turn),
        gain=between(WEAKEST.gain, STRONGEST.gain),
        noise=between(WEAKEST.noise, STRONGEST.noise),
    )


def strength_of(seed: int) -> int:
    """The random strength for a seed."""
    return random.Random(f"strength {seed}").randint(1, STRENGTHS)


class DoomExpertSpectator(Spectator):
    """A match of bots and a scripted expert, watched in first person; the seed determines the match and the strength.

    The expert's inputs arrive one tic late: its action at a step is held in the second half of that step and in the
    first half of the next one. ``pressed`` has the buttons of the second half.
    """

    def __init__(self, spec: DoomSpec, *, seed: int, minutes: float) -> None:
        if spec.bots > MOST_BOTS:
            raise ClonestrikeError(
                f"doom has room for {MOST_BOTS} bots beside a watched expert, not {spec.bots}",
                "use fewer, such as doom:bots=6",
            )
        graph = map_graph(spec)
        self.strength = strength_of(seed)
        self._pair = Pair(spec, seed=seed, minutes=minutes + 1)
        self._match = DoomMatch(spec, seed=seed, minutes=minutes, privileged=True, engine=self._pair.guest)
        self._expert = Expert(self._match, graph, seed=seed, skill=skill_of(self.strength))
        super().__init__(spec, self._pair.host, seed=seed, minutes=minutes)
        self.held = Action()
        """The expert's action, to test ``pressed`` of observations against."""
        self._number, self._player = GUEST, f"expert {self.strength}"
        self.advance()

    def players(self) -> dict[str, int]:
        """The expert with its kills."""
        return {self._player: self.scores[GUEST].kills}

    def watch(self, player: str) -> None:
        if player != self._player:
            raise ClonestrikeError(f"there is no player {player!r} to watch", f"there is {self._player}")

    def _advance(self) -> None:
        seen = self._match.observe()
        if seen.playing:
            self.held = self._expert.act(seen).action
        else:
            self._expert.reset()
            self.held = Action()
        self._match.apply(self.held)
        for left in range(TICS_PER_STEP, 0, -1):
            self._pair.advance(self._match.tic, update=left == 1)

    def close(self) -> None:
        """End both engines."""
        self._pair.close()
