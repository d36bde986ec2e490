"""The Python API of playing and recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clonestrike import games
from clonestrike.core.api import as_result, options
from clonestrike.playing.config import PlayConfig, RecordConfig
from clonestrike.playing.paced import PacedGame


@dataclass(frozen=True)
class PlayedMatch:
    """The result of playing a match; None is what the game does not tell."""

    actor: str
    game: str
    seed: int
    steps: int
    """Steps of play; those between a death and the next life are not counted."""
    minutes: float | None = None
    """Game time."""
    kills: int | None = None
    deaths: int | None = None
    kills_per_minute: float | None = None
    mean_bot_kills_per_minute: float | None = None
    kills_per_1000_steps: float | None = None
    """Of all steps, those between a death and the next life too, as the original counts."""
    deaths_per_1000_steps: float | None = None
    kill_ratio: float | None = None
    """kills / max(deaths, 1)."""
    real_time: dict[str, float] | None = None
    """In real time only: percentiles of the duration and the lateness of a step in ms, and counts."""
    video: Path | None = None


@dataclass(frozen=True)
class RecordedPlay:
    """The result of recording; ``clonestrike.open(result.out)`` opens the recordings."""

    out: Path
    """Folder of the recordings."""
    steps: int
    seconds: float
    """Duration of the whole stage."""
    steps_per_second: float
    interrupted: bool
    """Whether Ctrl-C, the kill switch or the player ended it early; what was recorded until then is kept."""
    recovered: int
    """Number of recordings that a killed process had left unfinished in the folder, and that were finished first."""
    real_time: dict[str, float] | None = None
    """See ``PlayedMatch.real_time``."""


def game(name: str = "doom", *, seed: int = 0, minutes: float = 3.0) -> PacedGame:
    """Start a match to play step by step; ``with`` ends it.

    Args:
        name: the game and its options, such as ``doom:map=cig/MAP01,bots=7,loadout=classic``.
        seed: seed of the match. In lockstep the same seed and actions give the same match.
        minutes: length of the match, in minutes of game time.

    Raises ClonestrikeError for an unknown game or option, or a game that does not start.
    """
    opened = games.open_game(name, seed=seed, minutes=minutes)
    try:
        return PacedGame(opened)
    except BaseException:
        opened.close()
        raise


@options(PlayConfig)
def play(config: PlayConfig) -> PlayedMatch:
    """Let an actor play one match.

    Raises ClonestrikeError for an unknown game or actor, or a game that ends unexpectedly.
    """
    from clonestrike.playing.play import play as run

    return as_result(run(config), PlayedMatch)


@options(RecordConfig)
def record(config: RecordConfig) -> RecordedPlay:
    """Record the play of watched bots or of an actor, until there is as much as asked for.

    Raises ClonestrikeError for an unknown game or actor, a full disk, or a game that ends unexpectedly. What was
    recorded before is kept.
    """
    from clonestrike.playing.record import record as run

    return as_result(run(config), RecordedPlay)
