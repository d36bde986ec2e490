"""The page as a whole: what it is made from, and writing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.statistics import Interval
from clonestrike.files import write_text
from clonestrike.flows.report import curves, sections
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
    try:
        page = _template().render(_values(content))
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(out, page)
    except (OSError, av.FFmpegError) as error:
        raise ClonestrikeError(f"the report {out} cannot be written ({error})", "choose another place") from None
    return out


def _template() -> Template:
    page = Environment(
        loader=PackageLoader("clonestrike.flows.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (sections.words, sections.number, sections.duration, sections.data, sections.score_tables)
    page.filters.update({of.__name__: of for of in filters})
    return page.get_template("page.html")


def _values(content: Report) -> dict[str, Any]:
    """All that the template shows; None and what is empty is left out there."""
    picture = content.coverage_figure
    return {
        "report": content,
        "summary": content.summary,
        "headline": sections.headline(content.summary),
        "difference": Interval(**content.summary["difference"]),
        "film": None if content.video is None else sections.film(content.video, content.video_caption),
        "bars": sections.bars(content.summary),
        "drawings": curves.drawings(content.metrics) if content.metrics else [],
        "held_out": curves.last_held_out(content.metrics),
        "matches": sections.matches(content.summary),
        "others": [sections.ROLES[role] for role in sections.others(content.summary)],
        "visit_maps": None if picture is None else picture.read_bytes(),
    }
