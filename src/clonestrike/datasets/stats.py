"""Statistics of a data set: frames, kills and deaths in total and by weapon; positions; mouse motion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.console import progress
from clonestrike.core.actions import Actions, Bools
from clonestrike.core.opening import iter_known
from clonestrike.core.trajectory import Trajectory
from clonestrike.datasets import figures
from clonestrike.datasets.config import StatsConfig
from clonestrike.errors import ClonestrikeError
from clonestrike.files import write_json

POOLED = ("knife", "m4a1")
"""Words in names of weapons; all weapons with the same word count as one."""
MOUSE_LIMIT = 380
"""Larger motions, in counts, are put at the limit, as in the paper's figure."""
MOUSE_EDGES = (np.arange(-100, 102) - 0.5) * MOUSE_LIMIT / 100
UNKNOWN = "unknown"


@dataclass
class Count:
    """Number of steps, kills and deaths."""

    steps: int = 0
    kills: int = 0
    deaths: int = 0

    def add(self, rows: Bools, kills: Bools, deaths: Bools) -> None:
        """Add the steps where ``rows``, bool (T,), is True, and the kills and deaths in them."""
        self.steps += int(rows.sum())
        self.kills += int(kills[rows].sum())
        self.deaths += int(deaths[rows].sum())


@dataclass
class Tally:
    """Sums over all trajectories that were added."""

    all: Count = field(default_factory=Count)
    files: int = 0
    seconds: float = 0.0
    weapons: dict[str, Count] = field(default_factory=dict)
    positions: dict[str, list[NDArray[np.float32]]] = field(default_factory=dict)
    """Map -> arrays of known positions, float32 (n, 2), in game units."""
    mouse: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, len(MOUSE_EDGES) - 1), np.int64))
    """Histograms of mouse x and y with the bins MOUSE_EDGES, int64 (2, n)."""

    @property
    def weapon_steps(self) -> dict[str, int]:
        """Weapon -> steps in which it was held, without unknown ones."""
        return {name: count.steps for name, count in self.weapons.items() if name != UNKNOWN}

    @property
    def known_positions(self) -> dict[str, NDArray[np.float32]]:
        """Map -> all known positions, float32 (n, 2), in game units; only maps that have some."""
        places = {place: np.concatenate(runs) for place, runs in self.positions.items()}
        return {place: xy for place, xy in places.items() if len(xy)}

    def add(self, play: Trajectory) -> None:
        """Count one trajectory; raises ClonestrikeError when its rows are damaged."""
        states = play.row_states
        everything = np.ones(play.steps, np.bool_)
        self.files += 1
        self.seconds += play.steps / play.info.steps_per_second
        self.all.add(everything, play.kills, play.deaths)
        names = np.array([_pooled(name) for name in states.weapon.tolist()], object)
        for name in set(names.tolist()):
            self.weapons.setdefault(name, Count()).add(names == name, play.kills, play.deaths)
        xy = np.stack([states.x, states.y], 1)
        self.positions.setdefault(play.info.map, []).append(xy[np.isfinite(xy).all(1)].astype(np.float32))
        actions = _actions(play)
        if actions is not None:
            for i in (0, 1):
                counts = np.clip(actions.mouse[:, i], -MOUSE_LIMIT, MOUSE_LIMIT)
                self.mouse[i] += np.histogram(counts[np.isfinite(counts)], MOUSE_EDGES)[0]


def stats(config: StatsConfig) -> dict[str, Any]:
    """Count all play under the paths; metadata files count where their play is not there.

    Writes stats.json, weapons.png, trajectories.png and mouse.png into ``out``. Raises ClonestrikeError for paths
    without play.
    """
    tally = counted(iter_known(config.paths))
    config.out.mkdir(parents=True, exist_ok=True)
    result = summary(tally)
    drawn = []
    if tally.weapon_steps:
        drawn.append(figures.weapons(tally.weapon_steps, config.out / "weapons.png"))
    if tally.known_positions:
        drawn.append(figures.trajectories(tally.known_positions, config.out / "trajectories.png"))
    if tally.mouse.any():
        drawn.append(figures.mouse(tally.mouse, MOUSE_EDGES, config.out / "mouse.png"))
    result["figures"] = [str(path) for path in drawn]
    write_json(result, config.out / "stats.json")
    return result


def counted(plays: Iterable[Trajectory]) -> Tally:
    """The tally of some play; raises ClonestrikeError when there is none."""
    tally = Tally()
    with progress() as bars:
        bar = bars.add_task("counting", total=None)
        for play in plays:
            tally.add(play)
            bars.advance(bar)
    if not tally.files:
        raise ClonestrikeError("nothing can be counted", "see the lines above")
    return tally


def summary(tally: Tally) -> dict[str, Any]:
    """The tally as JSON values, with weapons sorted by the time that they were held."""
    minutes = tally.seconds / 60
    order = sorted(tally.weapons, key=lambda name: (name == UNKNOWN, -tally.weapons[name].steps, name))
    known = sum(count.steps for name, count in tally.weapons.items() if name != UNKNOWN)
    return {
        "files": tally.files,
        "frames": tally.all.steps,
        "hours": minutes / 60,
        "kills": tally.all.kills,
        "deaths": tally.all.deaths,
        "kills_per_minute": tally.all.kills / minutes,
        "deaths_per_minute": tally.all.deaths / minutes,
        "kills_per_death": tally.all.kills / max(1, tally.all.deaths),
        "weapons": {
            name: {
                "frames": count.steps,
                "share": None if name == UNKNOWN else count.steps / known,
                "kills": count.kills,
                "deaths": count.deaths,
            }
            for name, count in ((name, tally.weapons[name]) for name in order)
        },
        "maps": {
            place: {"positions": sum(map(len, runs))} for place, runs in sorted(tally.positions.items())
        },
    }  # fmt: skip


def _pooled(name: str | None) -> str:
    if not name:
        return UNKNOWN
    short = str(name).removeprefix("weapon_")
    return next((pool for pool in POOLED if pool in short), short)


def _actions(play: Trajectory) -> Actions | None:
    """The actions of rows with a known action: true actions, or valid labels if there are no true ones."""
    actions, known = play.actions, play.action_known
    if actions is None:
        actions, known = play.exact_labels, play.label_valid
    return None if actions is None else Actions(actions.switches[known], actions.mouse[known])
