"""Videos of faults: the longest example of every fault, filmed when its match is played a second time.

A match repeats exactly under its seed, so frames need not be kept the first time.
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
from clonestrike.view.video import OverlayVideo
from clonestrike.workers import in_workers

SECONDS_BEFORE, SECONDS = 1.5, 6.0
"""Seconds from the beginning of a clip to its incident, and the length of a clip."""
SHORTEST = 8
"""Steps; shorter faults are not filmed, since they are over before they can be seen."""


@dataclass(frozen=True)
class Incident:
    """An occurrence of a fault, from step ``first`` to step ``last`` (inclusive) of a match."""

    actor: str
    seed: int
    fault: str
    first: int
    last: int
    place: tuple[float, float]
    """The player's position at the first step, float32 game units; shows whether the match has repeated."""

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def file(self) -> str:
        """File name of its clip."""
        actor, fault = (re.sub(r"[^\w.]+", "-", name).strip(".-") for name in (self.actor, self.fault))
        return f"{actor}-{fault}.mp4"

    def steps(self, rate: float) -> range:
        """The steps that its clip shows, at ``rate`` steps per second."""
        begin = max(0, self.first - round(SECONDS_BEFORE * rate))
        return range(begin, begin + round(SECONDS * rate))

    def row(self, folder: Path, rate: float) -> dict[str, Any]:
        """A row of a table, with its time in the match and its length in seconds."""
        return {
            "player": self.actor,
            "what": self.fault,
            "seed": self.seed,
            "at_s": round(self.first / rate, 1),
            "seconds": round(len(self) / rate, 1),
            "file": str(folder / self.file),
        }


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """First and last index (inclusive) of every sequence of True."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges > 0).tolist(), (np.flatnonzero(edges < 0) - 1).tolist(), strict=True))


def clearest(outcomes: Sequence[tuple[TracedMatch, Sequence[Life]]]) -> list[Incident]:
    """The longest example of every fault in one actor's matches, given with the lives in them."""
    found: dict[str, Incident] = {}
    for match, lives in outcomes:
        for life in lives:
            x, y = column(life.trace, "x"), column(life.trace, "y")
            for name, fault in FAULTS.items():
                for marked, end in _runs(fault.of(life.trace)):
                    begin = max(0, marked - fault.lead)
                    place = (float(x[begin]), float(y[begin]))
                    incident = Incident(match.actor, match.seed, name, life.start + begin, life.start + end, place)
                    if len(incident) >= max(SHORTEST, len(found[name]) + 1 if name in found else 0):
                        found[name] = incident
    return [found[name] for name in FAULTS if name in found]


class _Camera:
    """A listener that films one fault, and checks the player's position at its first step."""

    def __init__(self, incident: Incident, film: VideoListener, rate: float) -> None:
        self._incident, self._film = incident, film
        self._wanted = incident.steps(rate)
        self._step = 0
        self.same = False

    def step(self, step: Step) -> None:
        if self._step == self._incident.first:
            state = step.observation.state
            place = None if state is None else (state.x, state.y)
            self.same = place is not None and np.array_equal(np.array(place, np.float32), self._incident.place)
        if self._step in self._wanted:
            self._film.step(step)
        self._step += 1

    @property
    def done(self) -> bool:
        return self._step >= self._wanted.stop


@dataclass(frozen=True)
class Replay:
    """A match to play again, and the faults to film in it."""

    match: TracedMatch
    incidents: tuple[Incident, ...]
    folder: Path


def film(replay: Replay) -> list[Incident]:
    """Write the clips of one match; returns the faults that were repeated, the only ones that have a clip."""
    match, player = replay.match, replay.match.player
    assert player is not None
    with contextlib.ExitStack() as stack:
        game = stack.enter_context(
            games.open_match(match.game, seed=match.seed, minutes=match.minutes, privileged=True)
        )
        rate = game.info.steps_per_second
        actor = stack.enter_context(player.open(match.seat(game)))
        cameras: list[_Camera] = []
        videos: list[OverlayVideo] = []
        for incident in replay.incidents:
            videos.append(OverlayVideo(replay.folder / incident.file, rate, first_step=incident.steps(rate).start))
            stack.callback(videos[-1].discard)
            cameras.append(_Camera(incident, VideoListener(videos[-1], started=True), rate))
        control_loop(game, actor, clock_of(game), cameras, stop=lambda: all(camera.done for camera in cameras))
        for camera, video in zip(cameras, videos, strict=True):
            if camera.same:
                video.close()
        return [incident for incident, camera in zip(replay.incidents, cameras, strict=True) if camera.same]


def film_all(
    outcomes: Sequence[tuple[TracedMatch, Sequence[Life]]], folder: Path, workers: int, rate: float
) -> list[dict[str, Any]]:
    """Film every fault of every learned actor; returns a table row for each clip."""
    actors = dict.fromkeys(match.actor for match, _ in outcomes if match.player and match.player.entry.learned)
    incidents = [
        incident
        for actor in actors
        for incident in clearest([outcome for outcome in outcomes if outcome[0].actor == actor])
    ]
    plan = []
    for match, _ in outcomes:
        within = tuple(
            incident for incident in incidents if (incident.actor, incident.seed) == (match.actor, match.seed)
        )
        if within:
            plan.append(Replay(match, within, folder))
    filmed = {incident for done in in_workers(film, plan, workers) for incident in done} if plan else set()
    for incident in incidents:
        if incident not in filmed:
            console.warning(f"{incident.actor}, seed {incident.seed}, did not repeat: no clip of {incident.fault}")
    return [incident.row(folder, rate) for incident in incidents if incident in filmed]
