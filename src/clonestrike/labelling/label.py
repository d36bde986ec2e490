"""The stage label: infers the actions of play and stores them as labels."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clonestrike import console
from clonestrike.core.actions import Actions, Bools
from clonestrike.core.opening import open_trajectories
from clonestrike.core.states import States
from clonestrike.core.trajectory import Labellable, is_labellable
from clonestrike.errors import ClonestrikeError
from clonestrike.labelling.config import LabelConfig, Rules
from clonestrike.labelling.labels import Labels
from clonestrike.labelling.movement import profile_of
from clonestrike.labelling.paper import infer_paper
from clonestrike.labelling.quality import Quality
from clonestrike.labelling.rules import infer, located
from clonestrike.labelling.score import score as score_labels
from clonestrike.recordings.recording import Recording

Scored = tuple[Labels, Actions, Bools]
"""T labels, the T true actions, and the rows in which these are known, bool (T,)."""


def label(config: LabelConfig) -> dict[str, Any]:
    """Write inferred labels into all play under the paths that can be labelled; returns a summary for JSON.

    The default rules join the parts of a run; those of the paper label every part alone, as the original does. Rows at
    a gap and disturbed rows are not valid. True actions are used only for scoring; but the true keys of somebody who
    recorded himself with the original's recorder replace what is inferred (see Labellable.true_switches). Play that
    has labels, but no states to infer others from, keeps them.

    Raises ClonestrikeError for paths without play that can be labelled, a game without a movement profile, or a full
    disk; with ``strict`` also for play that cannot be used.
    """
    plays = _labellable(config.paths, config.strict)
    started = time.monotonic()
    quality: dict[Path, Quality] = {}
    scored: list[Scored] = []
    stateless: list[Path] = []
    rows = valid = dropped = 0
    with console.progress() as bar:
        task = bar.add_task("label", total=sum(play.steps for play in plays))
        waiting = deque(chains(plays))
        del plays  # play that is done must not keep its states: those of a large set do not fit into memory
        while waiting:
            chain = waiting.popleft()
            if all(play.labels is not None and not located(play.states).any() for play in chain):
                stateless += [play.path for play in chain]
                continue
            for play, labels in zip(chain, infer_chain(chain, config.rules), strict=True):
                found = quality[play.path] = Quality.of(play.states, play.info)
                drop = config.drop_suspect and found.verdict == "suspect"
                play.write_labels(labels.actions, labels.valid & (not drop))
                dropped += drop
                rows += 0 if drop else len(labels)
                valid += 0 if drop else int(labels.valid.sum())
                if config.score and not drop:
                    scored.append((labels, *true_actions(play)))
                bar.advance(task, play.steps)
    _report_stateless(stateless, alone=not quality)
    seconds = time.monotonic() - started
    summary: dict[str, Any] = {
        "rules": config.rules,
        "recordings": len(quality) - dropped,
        "dropped": dropped,
        "suspect": sum(kind.verdict == "suspect" for kind in quality.values()),
        "without_states": len(stateless),
        "rows": rows,
        "valid": valid,
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds, 1),
        "quality": {str(path): kind.to_json() for path, kind in quality.items()},
    }
    return summary | (score_plays(scored) if config.score else {})


def _labellable(paths: Sequence[Path], strict: bool) -> list[Labellable]:
    plays = [play for play in open_trajectories(paths, strict) if is_labellable(play)]
    if not plays:
        raise ClonestrikeError(
            f"{', '.join(map(str, paths))}: labels can be stored for recordings and the original's files only",
            "learn what was really pressed: train --labels true",
        )
    for play in plays:
        profile_of(play.info)
    return plays


def _report_stateless(paths: Sequence[Path], alone: bool) -> None:
    if not paths:
        return
    more = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
    problem = ClonestrikeError(
        f"{paths[0]}{more} has no states, from which actions could be inferred",
        "put the metadata of the original's files (currvarsv2_*.npy) beside them",
    )
    if alone:
        raise problem
    console.messages.print(f"keeps its labels: {problem}", markup=False, soft_wrap=True)


def chains(plays: Sequence[Labellable]) -> list[list[Labellable]]:
    """Group play into chains: parts of the same run in the same folder, in order, each of which follows the one before.

    A part that ends in a gap ends a chain, as does each of the original's files. Runs keep the order of ``plays``, in
    which files of the original that share metadata are neighbours.
    """
    runs: dict[tuple[Path, str], list[Labellable]] = {}
    for play in plays:
        runs.setdefault((play.path.parent, play.run), []).append(play)
    found: list[list[Labellable]] = []
    for members in runs.values():
        previous = None
        for play in sorted(members, key=lambda play: play.part):
            if previous is not None and play.part == previous.part + 1 and not previous.gaps[-1:].any():
                found[-1].append(play)
            else:
                found.append([play])
            previous = play
    return found


def infer_chain(chain: Sequence[Labellable], rules: Rules) -> list[Labels]:
    """Infer the labels of every part of a chain."""
    if rules == "paper":
        return [_masked(infer_paper(play.states, play.info, play.true_switches), play) for play in chain]
    steps = [play.steps for play in chain]
    states = _joined([*(play.states[: play.steps] for play in chain[:-1]), chain[-1].states])
    ends = np.flatnonzero(np.concatenate([play.state_gaps for play in chain])) + 1
    actions = Actions.zeros(sum(steps))
    valid = np.zeros(sum(steps), np.bool_)
    for start, stop in zip([0, *ends], [*ends, sum(steps) + 1], strict=True):
        part = infer(states[int(start) : int(stop)], chain[0].info)
        rows = slice(start, start + len(part))
        actions.switches[rows], actions.mouse[rows], valid[rows] = part.actions.switches, part.actions.mouse, part.valid
    bounds = np.cumsum([0, *steps])
    found = []
    for a, b, play in zip(bounds[:-1], bounds[1:], chain, strict=True):
        labels, true = Labels(actions[int(a) : int(b)], valid[a:b]), play.true_switches
        found.append(_masked(labels if true is None else labels.with_true(true), play))
    return found


def _joined(parts: Sequence[States]) -> States:
    return States({name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns})


def _masked(labels: Labels, play: Labellable) -> Labels:
    return Labels(labels.actions, labels.valid & ~play.state_gaps & ~play.disturbed)


def score_plays(found: Sequence[Scored]) -> dict[str, Any]:
    """Score labels against true actions, if any is known; see ``score.score``."""
    if not any(known.any() for _, _, known in found):
        return {"scored_steps": 0}
    scores = score_labels([labels for labels, _, _ in found], [true for _, true, _ in found], [k for _, _, k in found])
    return {"scored_steps": scores.pop("steps"), **scores}


def true_actions(play: Labellable) -> tuple[Actions, Bools]:
    """The T true actions, and the rows in which they are known, bool (T,).

    The mouse counts of a watched player are NaN, because they come from the same view angles as the labels.
    """
    known = play.action_known
    actions = play.actions or Actions.zeros(len(known))
    watched = isinstance(play, Recording) and play.source == "watched"
    mouse = np.where(known[:, None] & (not watched), actions.mouse, np.nan)
    return Actions(actions.switches, mouse), known
