"""The stage play: an actor plays a match in lockstep or in real time, with an optional video."""

from __future__ import annotations

import contextlib
from typing import Any

from clonestrike import console, games
from clonestrike.console import progress
from clonestrike.games.base import Halfway, Match
from clonestrike.playing.clock import RealTimeClock, clock_of
from clonestrike.playing.config import PlayConfig
from clonestrike.playing.deadlines import Deadlines
from clonestrike.playing.loop import Listener, Step, control_loop
from clonestrike.playing.named_actor import Seat, find_actor
from clonestrike.playing.show import Show
from clonestrike.playing.status import Status
from clonestrike.playing.suited import suited
from clonestrike.view.video import OverlayVideo


class VideoListener:
    """A listener that writes an overlay video: steps from the first one in play on, or all of them if ``started``."""

    def __init__(self, video: OverlayVideo, *, started: bool = False) -> None:
        self._video = video
        self._started = started

    def step(self, step: Step) -> None:
        decision = step.decision
        self._started |= decision is not None
        if not self._started:
            return
        action, prediction = (decision.action, decision.prediction) if decision else (None, None)
        self._video.add(step.observation.frame, action, prediction, step.observation.state)


def play(config: PlayConfig) -> dict[str, Any]:
    """Play one match; returns the fields of ``api.PlayedMatch``.

    Raises ClonestrikeError for an unknown game or actor, or a game that ends unexpectedly.
    """
    player = find_actor(config.actor)
    name = suited(config.game, [player], config.controls)
    info = games.game_info(name)
    human = player.entry.human
    player.entry.prepare(name)
    with contextlib.ExitStack() as stack:
        game = stack.enter_context(
            games.open_game(
                name,
                seed=config.seed,
                minutes=config.minutes,
                privileged=player.entry.privileged,
                human=human,
            )
        )
        if isinstance(game, Halfway):
            game.halves = not config.whole_mouse
        actor = stack.enter_context(player.open(Seat(game, name, config.seed, config.decoding, config.controls)))
        listeners: list[Listener] = []
        if config.video is not None:
            listeners.append(VideoListener(stack.enter_context(OverlayVideo(config.video, info.steps_per_second))))
        total = round(config.minutes * 60 * info.steps_per_second)
        status = Status(game, stack.enter_context(progress()), config.actor, total)
        listeners.append(status)
        screen = Show(f"Clonestrike: {config.actor}", game) if config.show and not human else None
        if screen:
            listeners.append(screen)
            stack.callback(screen.window.close)
        real_time = (config.real_time or config.show) and not human
        clock = RealTimeClock(game, info.steps_per_second) if real_time else clock_of(game)
        deadlines = Deadlines(info.steps_per_second) if isinstance(clock, RealTimeClock) else None
        if deadlines:
            listeners.append(deadlines)

        played = control_loop(game, actor, clock, listeners, stop=lambda: screen is not None and screen.window.closed)
        if game.stopped:
            console.warning("stopped by the kill switch")
        result: dict[str, Any] = {
            "actor": config.actor,
            "game": name,
            "seed": config.seed,
            "steps": played.steps,
        }
        if isinstance(game, Match):
            result |= score(game) | status.figures
        if deadlines:
            deadlines.warn()
            result["real_time"] = deadlines.summary()
        if config.video is not None:
            result["video"] = str(config.video)
        return result


def score(match: Match) -> dict[str, float]:
    """Minutes, kills and deaths of the own player, and the kills a minute of the own player and of the mean bot."""
    minutes, (own, *bots) = match.minutes, match.scores
    return {
        "minutes": round(minutes, 3),
        "kills": own.kills,
        "deaths": own.deaths,
        "kills_per_minute": own.kills / minutes,
        "mean_bot_kills_per_minute": sum(bot.kills for bot in bots) / max(len(bots), 1) / minutes,
    }
