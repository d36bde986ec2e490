"""Videos of what goes wrong: the clearest spell of every failure mode, filmed in a second playing of its match.

A match repeats exactly under its seed and the same actions, so that nobody need keep pictures of the first.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clonestrike import console, games
from clonestrike.evaluate.style.faults import FAULTS, Mask, column
from clonestrike.evaluate.style.traces import Life, TracedMatch
from clonestrike.playing.clock import clock_of
from clonestrike.playing.loop import Step, control_loop
from clonestrike.playing.play import VideoListener
from clonestrike.playing.player import Seat
from clonestrike.playing.workers import in_workers
from clonestrike.view.video import OverlayVideo

SECONDS_BEFORE, SECONDS = 1.5, 6.0
"""How long before its spell a clip begins, and how long it is."""
SHORTEST = 8
"""Steps: a shorter spell is over before anybody has seen it."""


@dataclass(frozen=True)
class Spell:
    """Something that went wrong for a while, from the ``first`` to the ``last`` step of a match."""

    actor: str
    seed: int
    fault: str
    first: int
    last: int
    place: tuple[float, float]
    """Where the player stood at the first step, float32 game units: whether the match repeats is told by that."""

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def file(self) -> str:
        """Name of its clip."""
        actor, fault = (re.sub(r"[^\w.]+", "-", name).strip(".-") for name in (self.actor, self.fault))
        return f"{actor}-{fault}.mp4"

    def steps(self, rate: float) -> range:
        """Those that its clip shows: some before it, and as many after it as there is time for."""
        begin = max(0, self.first - round(SECONDS_BEFORE * rate))
        return range(begin, begin + round(SECONDS * rate))

    def row(self, folder: Path, rate: float) -> dict[str, Any]:
        """For a table: when in the match it began, and how long it took."""
        return {
            "player": self.actor,
            "what": self.fault,
            "seed": self.seed,
            "at_s": round(self.first / rate, 1),
            "seconds": round(len(self) / rate, 1),
            "file": str(folder / self.file),
        }


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """First and last index of every run of true ones."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges > 0).tolist(), (np.flatnonzero(edges < 0) - 1).tolist(), strict=True))


def clearest(outcomes: Sequence[tuple[TracedMatch, Sequence[Life]]]) -> list[Spell]:
    """The longest spell of everything that went wrong with one actor, of some matches and the lives in them."""
    found: dict[str, Spell] = {}
    for match, lives in outcomes:
        for life in lives:
            x, y = column(life.trace, "x"), column(life.trace, "y")
            for name, fault in FAULTS.items():
                for marked, end in _runs(fault.of(life.trace)):
                    begin = max(0, marked - fault.lead)
                    place = (float(x[begin]), float(y[begin]))
                    spell = Spell(match.actor, match.seed, name, life.start + begin, life.start + end, place)
                    if len(spell) >= max(SHORTEST, len(found[name]) + 1 if name in found else 0):
                        found[name] = spell
    return [found[name] for name in FAULTS if name in found]


class _Camera:
    """A listener that films one spell, and notes whether the player came by where it began."""

    def __init__(self, spell: Spell, film: VideoListener, rate: float) -> None:
        self._spell, self._film = spell, film
        self._wanted = spell.steps(rate)
        self._step = 0
        self.same = False

    def step(self, step: Step) -> None:
        if self._step == self._spell.first:
            state = step.observation.state
            place = None if state is None else (state.x, state.y)
            self.same = place is not None and np.array_equal(np.array(place, np.float32), self._spell.place)
        if self._step in self._wanted:
            self._film.step(step)
        self._step += 1

    @property
    def done(self) -> bool:
        return self._step >= self._wanted.stop


@dataclass(frozen=True)
class Replay:
    """A match to play again, with the spells in it."""

    match: TracedMatch
    spells: tuple[Spell, ...]
    folder: Path


def film(replay: Replay) -> list[Spell]:
    """Write the clips of one match; returns the spells that came again, the others have no clip."""
    match, player = replay.match, replay.match.player
    assert player is not None
    with contextlib.ExitStack() as stack:
        game = stack.enter_context(
            games.open_match(match.game, seed=match.seed, minutes=match.minutes, privileged=True)
        )
        rate = game.info.steps_per_second
        actor = stack.enter_context(player.open(Seat(game, match.game, match.seed, match.decoding)))
        cameras: list[_Camera] = []
        videos: list[OverlayVideo] = []
        for spell in replay.spells:
            videos.append(OverlayVideo(replay.folder / spell.file, rate, first_step=spell.steps(rate).start))
            stack.callback(videos[-1].discard)
            cameras.append(_Camera(spell, VideoListener(videos[-1], started=True), rate))
        control_loop(game, actor, clock_of(game), cameras, stop=lambda: all(camera.done for camera in cameras))
        for camera, video in zip(cameras, videos, strict=True):
            if camera.same:
                video.close()
        return [spell for spell, camera in zip(replay.spells, cameras, strict=True) if camera.same]


def film_all(
    outcomes: Sequence[tuple[TracedMatch, Sequence[Life]]], folder: Path, workers: int, rate: float
) -> list[dict[str, Any]]:
    """A clip of everything that goes wrong with everybody who learned; returns a row for each."""
    actors = dict.fromkeys(match.actor for match, _ in outcomes if match.player and match.player.entry.learned)
    spells = [
        spell for actor in actors for spell in clearest([outcome for outcome in outcomes if outcome[0].actor == actor])
    ]
    plan = []
    for match, _ in outcomes:
        within = tuple(spell for spell in spells if (spell.actor, spell.seed) == (match.actor, match.seed))
        if within:
            plan.append(Replay(match, within, folder))
    filmed = {spell for done in in_workers(film, plan, workers) for spell in done} if plan else set()
    for spell in spells:
        if spell not in filmed:
            console.warning(f"{spell.actor}, seed {spell.seed}, went another way this time: no clip of {spell.fault}")
    return [spell.row(folder, rate) for spell in spells if spell in filmed]
