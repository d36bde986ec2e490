"""Stage 5, evaluate: seeded matches against bots, several at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike import games
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import EvaluateConfig
from clonestrike.evaluate.positions import Positions
from clonestrike.evaluate.statistics import MatchResult, summarise
from clonestrike.files import write_json
from clonestrike.playing.clock import RealTimeClock, clock_of
from clonestrike.playing.deadlines import Deadlines
from clonestrike.playing.loop import Step, control_loop
from clonestrike.playing.named_actor import NamedActor, Seat, find_actor
from clonestrike.playing.suited import suited, workers
from clonestrike.workers import in_workers


@dataclass(frozen=True)
class Assignment:
    """One match for a worker process to play."""

    player: NamedActor
    game: str
    seed: int
    minutes: float
    decoding: str | None = None
    controls: str | None = None


class _Trail:
    """A listener that keeps the actor's position at every step of play."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []

    def step(self, step: Step) -> None:
        state = step.observation.state
        if step.decision is not None and state is not None and state.x is not None and state.y is not None:
            self.points.append((state.x, state.y))


def play_match(assignment: Assignment) -> tuple[MatchResult, NDArray[np.float32]]:
    """Play one match by the game's clock; returns its result and the actor's positions, float32 (N, 2), game units."""
    player, privileged = assignment.player, assignment.player.entry.privileged
    with games.open_match(
        assignment.game, seed=assignment.seed, minutes=assignment.minutes, privileged=privileged
    ) as game:
        seat = Seat(game, assignment.game, assignment.seed, assignment.decoding, assignment.controls)
        trail, clock, deadlines = _Trail(), clock_of(game), Deadlines(game.info.steps_per_second)
        with player.open(seat) as actor:
            control_loop(game, actor, clock, [trail, deadlines])
        if game.stopped:
            raise ClonestrikeError(
                "stopped by the kill switch", "evaluate again: a match that was cut off does not count"
            )
        own, *bots = game.scores
        result = MatchResult(
            actor=player.name,
            map=game.info.map,
            seed=assignment.seed,
            minutes=game.minutes,
            kills=own.kills,
            deaths=own.deaths,
            bots={f"bot {n}": (bot.kills, bot.deaths) for n, bot in enumerate(bots, 1)},
            steps=deadlines.steps,
            late_share=deadlines.late_share if isinstance(clock, RealTimeClock) else None,
        )
        return result, np.array(trail.points, np.float32).reshape(-1, 2)


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Play all matches and write ``matches.json``, ``summary.json`` and ``positions-*.npz`` into ``out``.

    Raises ClonestrikeError for an unknown game or actor, or a worker or engine that dies.
    """
    others = [name for name, wanted in (("expert", config.expert), ("random", config.random)) if wanted]
    others = [name for name in others if name != config.actor]
    actors = [config.actor, *others]
    players = {actor: find_actor(actor) for actor in actors}
    game = suited(config.game, players.values(), config.controls)
    for player in players.values():
        if player.entry.human:
            raise ClonestrikeError("a human cannot be evaluated in lockstep", "use play, or record --play human")
    for player in players.values():
        player.entry.prepare(game)
    plan = [
        Assignment(players[actor], game, config.seed + i, config.minutes, config.decoding, config.controls)
        for actor in actors
        for i in range(config.matches)
    ]
    outcomes = in_workers(play_match, plan, workers(game, config.workers))
    by_actor = {
        actor: [outcome for assignment, outcome in zip(plan, outcomes, strict=True) if assignment.player.name == actor]
        for actor in actors
    }
    results = {actor: [result for result, _ in of] for actor, of in by_actor.items()}
    summary = summarise(
        results[config.actor],
        expert=results["expert"] if "expert" in others else None,
        random=results["random"] if "random" in others else None,
    )
    summary["config"] = {
        "actor": config.actor,
        "game": game,
        "matches": config.matches,
        "minutes": config.minutes,
        "first_seed": config.seed,
        "decoding": config.decoding,
        "controls": config.controls,
    }
    config.out.mkdir(parents=True, exist_ok=True)
    for actor, of in by_actor.items():
        if len({result.map for result, _ in of}) > 1:
            continue  # positions on different maps cannot be put together
        places = Positions.of([points for _, points in of], map=of[0][0].map)
        places.save(config.out / f"positions-{players[actor].run_name}.npz")
    write_json({actor: [r.to_json() for r in of] for actor, of in results.items()}, config.out / "matches.json")
    write_json(summary, config.out / "summary.json")
    return summary
