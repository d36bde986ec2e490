"""Statistics of a data set: frames, kills and deaths in total and by weapon; positions; mouse motion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.console import progress
from clonestrike.core.actions import Actions, Bools
from clonestrike.core.states import States, unknown
from clonestrike.core.trajectory import Trajectory
from clonestrike.datasets import figures
from clonestrike.datasets.config import StatsConfig
from clonestrike.datasets.sets import PlaySet, file_names, iter_sets, titles
from clonestrike.errors import ClonestrikeError
from clonestrike.files import write_json
from clonestrike.labelling.paper import TASER, weapon_types

POOLED = ("knife", "m4a1")
"""Words in names of weapons; all weapons with the same word count as one."""
MOUSE_LIMIT = 380
"""Larger motions, in counts, are put at the limit, as in the paper's figure."""
MOUSE_EDGES = (np.arange(-100, 102) - 0.5) * MOUSE_LIMIT / 100
UNKNOWN = "unknown"
CLASS = "weapon_"
"""With this the names of the weapons of Counter-Strike begin; those of other games have no type."""


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
    types: dict[str, Count] = field(default_factory=dict)
    """Type of weapon as the game posts it, such as Rifle -> Count; empty for games without such types."""
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
        self._add_by(self.weapons, np.array([_pooled(name) for name in states.weapon], object), play)
        if any(str(name).startswith(CLASS) for name in states.weapon):
            self._add_by(self.types, _types(states), play)
        xy = np.stack([states.x, states.y], 1)
        self.positions.setdefault(play.info.map, []).append(xy[np.isfinite(xy).all(1)].astype(np.float32))
        actions = _actions(play)
        if actions is not None:
            for i in (0, 1):
                counts = np.clip(actions.mouse[:, i], -MOUSE_LIMIT, MOUSE_LIMIT)
                self.mouse[i] += np.histogram(counts[np.isfinite(counts)], MOUSE_EDGES)[0]

    def _add_by(self, counts: dict[str, Count], names: NDArray[Any], play: Trajectory) -> None:
        for name in set(names.tolist()):
            counts.setdefault(name, Count()).add(names == name, play.kills, play.deaths)


def stats(config: StatsConfig) -> dict[str, Any]:
    """Count all play under the paths, in all and by set; metadata files count where their play is not there.

    Writes stats.json, weapons.png, trajectories.png and mouse.png into ``out``, and such figures of every set into
    folders there. Raises ClonestrikeError as iter_known does.
    """
    tallies: dict[PlaySet, Tally] = defaultdict(Tally)

    def plays() -> Iterator[Trajectory]:
        for one, play in iter_sets(config.paths, config.strict):
            tallies[one].add(play)
            yield play

    everything = counted(plays())
    names = titles(tallies)
    sets = {names[one]: tallies[one] for one in sorted(tallies)}
    result = summary(everything) | {"sets": {name: summary(tally) for name, tally in sets.items()}}
    drawn = _draw(everything, config.out, config.pdf)
    if len(sets) > 1:
        for name, folder in file_names(sets).items():
            drawn += _draw(sets[name], config.out / folder, config.pdf)
    result["figures"] = [str(path) for path in drawn]
    write_json(result, config.out / "stats.json")
    return result


def _draw(tally: Tally, out: Path, pdf: bool) -> list[Path]:
    """Write the figures of what is known; returns their files."""
    out.mkdir(parents=True, exist_ok=True)
    drawn = []
    if tally.weapon_steps:
        drawn += figures.weapons(tally.weapon_steps, out / "weapons.png", pdf)
    if tally.known_positions:
        drawn += figures.trajectories(tally.known_positions, out / "trajectories.png", pdf)
    if tally.mouse.any():
        drawn += figures.mouse(tally.mouse, MOUSE_EDGES, out / "mouse.png", pdf)
    return drawn


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
    """The tally as JSON values, with weapons and their types sorted by the time that they were held."""
    minutes = tally.seconds / 60
    return {
        "files": tally.files,
        "frames": tally.all.steps,
        "hours": minutes / 60,
        "kills": tally.all.kills,
        "deaths": tally.all.deaths,
        "kills_per_minute": tally.all.kills / minutes,
        "deaths_per_minute": tally.all.deaths / minutes,
        "kills_per_death": tally.all.kills / max(1, tally.all.deaths),
        "weapons": _rows(tally.weapons),
        "weapon_types": _rows(tally.types),
        "maps": {
            place: {"positions": sum(map(len, runs))} for place, runs in sorted(tally.positions.items())
        },
    }  # fmt: skip


def _rows(counts: Mapping[str, Count]) -> dict[str, dict[str, float | None]]:
    """A row for every name: frames, their share of the frames with a known name, kills, deaths, and means a frame."""
    order = sorted(counts, key=lambda name: (name == UNKNOWN, -counts[name].steps, name))
    known = sum(count.steps for name, count in counts.items() if name != UNKNOWN)
    return {
        name: {
            "frames": count.steps,
            "share": None if name == UNKNOWN else count.steps / known,
            "kills": count.kills,
            "deaths": count.deaths,
            "mean_kills": count.kills / count.steps,
            "mean_deaths": count.deaths / count.steps,
        }
        for name, count in ((name, counts[name]) for name in order)
    }


def _pooled(name: str | None) -> str:
    if not name:
        return UNKNOWN
    short = str(name).removeprefix(CLASS)
    return next((pool for pool in POOLED if pool in short), short)


def _types(states: States) -> NDArray[Any]:
    """Object (N,): the type of every row's weapon as the game posts it; a taser has none, and is its own."""
    types = weapon_types(states)
    types[states.weapon == TASER] = TASER.removeprefix(CLASS)
    types[unknown(types)] = UNKNOWN
    return types


def _actions(play: Trajectory) -> Actions | None:
    """The actions of rows with a known action: true actions, or valid labels if there are no true ones."""
    actions, known = play.actions, play.action_known
    if actions is None:
        actions, known = play.exact_labels, play.label_valid
    return None if actions is None else Actions(actions.switches[known], actions.mouse[known])
