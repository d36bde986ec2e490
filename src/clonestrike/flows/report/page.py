"""The page as a whole: what it is made from, and writing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import av

from clonestrike.errors import ClonestrikeError
from clonestrike.files import write_text
from clonestrike.flows.report import curves, sections
from clonestrike.flows.report.markup import section
from clonestrike.flows.report.sections import Numbers, Stage


@dataclass(frozen=True)
class Report:
    """What the page shows; what is empty or None is left out."""

    title: str
    summary: Mapping[str, Any]
    """Of the matches: evaluate.statistics.summarise()."""
    stages: Sequence[Stage] = ()
    metrics: Mapping[str, curves.Rows] = field(default_factory=dict)
    """Rows of metrics.jsonl of each training run, in the order in which they followed each other."""
    label_scores: Mapping[str, Mapping[str, Numbers]] = field(default_factory=dict)
    """Inferred against true inputs: data set -> key, button or mouse axis -> name of the score -> number."""
    coverage: Mapping[str, Any] | None = None
    """Of evaluate.coverage.coverage()."""
    coverage_figure: Path | None = None
    """PNG."""
    video: Path | None = None
    """MP4 of the agent playing."""
    video_caption: str = "The agent plays. All it knows of the game is the picture above the panel."
    commands: Sequence[str] = ()
    """What to type to get all this again."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the software, and whatever else decides the result: seeds, machine."""


def write_report(out: Path, content: Report) -> Path:
    """Write the page to ``out``, whole or not at all; returns ``out``.

    Images, video and styles lie inside the file; opening it asks nothing of any network. Raises ClonestrikeError when
    a picture or video that is to be shown cannot be read or ``out`` cannot be written.
    """
    template = Template((resources.files("clonestrike.flows.report") / "page.html").read_text(encoding="utf-8"))
    try:
        page = template.substitute(
            title=escape(content.title),
            headline=sections.headline(content.summary),
            lead=sections.lead(content.summary),
            body="\n".join(_body(content)),
        )
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(out, page)
    except (OSError, av.FFmpegError) as error:
        raise ClonestrikeError(f"the report {out} cannot be written", f"{error}") from None
    return out


def _body(content: Report) -> Iterable[str]:
    bars = sections.bars(content.summary)
    film = "" if content.video is None else sections.film(content.video, content.video_caption)
    yield f'<div class="two">{film}{bars}</div>' if film else bars
    if content.stages:
        about = "Every stage, what came out of it, and how long it took."
        yield section("How it came about", about, sections.pipeline(content.stages))
    if content.metrics:
        about = "Held-out runs are never trained on. The dashed line always says what is most frequent."
        yield section("Learning", about, curves.learning(content.metrics))
    if content.label_scores:
        about = (
            "What watched players pressed is inferred from what a spectator sees; here against what was really pressed."
        )
        yield section("Inferred actions", about, sections.label_scores(content.label_scores))
    about = "Kills / deaths of each match. Whoever is compared played the same seeds; bold: more kills than every bot."
    yield section("Matches", about, sections.matches(content.summary))
    if content.coverage is not None:
        about = (
            "The earth mover's distance is how far, in game units, the time of one player must be moved on the map to "
            "become that of the other. The noise floor is the distance between random halves of a player's own runs: a "
            "distance of that order means nothing."
        )
        yield section("Where they went", about, sections.coverage(content.coverage, content.coverage_figure))
    if content.commands or content.versions:
        yield section("Do it again", "", sections.again(content.commands, content.versions))
