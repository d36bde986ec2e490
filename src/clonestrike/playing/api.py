"""Playing and recording, for Python: values instead of tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clonestrike import games
from clonestrike.core.api import as_result, options
from clonestrike.playing.config import PlayConfig, RecordConfig
from clonestrike.playing.paced import PacedGame


@dataclass(frozen=True)
class PlayedMatch:
    """A match that was played; what the game does not tell is None."""

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
    real_time: dict[str, float] | None = None
    """Of a match at the game's own pace: percentiles of the length and the lateness of a step in ms, and counts."""
    video: Path | None = None


@dataclass(frozen=True)
class RecordedPlay:
    """Recordings that were made; ``clonestrike.open(result.out)`` opens them."""

    out: Path
    """Folder of the recordings."""
    steps: int
    seconds: float
    """How long it took."""
    steps_per_second: float
    interrupted: bool
    """Whether Ctrl-C, the kill switch or the player ended it early; what was recorded until then is kept."""
    recovered: int
    """Recordings in the folder that a killed process had left unfinished, and that were finished first."""
    real_time: dict[str, float] | None = None
    """As in ``PlayedMatch``."""


def game(name: str = "doom", *, seed: int = 0, minutes: float = 3.0) -> PacedGame:
    """Start a match for the own player, to be played step by step; use it in ``with``, which ends it.

    Args:
        name: the game and its options, such as ``doom:map=cig/MAP01,bots=7,loadout=classic``.
        seed: of the match: of a game that waits for its player, the same seed and actions give the same match.
        minutes: length of the match, in minutes of game time.

    Raises ClonestrikeError for an unknown game or option, or a game that does not start.
    """
    return PacedGame(games.open_game(name, seed=seed, minutes=minutes))


@options(PlayConfig)
def play(config: PlayConfig) -> PlayedMatch:
    """Let an actor play one match.

    Raises ClonestrikeError for an unknown game or actor, or a game that dies.
    """
    from clonestrike.playing.play import play as run

    return as_result(run(config), PlayedMatch)


@options(RecordConfig)
def record(config: RecordConfig) -> RecordedPlay:
    """Record play until there is as much as asked for: of bots that are watched, or of an actor that plays.

    Raises ClonestrikeError for an unknown game or actor, a full disk, a game that dies: what was recorded is kept.
    """
    from clonestrike.playing.record import record as run

    return as_result(run(config), RecordedPlay)
