"""Measures how actors play, besides their kills: aim, length of lives, distances, walls, faults.

Everything is measured step by step in seeded matches by the game's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from clonestrike import games
from clonestrike.core.figures import save
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import StyleConfig
from clonestrike.evaluate.positions import Positions
from clonestrike.evaluate.style.clips import film_all
from clonestrike.evaluate.style.figure import plot
from clonestrike.evaluate.style.measures import Style
from clonestrike.evaluate.style.traces import BOTS, COLUMNS, Life, Trace, TracedMatch, trace
from clonestrike.evaluate.visit_maps import Grid, earth_movers_distance, manageable, noise_floor, visit_map
from clonestrike.files import write_json
from clonestrike.playing.named_actor import NamedActor, find_actor
from clonestrike.playing.suited import suited, workers
from clonestrike.workers import in_workers


def distances_to(reference: str, players: Mapping[str, Positions]) -> dict[str, dict[str, float | None]]:
    """Player -> coverage distance to the reference (None for itself) and noise floor, in game units.

    The grid contains all positions. Empty if a player has no known position.
    """
    if not all(map(len, players.values())):
        return {}
    fine = Grid.around(np.concatenate([positions.xy for positions in players.values()]))
    filled = int(np.count_nonzero(sum(visit_map(positions.xy, fine) for positions in players.values())))
    grid = manageable(fine, filled)
    there = visit_map(players[reference].xy, grid)
    return {
        name: {
            f"coverage distance to {reference}": None
            if name == reference
            else earth_movers_distance(visit_map(positions.xy, grid), there, grid),
            "coverage noise floor": noise_floor(positions, grid, seed=0)["noise_floor"],
        }
        for name, positions in players.items()
    }


def _players(config: StyleConfig) -> dict[str, NamedActor | None]:
    """Actor -> player, None for the bots; raises ClonestrikeError for options that cannot work."""
    if len(set(config.actors)) < len(config.actors):
        raise ClonestrikeError("an actor is named twice", "name each once")
    players = {actor: None if actor == BOTS else find_actor(actor) for actor in config.actors}
    if any(player and player.entry.human for player in players.values()):
        raise ClonestrikeError("a human cannot be measured in lockstep", "use record --play human")
    if config.clips and not any(player and player.entry.learned for player in players.values()):
        raise ClonestrikeError("--clips films what an agent does wrong", "name a checkpoint")
    return players


def style(config: StyleConfig) -> dict[str, Any]:
    """Measure all actors and write ``style.json``, ``style.png`` and clips into ``out``; returns a row for each.

    Raises ClonestrikeError for an unknown game or actor, and for a game that does not tell who is in sight.
    """
    players = _players(config)
    game = suited(config.game, filter(None, players.values()), config.controls)
    info, count = games.game_info(game), workers(game, config.workers)
    for player in players.values():
        if player is not None:
            player.entry.prepare(game)
    plan = [
        TracedMatch(players[actor], game, config.seed + i, config.minutes, config.decoding, config.controls)
        for actor in sorted(config.actors, key=lambda actor: actor != BOTS)  # a game may have none to watch: first
        for i in range(config.matches)
    ]
    outcomes = list(zip(plan, in_workers(trace, plan, count), strict=True))
    by_actor = {actor: [lives for match, lives in outcomes if match.actor == actor] for actor in config.actors}
    found = {actor: Style.of(list(chain(*played)), info.steps_per_second) for actor, played in by_actor.items()}
    rows = {actor: of.row() for actor, of in found.items()}
    # All actors play the same matches; positions on several maps cannot be compared.
    if len(rows) > 1 and len({life.map for _, lives in outcomes for life in lives}) == 1:
        places = {actor: Positions.of([_places(lives) for lives in played]) for actor, played in by_actor.items()}
        reference = "expert" if "expert" in rows else config.actors[0]
        for actor, distances in distances_to(reference, places).items():
            rows[actor] |= distances
    config.out.mkdir(parents=True, exist_ok=True)
    save(plot(found, rows), config.out / "style.png", 110)
    result: dict[str, Any] = {"players": rows, "figure": str(config.out / "style.png")}
    if config.clips:
        result["clips"] = film_all(outcomes, config.out / "clips", count, info.steps_per_second)
    write_json(
        {
            name: {**rows[name], "steps": of.steps, **of.counts, "mouse x bins": of.mouse_x}
            | ({"clips": [clip for clip in result["clips"] if clip["player"] == name]} if config.clips else {})
            for name, of in found.items()
        },
        config.out / "style.json",
    )
    return result


def _places(lives: Sequence[Life]) -> Trace:
    """Positions in all lives of a match, float32 (N, 2), game units."""
    return np.concatenate([np.zeros((0, len(COLUMNS)), np.float32), *(life.trace for life in lives)])[:, :2]
