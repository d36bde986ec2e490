"""Decoding: predicted probabilities become an action."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from clonestrike.core.actions import ACTION_SPACE, Action, Floats
from clonestrike.core.actor import Prediction
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.controls import CONTROLS, GROUPS

Choice = Literal["sample", "argmax", "off"]

ALIKE = 9.0, 0.3
"""Width of the kernel by which mouse bins are smoothed (standard deviation): counts, plus a share of the motion."""
SHOT_IS_LIKELY = 0.25
"""Probability of fire from which on the agent aims: ``persistence`` is then off."""


@dataclass(frozen=True)
class Decoding:
    """How each control is decoded: sampled, argmax, or off (never used).

    By default keys are sampled, fire is argmax and the mouse is the mode: argmax of the keys gets stuck at walls, and a
    sampled mouse misses. The mode is the most likely motion after smoothing over bins, because bins near zero are
    narrow, and share one motion among them. Where left and right are about equally likely, the mode would change sides
    at every step, and the agent shake its head at a wall: ``persistence`` keeps it turning in one direction.
    """

    move: Choice = "sample"
    jump: Choice = "sample"
    crouch: Choice = "sample"
    walk: Choice = "sample"
    weapons: Choice = "sample"
    reload: Choice = "sample"
    fire: Choice = "argmax"
    scope: Choice = "argmax"
    mouse: Literal["sample", "argmax", "mode", "off"] = "mode"
    persistence: float = 2.5
    """Added to the log-probability of mouse x bins on the side of the last motion, while fire is not likely."""
    jump_scale: float | None = 1.0
    """Factor on the probability of a jump; None: the policy's own, which its card has."""
    mouse_x_limit: int | None = None
    """Largest mouse x either way, in counts."""
    idle_mouse_after: int | None = None
    """Number of idle steps (no movement key, both mouse argmaxes 0) after which the mouse is sampled."""
    idle_shake_after: int | None = None
    """Number of idle steps after which every step draws the mouse uniformly, may add a movement key, empties memory."""
    forget: float = 0.0
    """Probability of emptying the memory at a step."""

    def within(self, controls: Collection[str], jump_scale: float = 1.0) -> Decoding:
        """The same rules with all other controls off; ``jump_scale`` is the policy's own factor."""
        off: dict[str, Any] = {name: "off" for name in CONTROLS if name not in controls}
        return replace(self, jump_scale=jump_scale if self.jump_scale is None else self.jump_scale, **off)

    @staticmethod
    def preset(name: str) -> Decoding:
        """One of DECODINGS by name; raises ClonestrikeError when there is no such preset."""
        try:
            return DECODINGS[name]
        except KeyError:
            raise ClonestrikeError(f"unknown decoding {name!r}", f"there are {', '.join(DECODINGS)}") from None


def _everywhere(choice: Literal["sample", "argmax"]) -> Decoding:
    return Decoding(choice, choice, choice, choice, choice, choice, choice, choice, choice, persistence=0.0)


DECODINGS = {
    "cloned": Decoding(),
    # An agent that the expert has corrected at walls keeps turning by itself; with persistence it would spin.
    "corrected": Decoding(persistence=0.0),
    "argmax": _everywhere("argmax"),
    "sampled": _everywhere("sample"),
    # Pearce & Zhu's agent. What it may control is said apart from this: by the policy's card, or --controls.
    "paper": Decoding(
        move="argmax",
        crouch="argmax",
        walk="argmax",
        weapons="argmax",
        fire="sample",
        scope="sample",
        mouse="argmax",
        persistence=0.0,
        jump_scale=None,
        mouse_x_limit=300,
        idle_mouse_after=8,
        idle_shake_after=96,
        forget=0.001,
    ),
}


@cache
def _alike(bins: tuple[int, ...]) -> Floats:
    """Smoothing over N mouse bins, float32 (N, N): the weight of bin j for bin i."""
    counts = np.asarray(bins, np.float32)
    width = ALIKE[0] + ALIKE[1] * np.abs(counts)
    likeness: Floats = np.exp(-(((counts - counts[:, None]) / width[:, None]) ** 2) / 2)
    return likeness


@dataclass
class Decoder:
    """Decodes predictions step by step; keeps the number of idle steps and the last direction of the mouse."""

    rules: Decoding
    random: np.random.Generator
    idle: int = field(default=0, init=False)
    """Number of idle steps in a row."""
    side: float = field(default=0.0, init=False)
    """Direction of the last mouse x: -1 left, 1 right, 0 none."""

    def reset(self) -> None:
        """Forget previous steps, at the beginning of a run."""
        self.idle, self.side = 0, 0.0

    def decode(self, prediction: Prediction) -> tuple[Action, bool]:
        """The action, and whether the memory is to be emptied before the next step."""
        rules, names = self.rules, ACTION_SPACE.switches
        chances = dict(zip(names, prediction.switches.tolist(), strict=True))
        if rules.jump_scale is not None:
            chances["space"] = min(1.0, chances["space"] * rules.jump_scale)
        pressed = {
            name
            for group, members in GROUPS.items()
            for name in members
            if self._press(chances[name], getattr(rules, group))
        }

        x = self._motion(self._persistent(prediction.mouse_x, chances["left"]), ACTION_SPACE.mouse_x_bins)
        y = self._motion(prediction.mouse_y, ACTION_SPACE.mouse_y_bins)
        still = ACTION_SPACE.mouse_x_bins.index(0), ACTION_SPACE.mouse_y_bins.index(0)
        likeliest = int(prediction.mouse_x.argmax()), int(prediction.mouse_y.argmax())
        self.idle = self.idle + 1 if likeliest == still and not pressed & set("wasd") else 0
        forget = rules.forget > 0 and self.random.random() < rules.forget
        turns, moves = rules.mouse != "off", rules.move != "off"
        if rules.idle_shake_after is not None and self.idle > rules.idle_shake_after:
            if turns:
                x, y = (int(self.random.integers(len(p))) for p in (prediction.mouse_x, prediction.mouse_y))
                forget = True
            if moves:
                added = next((key for key in "wasd" if self.random.random() < max(chances[key], 0.05)), None)
                pressed |= {added} if added else set()
        elif turns and rules.idle_mouse_after is not None and self.idle > rules.idle_mouse_after:
            x, y = (self._draw(p) for p in (prediction.mouse_x, prediction.mouse_y))

        self.side = float(np.sign(ACTION_SPACE.mouse_x_bins[x]))
        mouse_x, mouse_y = float(ACTION_SPACE.mouse_x_bins[x]), float(ACTION_SPACE.mouse_y_bins[y])
        if rules.mouse_x_limit is not None:
            mouse_x = float(np.clip(mouse_x, -rules.mouse_x_limit, rules.mouse_x_limit))
        keys = frozenset(pressed - {"left", "right"})
        return Action(keys, "left" in pressed, "right" in pressed, mouse_x, mouse_y), forget

    def _persistent(self, chances: Floats, fire: float) -> Floats:
        """Probabilities of mouse x, raised on the side of the last motion; not normalised."""
        if not self.side or fire >= SHOT_IS_LIKELY:
            return chances
        same = np.sign(ACTION_SPACE.mouse_x_bins) == self.side
        return np.where(same, chances * np.exp(self.rules.persistence), chances).astype(np.float32)

    def _press(self, chance: float, choice: Choice) -> bool:
        if choice == "sample":
            return bool(self.random.random() < chance)
        return choice == "argmax" and chance > 0.5

    def _motion(self, chances: Floats, bins: tuple[int, ...]) -> int:
        match self.rules.mouse:
            case "sample":
                return self._draw(chances)
            case "argmax":
                return int(chances.argmax())
            case "mode":
                return int((_alike(bins) @ chances).argmax())
            case "off":
                return bins.index(0)

    def _draw(self, probabilities: Floats) -> int:
        cumulated = np.cumsum(probabilities, dtype=np.float64)
        place = int(np.searchsorted(cumulated, self.random.random() * cumulated[-1], side="right"))
        return min(place, len(cumulated) - 1)
