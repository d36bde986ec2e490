"""Stage 1, record: play onto disk, watching others or playing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any

from clonestrike import games
from clonestrike.console import progress
from clonestrike.core.actor import Actor
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game
from clonestrike.playing.actors import Corrected, Disturbed, Intending, check_actor, open_actor
from clonestrike.playing.clock import RealTimeClock, clock_of
from clonestrike.playing.deadlines import Deadlines
from clonestrike.playing.human import Human
from clonestrike.playing.loop import Listener, control_loop
from clonestrike.playing.recorder import RecordConfig, Recorder, Watcher
from clonestrike.playing.workers import WORKER_LOST, leashed_manager, worker_lost, worker_pool
from clonestrike.recordings.writer import recover

MATCH_MINUTES = 5.0


@dataclass(frozen=True)
class Share:
    """What one worker records: so many steps, from matches with the seeds first, first + stride, ..."""

    config: RecordConfig
    steps: int
    first: int
    stride: int


def record_share(
    share: Share, report: Callable[[int], None], stopped: Callable[[], bool], deadlines: Deadlines | None = None
) -> int:
    """Record one worker's share, match after match; returns the steps that are on disk.

    ``deadlines`` hears of the steps of games at real time.
    """
    config, done, match, over = share.config, 0, 0, False
    deadlines = deadlines or Deadlines(games.game_info(config.game).steps_per_second)
    try:
        while done < share.steps and not stopped() and not over:
            seed = share.first + match * share.stride
            steps, over = _record_match(config, seed, share.steps - done, report, stopped, deadlines)
            done += steps
            match += 1
    finally:
        deadlines.warn()
    return done


def _record_match(
    config: RecordConfig,
    seed: int,
    limit: int,
    report: Callable[[int], None],
    stopped: Callable[[], bool],
    deadlines: Deadlines,
) -> tuple[int, bool]:
    """The steps recorded of one match, and whether the human has had enough."""
    with _open(config, seed) as game:
        actor: Actor
        intending: Intending | None = None
        listeners: list[Listener] = []
        if config.play is None:
            actor = watcher = Watcher(game)
            listeners.append(watcher)
        else:
            actor = open_actor(config.play, config.game, game, seed=seed)
            if config.noise:
                actor = intending = Disturbed(actor, config.noise, seed)
            elif config.corrected:
                actor = intending = Corrected(actor, games.open_expert(config.game, game, seed=seed))
        recorder = Recorder(config, game, f"{_name(config)}-{seed:06d}", seed, intending)
        told = 0

        def enough() -> bool:
            nonlocal told
            if recorder.steps - told >= 50:
                report(recorder.steps - told)
                told = recorder.steps
            return recorder.steps >= limit or stopped() or left(actor)

        clock = clock_of(game)
        if isinstance(clock, RealTimeClock):
            listeners.append(deadlines)
        try:
            control_loop(game, actor, clock, [recorder, *listeners], stop=enough)
        finally:
            recorder.close()
            over = left(actor) or game.stopped
            if isinstance(actor, Human):
                actor.close()
        report(recorder.steps - told)
        return recorder.steps, over


def _name(config: RecordConfig) -> str:
    """Of its runs: who plays or is watched, a checkpoint by the name of its folder."""
    player = (
        Path(config.play).resolve().name.removesuffix(".onnx").replace(":", "-") if config.play else str(config.watch)
    )
    return f"{player}-corrected" if config.corrected else player


def left(actor: Actor) -> bool:
    """Whether a human has closed the window."""
    return isinstance(actor, Human) and actor.closed


def _open(config: RecordConfig, seed: int) -> Game:
    if config.watch:
        return games.open_spectator(config.game, seed=seed, minutes=MATCH_MINUTES, whom=config.watch)
    return games.open_game(
        config.game,
        seed=seed,
        minutes=MATCH_MINUTES,
        privileged=config.privileged,
        human=config.play == "human",
    )


def record(config: RecordConfig) -> dict[str, Any]:
    """Record until there are as many steps as asked for, or Ctrl-C; returns a summary.

    Unfinished recordings that a killed process left in the same folder are finished first.

    Raises ClonestrikeError for an unknown game or actor, a full disk, an engine that dies: what was recorded is kept.
    """
    steps = _check(config)
    started = time.monotonic()
    config.out.mkdir(parents=True, exist_ok=True)
    recovered = recover_all(config.out)
    deadlines = Deadlines(games.game_info(config.game).steps_per_second)
    with progress() as bar:
        task = bar.add_task(f"record {config.play or config.watch}", total=steps)
        if config.workers == 1:
            done, interrupted = _here(config, steps, deadlines, lambda n: bar.advance(task, n))
        else:
            with leashed_manager() as manager:
                done, interrupted = _in_workers(config, steps, manager, lambda n: bar.advance(task, n))
    seconds = time.monotonic() - started
    return {
        "out": str(config.out),
        "steps": done,
        "seconds": round(seconds, 2),
        "steps_per_second": round(done / seconds, 1),
        "interrupted": interrupted,
        "recovered": recovered,
        **({"real_time": deadlines.summary()} if deadlines.steps else {}),
    }


def recover_all(out: Path) -> int:
    """Finish what a killed recorder left in the folder; what another one still writes, or what is damaged, stays.

    Returns how many recordings that gave.
    """
    recovered = 0
    for part in sorted(out.glob("*.part")):
        with contextlib.suppress(ClonestrikeError):
            recovered += recover(part) is not None
    return recovered


def _check(config: RecordConfig) -> int:
    games.game_info(config.game)
    if (config.watch is None) == (config.play is None):
        raise ClonestrikeError("say whom to record", "--watch bots|experts, or --play expert|human|CHECKPOINT")
    if config.watch is not None:
        games.check_watch(config.game, config.watch)
    if config.play is not None:
        check_actor(config.play)
    if (config.minutes is None) == (config.steps is None):
        raise ClonestrikeError("say how much to record", "--minutes M or --steps N")
    if config.play == "human" and config.workers != 1:
        raise ClonestrikeError("a human plays one match at a time", "leave --workers out")
    if config.workers < 1:
        raise ClonestrikeError("--workers must be 1 or more", "leave it out for one")
    steps = config.steps
    if steps is None:
        assert config.minutes is not None
        steps = round(config.minutes * 60 * games.game_info(config.game).steps_per_second)
    if steps < 1:
        raise ClonestrikeError("there is nothing to record", "ask for 1 step or more")
    if config.corrected and (config.noise or config.play in (None, "expert", "human")):
        raise ClonestrikeError("--corrected is for what plays by itself", "--play CHECKPOINT, without --noise")
    if config.privileged:
        games.prepare_expert(config.game)
    return steps


def _here(config: RecordConfig, steps: int, deadlines: Deadlines, advance: Callable[[int], None]) -> tuple[int, bool]:
    counted = 0

    def report(n: int) -> None:
        nonlocal counted
        counted += n
        advance(n)

    try:
        return record_share(Share(config, steps, config.seed, 1), report, lambda: False, deadlines), False
    except KeyboardInterrupt:
        return counted, True


def _in_workers(
    config: RecordConfig, steps: int, manager: SyncManager, advance: Callable[[int], None]
) -> tuple[int, bool]:
    counts, stop = manager.Queue(), manager.Event()
    shares = [
        Share(config, steps // config.workers + (w < steps % config.workers), config.seed + w, config.workers)
        for w in range(config.workers)
    ]
    interrupted = False
    with worker_pool(config.workers) as pool:
        futures = [pool.submit(record_share, share, counts.put, stop.is_set) for share in shares if share.steps]
        try:
            while not all(future.done() for future in futures):
                try:
                    while not counts.empty():
                        advance(counts.get())
                    time.sleep(0.1)
                    if any(future.done() and future.exception() for future in futures):
                        stop.set()
                except KeyboardInterrupt:
                    interrupted = True
                    stop.set()
            return sum(future.result() for future in futures), interrupted
        except WORKER_LOST:
            raise worker_lost() from None
