"""The stage label: infers the actions of recordings and stores them as labels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from clonestrike import console
from clonestrike.core.actions import Actions, Bools
from clonestrike.core.states import States
from clonestrike.labelling.config import LabelConfig, Rules
from clonestrike.labelling.labels import Labels
from clonestrike.labelling.movement import profile_of
from clonestrike.labelling.paper import infer_paper
from clonestrike.labelling.quality import Quality
from clonestrike.labelling.rules import infer
from clonestrike.labelling.score import score as score_labels
from clonestrike.recordings.recording import Recording, find_recordings


def label(config: LabelConfig) -> dict[str, Any]:
    """Write inferred labels into every finished recording under the paths; returns a summary for JSON.

    The default rules join the parts of a run; those of the paper label every recording alone, as the original does.
    Rows at a gap and disturbed rows are not valid. True actions are used only for scoring.

    Raises ClonestrikeError for a path without recordings, a damaged recording, a game without a movement profile, or a
    full disk.
    """
    recordings = [Recording.open(path) for path in find_recordings(config.paths)]
    for recording in recordings:
        profile_of(recording.info)
    started = time.monotonic()
    quality = {recording.path: Quality.of(recording.states, recording.info) for recording in recordings}
    dropped = [path for path, found in quality.items() if config.drop_suspect and found.verdict == "suspect"]
    found: list[tuple[Recording, Labels]] = []
    with console.progress() as bar:
        task = bar.add_task("label", total=sum(recording.steps for recording in recordings))
        for chain in chains(recordings):
            for recording, labels in zip(chain, infer_chain(chain, config.rules), strict=True):
                if recording.path in dropped:
                    recording.write_labels(labels.actions, np.zeros_like(labels.valid))
                else:
                    recording.write_labels(labels.actions, labels.valid)
                    found.append((recording, labels))
                bar.advance(task, recording.steps)
    rows = sum(len(labels) for _, labels in found)
    seconds = time.monotonic() - started
    summary: dict[str, Any] = {
        "rules": config.rules,
        "recordings": len(found),
        "dropped": len(dropped),
        "suspect": sum(kind.verdict == "suspect" for kind in quality.values()),
        "rows": rows,
        "valid": sum(int(labels.valid.sum()) for _, labels in found),
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds, 1),
        "quality": {str(path): kind.to_json() for path, kind in quality.items()},
    }
    return summary | (score_recordings(found) if config.score else {})


def chains(recordings: Sequence[Recording]) -> list[list[Recording]]:
    """Group recordings into chains: consecutive parts of the same run in the same folder, in order."""
    found: list[list[Recording]] = []
    order = sorted(recordings, key=lambda r: (r.path.parent, r.run, r.part))
    for _, members in groupby(order, key=lambda r: (r.path.parent, r.run)):
        previous = None
        for recording in members:
            if previous is not None and recording.part == previous + 1:
                found[-1].append(recording)
            else:
                found.append([recording])
            previous = recording.part
    return found


def infer_chain(chain: Sequence[Recording], rules: Rules) -> list[Labels]:
    """Infer the labels of every part of a chain."""
    if rules == "paper":
        return [_masked(infer_paper(r.states, r.info), r) for r in chain]
    steps = [recording.steps for recording in chain]
    states = _joined([*(r.states[: r.steps] for r in chain[:-1]), chain[-1].states])
    ends = np.flatnonzero(np.concatenate([recording.gaps for recording in chain])) + 1
    actions = Actions.zeros(sum(steps))
    valid = np.zeros(sum(steps), np.bool_)
    for start, stop in zip([0, *ends], [*ends, sum(steps) + 1], strict=True):
        part = infer(states[int(start) : int(stop)], chain[0].info)
        rows = slice(start, start + len(part))
        actions.switches[rows], actions.mouse[rows], valid[rows] = part.actions.switches, part.actions.mouse, part.valid
    bounds = np.cumsum([0, *steps])
    return [
        _masked(Labels(actions[int(a) : int(b)], valid[a:b]), recording)
        for a, b, recording in zip(bounds[:-1], bounds[1:], chain, strict=True)
    ]


def _joined(parts: Sequence[States]) -> States:
    return States({name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns})


def _masked(labels: Labels, recording: Recording) -> Labels:
    return Labels(labels.actions, labels.valid & ~recording.gaps & ~recording.disturbed)


def score_recordings(found: Sequence[tuple[Recording, Labels]]) -> dict[str, Any]:
    """Score the labels of recordings against their true actions; see ``score.score``."""
    true = [true_actions(recording) for recording, _ in found]
    scores = score_labels([labels for _, labels in found], [a for a, _ in true], [known for _, known in true])
    return {"scored_steps": scores.pop("steps"), **scores}


def true_actions(recording: Recording) -> tuple[Actions, Bools]:
    """The T true actions, and the rows in which they are known, bool (T,).

    The mouse counts of a watched player are NaN, because they come from the same view angles as the labels.
    """
    known = recording.action_known
    actions = recording.actions or Actions.zeros(len(known))
    mouse = np.where(known[:, None] & (recording.source != "watched"), actions.mouse, np.float32(np.nan))
    return Actions(actions.switches, mouse), known
