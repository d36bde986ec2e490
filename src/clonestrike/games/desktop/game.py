"""A game in a window: the picture is what the window shows, the action what we press or what a human presses."""

from __future__ import annotations

import dataclasses
import math
import time

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.games.base import Game, Halfway, TrueInputs
from clonestrike.games.desktop.crop import Crop, centre_16_9
from clonestrike.games.desktop.edge import Input, InputRecorder, Screen


class WindowGame(Game, Halfway, TrueInputs):
    """Any window. Nothing is known of the game but its picture; it ends with its ``minutes`` or by the kill switch.

    ``hands`` press what ``apply`` is given; with ``ears`` a human plays. Both only while the window has the focus:
    without it nothing is pressed, and what is seen and heard then is no play.
    Half of the mouse motion is applied at once and half in the middle of the step, as in the original: the view turns
    more evenly. ``halves`` turns that off.
    """

    def __init__(
        self,
        info: GameInfo,
        screen: Screen,
        hands: Input | None = None,
        ears: InputRecorder | None = None,
        *,
        crop: Crop = centre_16_9,
        minutes: float = math.inf,
    ) -> None:
        self.info = info
        self.screen, self.hands, self.ears = screen, hands, ears
        self._crop = crop
        self._end_ns = time.perf_counter_ns() + minutes * 60e9
        self._rest = (0, 0)
        self._held: Action | None = Action()

    def observe(self) -> Observation:
        """The picture now; raises ClonestrikeError when the window is gone."""
        if self.ears is not None:
            self._held = self.ears.take()
        now = time.perf_counter_ns()
        frame = self._crop(self.screen.grab())
        state, read = self._state(), time.perf_counter_ns()
        if (self.hands or self.ears) and not self.screen.focused:
            state = dataclasses.replace(state or PlayerState(), first_person=False)
        return Observation(frame, state, self._player(), now, read, self._pressed())

    def _state(self) -> PlayerState | None:
        return None

    def _player(self) -> str:
        return "self"

    def _pressed(self) -> Action | None:
        """What was held from the previous observation to this one: by the human, otherwise by us."""
        return self._held

    def apply(self, action: Action) -> None:
        if self.hands is None:
            return
        self._held = action
        self.hands.hold(action)
        x, y = round(action.mouse_x), round(action.mouse_y)
        first = (x // 2, y // 2) if self.halves else (x, y)
        self._rest = (x - first[0], y - first[1])
        self.hands.move(*first)

    def halfway(self) -> None:
        """The other half of the mouse motion."""
        if self.hands is not None:
            self.hands.move(*self._rest)
        self._rest = (0, 0)

    @property
    def stopped(self) -> bool:
        return any(part is not None and part.stopped for part in (self.hands, self.ears))

    @property
    def finished(self) -> bool:
        return self.stopped or time.perf_counter_ns() >= self._end_ns

    def close(self) -> None:
        for part in (self.hands, self.ears, self.screen):
            if part is not None:
                part.close()
