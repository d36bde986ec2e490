"""The stage record: writes the play of watched players or of an actor to disk."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any

from clonestrike import games
from clonestrike.console import progress
from clonestrike.core.actor import Actor
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game
from clonestrike.playing.actors import Corrected, Disturbed
from clonestrike.playing.clock import RealTimeClock, clock_of
from clonestrike.playing.config import RecordConfig
from clonestrike.playing.deadlines import Deadlines
from clonestrike.playing.loop import Listener, Played, control_loop, watch_loop
from clonestrike.playing.named_actor import NamedActor, Seat, find_actor
from clonestrike.playing.recorder import Recorder, Session
from clonestrike.playing.suited import suited, workers
from clonestrike.playing.watcher import Watcher
from clonestrike.recordings.files import Source
from clonestrike.recordings.writer import recover
from clonestrike.workers import FEWER, WorkerPool, worker_manager

MATCH_MINUTES = 5.0
"""Length of a match, minutes of game time."""


@dataclass(frozen=True)
class WorkerTask:
    """What one worker records: ``steps`` steps, from matches with the seeds first, first + stride, ..."""

    config: RecordConfig
    game: str
    """Name of the game that is played."""
    player: NamedActor | None
    """The actor that plays; None if others are watched."""
    steps: int
    first: int
    stride: int


def record_task(
    task: WorkerTask, report: Callable[[int], None], stopped: Callable[[], bool], deadlines: Deadlines | None = None
) -> int:
    """Record one worker's task, match after match; returns the number of steps that were written.

    ``report`` is called with the number of steps written since its last call. ``deadlines`` listens in real time.
    """
    done, match, over = 0, 0, False
    deadlines = deadlines or Deadlines(games.game_info(task.game).steps_per_second)
    try:
        while done < task.steps and not stopped() and not over:
            seed = task.first + match * task.stride
            steps, over = _record_match(task, seed, task.steps - done, report, stopped, deadlines)
            done += steps
            match += 1
    finally:
        deadlines.warn()
    return done


def _record_match(
    task: WorkerTask,
    seed: int,
    limit: int,
    report: Callable[[int], None],
    stopped: Callable[[], bool],
    deadlines: Deadlines,
) -> tuple[int, bool]:
    """Record one match; returns the number of steps written, and whether the user wants no other match."""
    config, player = task.config, task.player
    with _open(task, seed) as game:
        source: Source = "watched" if player is None else "played"
        run = f"{_run_name(config, player)}-{seed:06d}"
        recorder = Recorder(Session(config.out, game.info, source, run, seed, config.part_steps))
        reported = 0

        def enough() -> bool:
            nonlocal reported
            if recorder.steps - reported >= 50:
                report(recorder.steps - reported)
                reported = recorder.steps
            return recorder.steps >= limit or stopped()

        clock = clock_of(game)
        listeners: list[Listener] = [recorder]
        if isinstance(clock, RealTimeClock):
            listeners.append(deadlines)
        played = Played(0, left=False)
        try:
            if player is None:
                watch_loop(game, Watcher(game), clock, listeners, stop=enough)
            else:
                with player.open(Seat(game, task.game, seed, controls=config.controls)) as actor:
                    played = control_loop(game, _wrapped(actor, task, game, seed), clock, listeners, stop=enough)
        finally:
            recorder.close()
        report(recorder.steps - reported)
        return recorder.steps, played.left or game.stopped


def _wrapped(actor: Actor, task: WorkerTask, game: Game, seed: int) -> Actor:
    """The actor, wrapped if the options ask for noise or corrections."""
    if task.config.noise:
        return Disturbed(actor, task.config.noise, seed)
    if task.config.corrected:
        return Corrected(actor, games.open_expert(task.game, game, seed=seed))
    return actor


def _run_name(config: RecordConfig, player: NamedActor | None) -> str:
    """Name for the runs: of the actor, or of those who are watched."""
    if player is None:
        return str(config.watch)
    return f"{player.run_name}-corrected" if config.corrected else player.run_name


def _open(task: WorkerTask, seed: int) -> Game:
    player = task.player
    if player is None:
        return games.open_spectator(task.game, seed=seed, minutes=MATCH_MINUTES, whom=str(task.config.watch))
    return games.open_game(
        task.game,
        seed=seed,
        minutes=MATCH_MINUTES,
        privileged=player.entry.privileged or task.config.corrected,
        human=player.entry.human,
    )


def record(config: RecordConfig) -> dict[str, Any]:
    """Record until there are as many steps as asked for, or Ctrl-C; returns a summary.

    Unfinished recordings that a killed process left in the same folder are finished first.

    Raises ClonestrikeError for an unknown game or actor, a full disk, or a game that ends unexpectedly. What was
    recorded before is kept.
    """
    whole = _check(config)
    started = time.monotonic()
    config.out.mkdir(parents=True, exist_ok=True)
    recovered = recover_all(config.out)
    deadlines = Deadlines(games.game_info(whole.game).steps_per_second)
    with progress() as bar:
        task = bar.add_task(f"record {config.play or config.watch}", total=whole.steps)
        if whole.stride == 1:
            done, interrupted = _here(whole, deadlines, lambda n: bar.advance(task, n))
        else:
            with worker_manager() as manager:
                done, interrupted = _in_workers(whole, manager, lambda n: bar.advance(task, n))
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
    """Finish recordings that a killed process left in the folder; returns their number.

    Those that are damaged, or still being written by another process, stay as they are, and so does what other stages
    are writing there.
    """
    recovered = 0
    for part in sorted(out.glob("[0-9]*.part")):
        with contextlib.suppress(ClonestrikeError):
            recovered += recover(part) is not None
    return recovered


def _check(config: RecordConfig) -> WorkerTask:
    """Check all options; returns the whole task, whose stride is the number of workers."""
    if (config.watch is None) == (config.play is None):
        raise ClonestrikeError("say whom to record", "--watch bots|experts, or --play expert|human|CHECKPOINT")
    player = None if config.play is None else find_actor(config.play)
    game = suited(config.game, [player] if player else [], config.controls)
    if config.watch is not None:
        games.check_watch(game, config.watch)
    if (config.minutes is None) == (config.steps is None):
        raise ClonestrikeError("say how much to record", "--minutes M or --steps N")
    if player is not None and player.entry.human and config.workers != 1:
        raise ClonestrikeError("a human plays one match at a time", "leave --workers out")
    steps = config.steps
    if steps is None:
        assert config.minutes is not None
        steps = round(config.minutes * 60 * games.game_info(game).steps_per_second)
    if steps < 1:
        raise ClonestrikeError("there is nothing to record", "ask for 1 step or more")
    if config.corrected and (config.noise or player is None or player.entry.human or player.entry.privileged):
        raise ClonestrikeError("--corrected is for checkpoints only", "--play CHECKPOINT, without --noise")
    if config.corrected or config.watch == "experts":
        games.prepare_expert(game)
    if player is not None:
        player.entry.prepare(game)
    return WorkerTask(config, game, player, steps, config.seed, workers(game, config.workers))


def _here(task: WorkerTask, deadlines: Deadlines, advance: Callable[[int], None]) -> tuple[int, bool]:
    """Record in this process; returns the number of steps, and whether Ctrl-C ended it."""
    counted = 0

    def report(n: int) -> None:
        nonlocal counted
        counted += n
        advance(n)

    try:
        return record_task(task, report, lambda: False, deadlines), False
    except KeyboardInterrupt:
        return counted, True


def _in_workers(whole: WorkerTask, manager: SyncManager, advance: Callable[[int], None]) -> tuple[int, bool]:
    """Record the whole task in several processes, as many as its stride; returns what ``_here`` does."""
    counts, stop = manager.Queue(), manager.Event()
    each, more = divmod(whole.steps, whole.stride)
    tasks = [replace(whole, steps=each + (w < more), first=whole.first + w) for w in range(whole.stride)]
    interrupted = False
    with WorkerPool(whole.stride, remedy=f"what it recorded until then is kept; {FEWER}") as pool:
        futures = [pool.submit(record_task, task, counts.put, stop.is_set) for task in tasks if task.steps]
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
