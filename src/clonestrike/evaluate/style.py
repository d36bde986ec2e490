"""How somebody plays, beside how many they kill: aim, lives, distances, walls, and what goes wrong.

Everything is measured step by step in seeded matches by the game's own clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich import box
from rich.markup import escape
from rich.table import Table

from clonestrike import games
from clonestrike.actions import ACTION_SPACE
from clonestrike.actors import check_actor
from clonestrike.console import write_json
from clonestrike.control import in_workers
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.traces import BOTS, COLUMNS, Life, Trace, TracedMatch, trace

SKY_OR_FLOOR = 20.0
"""Degrees of pitch from which on."""
STILL = 1.0
"""Game units: who moves less in a step although a key is held stands at a wall."""
STUCK_STEPS = 16
SPIN_STEPS, SPIN_DEGREES = 32, 540.0
"""More turn one way than that in so many steps, with nobody in sight, is spinning."""
REACTION_STEPS = 64
"""A shot later than that after the first sight is no reaction to it."""
UNSEEN_STEPS = 8
"""A sight is new after so many steps without one."""


@dataclass(frozen=True)
class StyleConfig:
    """Whose play to measure (checkpoints, expert, random, bots), in what, and where to write it."""

    actors: tuple[str, ...]
    game: str
    out: Path
    matches: int = 6
    minutes: float = 3.0
    seed: int = 1000
    workers: int = 2
    decoding: str = "default"


@dataclass(frozen=True)
class Style:
    """What the lives of one player show; shares are of the steps, None where nothing is known."""

    steps: int
    lifetime: list[float]
    """Seconds, of every life that was seen from birth to death."""
    kill_distance: list[float]
    """Game units to the nearest enemy in sight, of every kill of somebody in sight."""
    reaction: list[float]
    """Seconds from a new sight of an enemy to the first shot."""
    mouse_x: list[float]
    """Share of the steps in every mouse x bin."""
    turning: float
    """Mean turn of the view, degrees a second."""
    enemy_in_sight: float | None
    firing: float
    firing_at_nobody: float | None
    sky_or_floor: float
    stuck: float
    spinning: float | None
    counts: dict[str, int | None] = field(default_factory=dict)
    """Lives, kills and reactions that this is drawn from."""

    @classmethod
    def of(cls, seen_lives: Sequence[Life], steps_per_second: float) -> Self:
        """From lives; raises ClonestrikeError when there are none."""
        if not seen_lives:
            raise ClonestrikeError("there is no play to look at: give the matches more minutes")
        lives = [life.trace for life in seen_lives]
        rows = np.concatenate(lives)
        column = dict(zip(COLUMNS, rows.T, strict=True))
        known = not np.isnan(column["enemy"]).all()
        seen, fires = np.isfinite(column["enemy"]), column["left"] > 0
        stuck, spinning = (np.concatenate([of(life) for life in lives]) for of in (_stuck, _spinning))
        bins = ACTION_SPACE.mouse_x_bins
        nearest = np.abs(column["mouse_x"][:, None] - np.array(bins)).argmin(1)
        reactions = [r / steps_per_second for life in lives for r in _reactions(life)] if known else []
        kills = [d for life in lives for d in _kill_distances(life)] if known else []
        return cls(
            steps=len(rows),
            lifetime=[len(life.trace) / steps_per_second for life in seen_lives if life.whole],
            kill_distance=kills,
            reaction=reactions,
            mouse_x=(np.bincount(nearest, minlength=len(bins)) / len(rows)).tolist(),
            turning=float(np.degrees(np.concatenate([np.abs(_turns(life)) for life in lives]).mean()))
            * steps_per_second,
            enemy_in_sight=float(seen.mean()) if known else None,
            firing=float(fires.mean()),
            firing_at_nobody=float((fires & ~seen).mean()) if known else None,
            sky_or_floor=float((np.abs(column["pitch"]) > np.radians(SKY_OR_FLOOR)).mean()),
            stuck=float(stuck.mean()),
            spinning=float((spinning & ~seen).mean()) if known else None,
            counts={
                "lives": sum(life.whole for life in seen_lives),
                "kills": sum(int(np.nansum(np.diff(_of(life, "kills")) > 0)) for life in lives),
                "reactions": len(reactions) if known else None,
            },
        )

    def row(self) -> dict[str, float | None]:
        """Medians and shares, for a table."""
        return {
            "life, s (median)": _median(self.lifetime),
            "kill distance (median)": _median(self.kill_distance),
            "reaction, s (median)": _median(self.reaction),
            "turning, degrees/s": self.turning,
            "enemy in sight": self.enemy_in_sight,
            "firing": self.firing,
            "firing at nobody": self.firing_at_nobody,
            "sky or floor": self.sky_or_floor,
            "stuck": self.stuck,
            "spinning": self.spinning,
        }


def _of(life: Trace, name: str) -> Trace:
    return life[:, COLUMNS.index(name)]


def _median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None


def _turns(life: Trace) -> NDArray[np.float64]:
    """Radians of every step but the first, to the left."""
    turned = np.diff(_of(life, "yaw").astype(np.float64))
    return (turned + np.pi) % (2 * np.pi) - np.pi


def _run_sums(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Of the last ``length`` values up to each."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    return np.asarray(sums[ends] - sums[np.maximum(ends - length, 0)])


def _stuck(life: Trace) -> NDArray[np.bool_]:
    """Steps at the end of a second on one spot with a moving key held."""
    moved = np.hypot(np.diff(_of(life, "x"), prepend=np.nan), np.diff(_of(life, "y"), prepend=np.nan))
    still = (moved < STILL) & (_of(life, "moving") > 0)
    return np.asarray(_run_sums(still.astype(np.float64), STUCK_STEPS) >= STUCK_STEPS)


def _spinning(life: Trace) -> NDArray[np.bool_]:
    """Steps at the end of one and a half turns the same way."""
    turned = np.concatenate([[0.0], _turns(life)])
    return np.asarray(np.abs(_run_sums(turned, SPIN_STEPS)) > np.radians(SPIN_DEGREES))


def _kill_distances(life: Trace) -> list[float]:
    """Of the nearest enemy in sight in the step before the kill counts."""
    at = np.flatnonzero(np.diff(_of(life, "kills")) > 0)
    distances = _of(life, "enemy")[at]
    return [float(d) for d in distances[np.isfinite(distances)]]


def _reactions(life: Trace) -> list[int]:
    """Steps from every new sight of an enemy to the first shot before the next one, if it comes soon enough."""
    seen, fires = np.isfinite(_of(life, "enemy")), _of(life, "left") > 0
    new = seen & (_run_sums(np.concatenate([[0.0], seen[:-1]]).astype(np.float64), UNSEEN_STEPS) == 0)
    found = []
    for start, end in pairwise([*np.flatnonzero(new).tolist(), len(life)]):
        shots = np.flatnonzero(fires[start : min(end, start + REACTION_STEPS)])
        if len(shots) and not fires[start]:
            found.append(int(shots[0]))
    return found


def style(config: StyleConfig) -> dict[str, Any]:
    """Measure everybody and write ``style.json`` and ``style.png`` into ``out``; returns a row for each.

    Raises ClonestrikeError for an unknown game or actor, and for a game that does not tell who is in sight.
    """
    info = games.game_info(config.game)
    if config.matches < 1 or config.minutes <= 0 or config.workers < 1:
        raise ClonestrikeError("--matches and --workers must be 1 or more, --minutes more than 0")
    if len(set(config.actors)) < len(config.actors):
        raise ClonestrikeError("somebody is named twice: name everybody once")
    for actor in config.actors:
        if actor == "human":
            raise ClonestrikeError("a human cannot be measured in lockstep: use record --play human")
        if actor != BOTS:
            check_actor(actor)
        if actor == "expert":
            games.prepare_expert(config.game)
    plan = [
        TracedMatch(actor, config.game, config.seed + i, config.minutes, config.decoding)
        for actor in config.actors
        for i in range(config.matches)
    ]
    outcomes = in_workers(trace, plan, config.workers)
    found: dict[str, Style] = {}
    for actor in config.actors:
        lives = [
            life for match, outcome in zip(plan, outcomes, strict=True) if match.actor == actor for life in outcome
        ]
        found[actor] = Style.of(lives, info.steps_per_second)
    config.out.mkdir(parents=True, exist_ok=True)
    rows = {name: of.row() for name, of in found.items()}
    write_json(
        {
            name: {**rows[name], "steps": of.steps, **of.counts, "mouse x bins": of.mouse_x}
            for name, of in found.items()
        },
        config.out / "style.json",
    )
    plot(found).savefig(config.out / "style.png", dpi=110)
    return {"players": rows, "figure": str(config.out / "style.png")}


def table(rows: dict[str, dict[str, float | None]]) -> Table:
    """A column for everybody."""
    view = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("", *rows):
        view.add_column(escape(heading), justify="right" if heading else "left")
    for figure in next(iter(rows.values())):
        values = [row[figure] for row in rows.values()]
        view.add_row(figure, *("-" if value is None else f"{value:.3g}" for value in values))
    return view


def plot(styles: dict[str, Style]) -> Figure:
    """Distributions of everybody in one figure."""
    figure = Figure(figsize=(11, 7), layout="constrained")
    mouse, lives, distances, reactions, shares = figure.subplot_mosaic([["m", "m", "l"], ["d", "r", "s"]]).values()
    bins = ACTION_SPACE.mouse_x_bins
    for name, of in styles.items():
        mouse.plot(range(len(bins)), of.mouse_x, marker=".", label=name)
        for axes, values in ((lives, of.lifetime), (distances, of.kill_distance), (reactions, of.reaction)):
            if values:
                ordered = np.sort(values)
                axes.step(ordered, np.arange(1, len(ordered) + 1) / len(ordered), where="post", label=name)
    mouse.set(title="mouse x, counts a step", yscale="log", ylabel="share of the steps", ylim=(1e-4, 1))
    mouse.set_xticks(range(0, len(bins), 2), [f"{b:g}" for b in bins[::2]])
    mouse.legend(frameon=False)
    for axes, title, unit in (
        (lives, "length of a life", "s"),
        (distances, "distance of a kill", "game units"),
        (reactions, "first sight to first shot", "s"),
    ):
        axes.set(title=title, xlabel=unit, ylabel="share not more", ylim=(0, 1))
    names = ("enemy in sight", "firing", "firing at nobody", "sky or floor", "stuck", "spinning")
    width = 0.8 / len(styles)
    for i, of in enumerate(styles.values()):
        values = [of.row()[name] or 0.0 for name in names]
        shares.barh(np.arange(len(names)) + i * width, values, width)
    shares.set_yticks(np.arange(len(names)) + 0.4 - width / 2, names)
    shares.invert_yaxis()
    shares.set(title="share of the steps")
    return figure
