"""Watching scripted experts in first person, from outside, as a spectator of a public server would.

A second engine is the expert's (see ``pair``): only there is it known where everybody is. What is recorded comes from
the spectator's engine, which knows of the expert what it knows of a bot.
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
"""Of the engine's 16 players, one is the expert and one is the spectator."""


def skill_of(strength: int) -> ExpertSkill:
    """The knobs of a strength from 1 to STRENGTHS, evenly between the weakest and the strongest."""
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
    """The strength that a seed draws."""
    return random.Random(f"strength {seed}").randint(1, STRENGTHS)


class DoomExpertSpectator(Spectator):
    """A match among bots and a scripted expert of a strength drawn from the seed, seen through the expert's eyes.

    The same seed gives the same match. The expert is one tic away: what it does on a step is held for the second half
    of that step and the first half of the next one. What it ``pressed`` has the buttons of the second half.
    """

    def __init__(self, spec: DoomSpec, *, seed: int, minutes: float) -> None:
        if spec.bots > MOST_BOTS:
            raise ClonestrikeError(
                f"doom has room for {MOST_BOTS} bots beside a watched expert, not {spec.bots}",
                "give fewer, as in doom:bots=6",
            )
        graph = map_graph(spec)
        self.strength = strength_of(seed)
        self._pair = Pair(spec, seed=seed, minutes=minutes + 1)
        self._match = DoomMatch(spec, seed=seed, minutes=minutes, privileged=True, engine=self._pair.guest)
        self._expert = Expert(self._match, graph, seed=seed, skill=skill_of(self.strength))
        super().__init__(spec, self._pair.host, seed=seed, minutes=minutes)
        self.held = Action()
        """What the expert presses: what observations say that it ``pressed`` is checked against."""
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
