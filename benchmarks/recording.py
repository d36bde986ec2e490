"""Recording: steps/s compared with the bare engine, that is, the cost of the loop, the states and the writing."""

import tempfile
from pathlib import Path

from benchmarks.measure import GAME, seconds, show
from clonestrike import games
from clonestrike.core.actions import Action
from clonestrike.games.doom.engine import TICS_PER_STEP, DoomSpec, Engine
from clonestrike.playing.clock import LockstepClock
from clonestrike.playing.config import RecordConfig
from clonestrike.playing.record import record

STEPS = 1500


def bare(*, privileged: bool) -> float:
    """Steps/s of ViZDoom alone: frames are rendered but not read."""
    engine = Engine(DoomSpec(), seed=5, minutes=5, privileged=privileged)
    try:

        def steps() -> None:
            for _ in range(STEPS):
                engine.idle(TICS_PER_STEP)

        return STEPS / seconds(steps)
    finally:
        engine.close()


def observed() -> float:
    """Steps/s of a match whose frames and states are read, with nothing pressed."""
    with games.open_match(GAME, seed=5, minutes=5) as game:
        clock = LockstepClock(game)

        def steps() -> None:
            for _ in range(STEPS):
                clock.tick()
                game.observe()
                game.apply(Action())

        return STEPS / seconds(steps)


def recorded(**who: str) -> float:
    """Steps/s of recording one match in this process, including its start."""
    with tempfile.TemporaryDirectory() as folder:
        config = RecordConfig(Path(folder) / "data", GAME, steps=STEPS, seed=5, **who)  # type: ignore[arg-type] # names
        return STEPS / seconds(lambda: record(config))


def main() -> None:
    """Print the table."""
    games.prepare_expert(GAME)
    engine, privileged = bare(privileged=False), bare(privileged=True)
    rows = [
        ["bare engine", f"{engine:,.0f}", "1.00"],
        ["  + frames and states read", f"{(speed := observed()):,.0f}", f"{speed / engine:.2f}"],
        ["record --watch bots", f"{(speed := recorded(watch='bots')):,.0f}", f"{speed / engine:.2f}"],
        ["bare engine with labels and objects (what the expert needs)", f"{privileged:,.0f}", "1.00"],
        ["record --play expert", f"{(speed := recorded(play='expert')):,.0f}", f"{speed / privileged:.2f}"],
    ]
    show("Recording, one process", ["", "steps/s", "against the bare engine"], rows)


if __name__ == "__main__":
    main()
