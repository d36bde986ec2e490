"""The edge that every game implements, and the loop's clock.

The loop is the same everywhere::

    while clock.tick():
        observation = game.observe()
        game.apply(actor.act(observation))
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Action
from clonestrike.core.states import PlayerState

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Calibration:
    """How mouse counts turn the view: ``radians_per_count`` at full field of view, and the pitch limits in radians.

    0.00096 rad a count is the original's (sensitivity 2.50 times m_yaw 0.022 degrees).
    """

    radians_per_count: float = 0.00096
    pitch_min: float = -np.pi / 2
    pitch_max: float = np.pi / 2


@dataclass(frozen=True)
class GameInfo:
    """What a recording must know of the game it comes from."""

    game: str
    map: str
    mode: str
    steps_per_second: float
    frame_height: int
    frame_width: int
    field_of_view: float
    """Horizontal, degrees, unscoped."""
    movement: str
    """Name of the movement profile that labelling uses (see inverse_dynamics.movement)."""
    calibration: Calibration = field(default_factory=Calibration)
    versions: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it is kept in recording.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> GameInfo:
        """From recording.json; raises KeyError or TypeError when a part is missing."""
        return cls(**{**data, "calibration": Calibration(**data["calibration"])})


@dataclass(frozen=True)
class Observation:
    """The screen at one step, uint8 (H, W, 3) RGB, and the metadata at the same instant (None if the game has none).

    ``player`` names who is seen; a change of it, or a state that is not alive or not first person, ends a run.
    Times are from time.perf_counter_ns(), on every system the finest clock that never goes back.
    """

    frame: Frame
    state: PlayerState | None
    player: str
    frame_time_ns: int
    state_time_ns: int

    @property
    def playing(self) -> bool:
        """Whether this is first-person play: what may be recorded, and what an actor is asked about."""
        return self.state is None or (self.state.alive is not False and self.state.first_person is not False)


class Game(ABC):
    """One match of a game, open from construction until close()."""

    info: GameInfo

    @abstractmethod
    def observe(self) -> Observation:
        """The frame and the state now."""

    @abstractmethod
    def apply(self, action: Action) -> None:
        """Hold this action until the next one."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether the match is over (or the game is gone)."""

    @property
    def stopped(self) -> bool:
        """Whether the user has ended play for good, by the kill switch: no other match is started then."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Release everything that is held and end the game; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Score:
    """Kills and deaths of one player since the match began."""

    kills: int
    deaths: int


class Match(Game):
    """A game that the own player plays for a score."""

    @property
    @abstractmethod
    def minutes(self) -> float:
        """Game time so far."""

    @property
    @abstractmethod
    def scores(self) -> list[Score]:
        """The own player's score, then everybody else's; still there when the match is over."""


class Lockstep(ABC):
    """Capability: the game waits for us; its clock advances it."""

    @abstractmethod
    def advance(self) -> None:
        """Play one step with the action that is held."""


class Halfway(ABC):
    """Capability: something happens in the middle of a step of real time."""

    halves: bool = True
    """Whether half of the mouse motion waits for it."""

    @abstractmethod
    def halfway(self) -> None:
        """Called half a step after the step began."""


class Spectatable(ABC):
    """Capability: other players can be watched in first person."""

    @abstractmethod
    def players(self) -> dict[str, int]:
        """Names of the players that can be watched, with their kills."""

    @abstractmethod
    def watch(self, player: str) -> None:
        """Watch this player from now on; raises ClonestrikeError if there is no such player."""


class TrueInputs(ABC):
    """Capability: what the watched player, or the human who plays, really pressed is known."""

    @abstractmethod
    def true_action(self) -> Action | None:
        """What was held from the previous observation to this one; None where that is not known."""


class Sighted(ABC):
    """Capability: who can be seen is known, to measure play by; never told to an actor that learned."""

    @abstractmethod
    def in_sight(self) -> list[float]:
        """Distances in game units of the living enemies on the screen now."""


class Walled(ABC):
    """Capability: where walls stand is known, to measure play by; never told to an actor that learned."""

    @abstractmethod
    def walls(self) -> NDArray[np.float64]:
        """What nobody passes, (W, 4) in game units: x and y of one end, then of the other."""


class Actor(Protocol):
    """Whoever plays: agent, human, scripted expert, random."""

    def reset(self) -> None:
        """Forget everything: a new run begins."""

    def act(self, observation: Observation) -> Action:
        """The answer to this observation."""


class Clock(ABC):
    """Paces the control loop."""

    late_ns: int = 0
    """How late the current step began, ns (always 0 in lockstep)."""
    missed: int = 0
    """Whole steps that were skipped so far (always 0 in lockstep)."""

    @abstractmethod
    def tick(self) -> bool:
        """Wait for the next step; False when the match is over. The first call returns at once."""


class LockstepClock(Clock):
    """Advances the game by a step at every tick but the first."""

    def __init__(self, game: Game) -> None:
        if not isinstance(game, Lockstep):
            raise TypeError(f"{type(game).__name__} cannot be played in lockstep")
        self._game: Game = game
        self._advance = game.advance
        self._started = False

    def tick(self) -> bool:
        if self._started and not self._game.finished:
            self._advance()
        self._started = True
        return not self._game.finished


def _sleep_until(deadline_ns: int) -> None:
    remaining = deadline_ns - time.perf_counter_ns()
    if remaining > 0:
        time.sleep(remaining / 1e9)


class RealTimeClock(Clock):
    """A fixed rate without drift: a late step does not move those after it, and a whole missed step is skipped."""

    def __init__(self, game: Game, steps_per_second: float) -> None:
        self._game = game
        self._period = round(1e9 / steps_per_second)
        self._advance = game.advance if isinstance(game, Lockstep) else None
        self._halfway = game.halfway if isinstance(game, Halfway) else None
        self._next: int | None = None
        self.lateness_ns: list[int] = []
        """Lateness of every step so far, ns."""

    def tick(self) -> bool:
        if self._next is None:
            self._next = time.perf_counter_ns()
        else:
            if self._advance and not self._game.finished:
                self._advance()
            if self._halfway:
                _sleep_until(self._next + self._period // 2)
                self._halfway()
            self._next += self._period
            _sleep_until(self._next)
        self.late_ns = max(0, time.perf_counter_ns() - self._next)
        self.lateness_ns.append(self.late_ns)
        whole = self.late_ns // self._period
        self._next += whole * self._period
        self.missed += whole
        return not self._game.finished


def clock_of(game: Game) -> Clock:
    """The clock that a game wants: its own where it waits for us, otherwise that on the wall."""
    return LockstepClock(game) if isinstance(game, Lockstep) else RealTimeClock(game, game.info.steps_per_second)
