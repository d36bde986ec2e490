"""A game in a window: frames are captured from it, actions are injected or recorded from a human."""

from __future__ import annotations

import dataclasses
import math
import time

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.games.base import Game, Halfway, TrueInputs, Windowed
from clonestrike.games.desktop.backend import Input, InputRecorder, Screen
from clonestrike.games.desktop.crop import Crop, centre_16_9


class WindowGame(Game, Halfway, TrueInputs, Windowed):
    """Any window. Only its picture is known, no state; the game ends after ``minutes`` or by the kill switch.

    With ``injector`` an actor plays, with ``recorder`` a human. Steps without the keyboard focus are not play: their
    state is not first person.
    Half of the mouse motion is applied at once and half in the middle of the step, as in the original, so that the view
    turns more evenly. ``halves`` turns that off.
    """

    def __init__(
        self,
        info: GameInfo,
        screen: Screen,
        injector: Input | None = None,
        recorder: InputRecorder | None = None,
        *,
        crop: Crop = centre_16_9,
        minutes: float = math.inf,
    ) -> None:
        self.info = info
        self.screen, self.injector, self.recorder = screen, injector, recorder
        self._crop = crop
        self._end_ns = time.perf_counter_ns() + minutes * 60e9
        self._rest = (0, 0)
        self._held: Action | None = Action()

    def observe(self) -> Observation:
        """The frame now; raises ClonestrikeError when the window is gone."""
        if self.recorder is not None:
            self._held = self.recorder.take()
        now = time.perf_counter_ns()
        frame = self._crop(self.screen.grab())
        state, read = self._state(), time.perf_counter_ns()
        if (self.injector or self.recorder) and not self.screen.focused:
            state = dataclasses.replace(state or PlayerState(), first_person=False)
        return Observation(frame, state, self._player(), now, read, self._pressed())

    def _state(self) -> PlayerState | None:
        return None

    def _player(self) -> str:
        return "self"

    def _pressed(self) -> Action | None:
        """The true action from the previous observation to this one, recorded or injected."""
        return self._held

    def apply(self, action: Action) -> None:
        if self.injector is None:
            return
        self._held = action
        self.injector.hold(action)
        x, y = round(action.mouse_x), round(action.mouse_y)
        first = (x // 2, y // 2) if self.halves else (x, y)
        self._rest = (x - first[0], y - first[1])
        self.injector.move(*first)

    def halfway(self) -> None:
        """Move the mouse by the other half of its motion."""
        if self.injector is not None:
            self.injector.move(*self._rest)
        self._rest = (0, 0)

    def focus(self) -> None:
        """Ask for the keyboard focus."""
        self.screen.focus()

    @property
    def obstacle(self) -> str | None:
        """Why the window cannot be captured whole, such as that another one lies over it; None if it can."""
        return self.screen.obstacle

    @property
    def stopped(self) -> bool:
        return any(part is not None and part.stopped for part in (self.injector, self.recorder))

    @property
    def finished(self) -> bool:
        return self.stopped or time.perf_counter_ns() >= self._end_ns

    def close(self) -> None:
        for part in (self.injector, self.recorder, self.screen):
            if part is not None:
                part.close()
