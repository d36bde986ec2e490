"""Labelling: steps/s of the vectorised rules compared with a plain loop, on play of the expert."""

from benchmarks.measure import GAME, seconds, show
from benchmarks.paper_loop import infer_by_loop
from clonestrike import games
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState, States
from clonestrike.labelling.paper import infer_paper
from clonestrike.labelling.rules import infer
from clonestrike.playing.clock import LockstepClock
from clonestrike.playing.named_actor import Seat, find_actor

STEPS = 4000


def played() -> tuple[list[PlayerState], GameInfo]:
    """States of a match that the expert plays, including its deaths."""
    states: list[PlayerState] = []
    with games.open_match(GAME, seed=6, minutes=5.0, privileged=True) as match:
        clock = LockstepClock(match)
        with find_actor("expert").open(Seat(match, GAME, 6)) as actor:
            while clock.tick() and len(states) <= STEPS:
                observation = match.observe()
                states.append(observation.state or PlayerState())
                match.apply(actor.act(observation).action)
    return states, match.info


def main() -> None:
    """Print the table."""
    states, info = played()
    columns, steps = States.of(states), len(states) - 1
    loop = steps / seconds(lambda: infer_by_loop(states, info))
    rows = [["rules of the paper, a plain loop", f"{loop:,.0f}", "1.0"]]
    for name, rules in (("rules of the paper, vectorised", infer_paper), ("default rules", infer)):
        speed = steps / seconds(lambda rules=rules: rules(columns, info))  # type: ignore[misc]
        rows.append([name, f"{speed:,.0f}", f"{speed / loop:.1f}"])
    show(f"Labelling {steps:,} steps in memory", ["", "steps/s", "against the loop"], rows)


if __name__ == "__main__":
    main()
