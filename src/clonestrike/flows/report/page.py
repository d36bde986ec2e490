"""The report page: its content, and writing it."""

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
    """The content of the page; parts that are empty or None are left out."""

    title: str
    summary: Mapping[str, Any]
    """The matches, as evaluate.statistics.summarise() returns them."""
    stages: Sequence[Stage] = ()
    metrics: Mapping[str, curves.Rows] = field(default_factory=dict)
    """Rows of metrics.jsonl of each training, in their order."""
    label_scores: Mapping[str, Mapping[str, Numbers]] = field(default_factory=dict)
    """Scores of labels against true actions: data set -> key, button or mouse axis -> name of the score -> number."""
    coverage: Mapping[str, Any] | None = None
    """The result of evaluate.coverage.coverage()."""
    coverage_figure: Path | None = None
    """PNG file of the visit maps."""
    video: Path | None = None
    """MP4 file of the agent playing."""
    video_caption: str = "The agent plays. All it knows of the game is the picture above the panel."
    commands: Sequence[str] = ()
    """Commands that reproduce the report."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the software, and what else decides the result: seed, cores."""


def write_report(out: Path, content: Report) -> Path:
    """Write the page to ``out``, whole or not at all; returns ``out``.

    Images, video and styles are embedded: the page needs no network. Raises ClonestrikeError when an image or the video
    cannot be read, or ``out`` cannot be written.
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
    """The variables of the template."""
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
