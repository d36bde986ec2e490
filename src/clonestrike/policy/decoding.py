"""From probabilities to an action: what is sampled, what is argmax, and what happens when the agent stands idle."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np

from clonestrike.core.actions import ACTION_SPACE, Action, Floats
from clonestrike.core.actor import Prediction
from clonestrike.errors import ClonestrikeError

Choice = Literal["sample", "argmax", "off"]

GROUPS = {
    "move": ("w", "a", "s", "d"),
    "jump": ("space",),
    "crouch": ("ctrl",),
    "walk": ("shift",),
    "weapons": ("1", "2", "3"),
    "reload": ("r",),
    "fire": ("left",),
    "scope": ("right",),
}


ALIKE = 9.0, 0.3
"""Mouse motions are alike within so many counts plus this share of the motion (standard deviation)."""
SHOT_IS_LIKELY = 0.25
"""Chance of a shot from which on the agent aims: every motion counts by itself then."""


@dataclass(frozen=True)
class Decoding:
    """How each group of outputs becomes an action: sampled, the more likely one, or never pressed.

    The default samples the keys and takes the likeliest mouse motion and fire: argmax of the keys gets stuck on walls,
    and a sampled mouse misses. The likeliest motion is not the likeliest bin (argmax): bins near zero are narrow and
    share what is one motion, so bins that are about as far count for each other (mode). Where left and right are about
    as likely, the likeliest motion would change sides from step to step and the agent shake its head at a wall:
    ``persistence`` keeps it turning the way that it turns.
    """

    move: Choice = "sample"
    jump: Choice = "sample"
    crouch: Choice = "sample"
    walk: Choice = "sample"
    weapons: Choice = "sample"
    reload: Choice = "sample"
    fire: Choice = "argmax"
    scope: Choice = "argmax"
    mouse: Literal["sample", "argmax", "mode"] = "mode"
    persistence: float = 2.5
    """Added to the logarithm of the chance of mouse x bins on the side of the last motion, while no shot is likely."""
    jump_scale: float = 1.0
    """The probability of a jump is multiplied by this."""
    mouse_x_limit: int | None = None
    """Counts; mouse x is clipped to it."""
    idle_mouse_after: int | None = None
    """After more than so many idle steps (no movement key, both mouse argmaxes 0) the mouse is sampled."""
    idle_shake_after: int | None = None
    """After more than so many, at every step: an even draw of the mouse, perhaps a movement key, an empty memory."""
    forget: float = 0.0
    """Probability of emptying the memory at a step."""

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
    # Whom the expert has corrected at walls turns one way there by itself; held to it, it would spin.
    "corrected": Decoding(persistence=0.0),
    "argmax": _everywhere("argmax"),
    "sampled": _everywhere("sample"),
    # Pearce & Zhu's agent; its models fine-tuned on the expert's play jump five times as often as they predict.
    "paper": Decoding(
        move="argmax",
        crouch="off",
        walk="off",
        weapons="off",
        fire="sample",
        scope="off",
        mouse="argmax",
        persistence=0.0,
        jump_scale=5.0,
        mouse_x_limit=300,
        idle_mouse_after=8,
        idle_shake_after=96,
        forget=0.001,
    ),
}


@cache
def _alike(bins: tuple[int, ...]) -> Floats:
    """How much bin j counts for bin i: (N, N)."""
    counts = np.asarray(bins, np.float32)
    width = ALIKE[0] + ALIKE[1] * np.abs(counts)
    likeness: Floats = np.exp(-(((counts - counts[:, None]) / width[:, None]) ** 2) / 2)
    return likeness


@dataclass
class Decoder:
    """Decodes step after step; counts idle steps and draws at random."""

    rules: Decoding
    random: np.random.Generator
    idle: int = field(default=0, init=False)
    """Idle steps up to now."""

    side: float = field(default=0.0, init=False)
    """Where the last mouse motion went: -1 left, 1 right, 0 nowhere."""

    def reset(self) -> None:
        """A new run begins."""
        self.idle, self.side = 0, 0.0

    def decode(self, prediction: Prediction) -> tuple[Action, bool]:
        """The action, and whether the memory is to be emptied before the next step."""
        rules, names = self.rules, ACTION_SPACE.switches
        chances = dict(zip(names, prediction.switches.tolist(), strict=True))
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
        if rules.idle_shake_after is not None and self.idle > rules.idle_shake_after:
            x, y = (int(self.random.integers(len(p))) for p in (prediction.mouse_x, prediction.mouse_y))
            added = next((key for key in "wasd" if self.random.random() < max(chances[key], 0.05)), None)
            pressed |= {added} if added else set()
            forget = True
        elif rules.idle_mouse_after is not None and self.idle > rules.idle_mouse_after:
            x, y = (self._draw(p) for p in (prediction.mouse_x, prediction.mouse_y))

        self.side = float(np.sign(ACTION_SPACE.mouse_x_bins[x]))
        mouse_x, mouse_y = float(ACTION_SPACE.mouse_x_bins[x]), float(ACTION_SPACE.mouse_y_bins[y])
        if rules.mouse_x_limit is not None:
            mouse_x = float(np.clip(mouse_x, -rules.mouse_x_limit, rules.mouse_x_limit))
        keys = frozenset(pressed - {"left", "right"})
        return Action(keys, "left" in pressed, "right" in pressed, mouse_x, mouse_y), forget

    def _persistent(self, chances: Floats, fire: float) -> Floats:
        """Chances of the mouse x bins (not normalised) with those on the side of the last motion raised."""
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

    def _draw(self, probabilities: Floats) -> int:
        cumulated = np.cumsum(probabilities, dtype=np.float64)
        place = int(np.searchsorted(cumulated, self.random.random() * cumulated[-1], side="right"))
        return min(place, len(cumulated) - 1)
