import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.statistics import MatchResult, summarise
from clonestrike.flows.report import Report, Stage, write_report

EMPTY = {"br", "img", "meta", "path", "use", "input", "rect"}


class Page(HTMLParser):
    """Checks that every element is closed, and gathers what a browser would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.seen: list[str] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.fetched += [
            value or "" for name, value in attrs if name in ("src", "href", "poster", "xlink:href", "data")
        ]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def summary(agent: list[int], bots: list[int]) -> dict[str, object]:
    return summarise(
        [
            MatchResult("a", "m", i, 3, kills, 2, {"b": (bot, 1)})
            for i, (kills, bot) in enumerate(zip(agent, bots, strict=True))
        ]
    )


def test_the_page_holds_everything_and_fetches_nothing(sample: Report, tmp_path: Path) -> None:
    out = write_report(tmp_path / "new" / "report.html", sample)
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    for expected in (
        "times the kills of the mean bot",
        "steps of the expert",
        "90,000",
        "6 min 42 s",
        "F1 of fire",
        "Inferred actions",
        "0.998",
        "cig/MAP01 seed 1007",
        "earth mover's distance",
        "make demo",
        "vizdoom 1.3.2",
    ):
        assert expected in page.text, expected
    assert page.seen.count("svg") == 4
    assert page.seen.count("video") == 1
    assert all(target.startswith(("data:", "#")) for target in page.fetched)
    assert len([target for target in page.fetched if target.startswith("data:")]) == 3
    assert not re.search(r"url\((?!#)", text)
    assert "script" not in page.seen
    assert "$" not in page.text
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


def test_drawings_share_no_identifiers(sample: Report, tmp_path: Path) -> None:
    text = write_report(tmp_path / "r.html", sample).read_text(encoding="utf-8")
    drawings = [
        set(re.findall(r'<clipPath id="([^"]+)"', svg)) for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    ]
    assert sum(map(len, drawings)) == len(set.union(*drawings))
    for colour in ("#010101", "#020202", "#030303", "#040404"):
        assert colour not in text


def test_whatever_is_missing_is_left_out(tmp_path: Path) -> None:
    page = Page(write_report(tmp_path / "r.html", Report("t", summary([9], [3]))).read_text(encoding="utf-8"))
    assert "Matches" in page.text
    for absent in ("Learning", "Inferred", "Where they went", "Reproduce it", "Stages"):
        assert absent not in page.text
    assert not {"video", "svg", "img"} & set(page.seen)


@pytest.mark.parametrize(
    ("agent", "bots", "claim"),
    [
        ([9, 12, 9, 10, 11, 9], [3, 3, 3, 3, 3, 3], "3.3 times"),
        ([3, 3, 3, 3, 3, 3], [9, 12, 9, 10, 11, 9], "fewer"),
        ([1, 12, 2, 10, 1, 9], [9, 2, 9, 1, 9, 3], "not"),
        ([9], [3], "not"),
        ([9, 9, 9], [0, 0, 0], "the bots make none"),
    ],
)
def test_the_headline_claims_what_the_interval_allows(
    tmp_path: Path, agent: list[int], bots: list[int], claim: str
) -> None:
    page = Page(write_report(tmp_path / "r.html", Report("t", summary(agent, bots))).read_text(encoding="utf-8"))
    assert claim in page.text.split("Agent minus mean bot")[0]


def test_text_is_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> & $body"
    report = Report(
        evil, summary([3], [1]), stages=[Stage(evil, 1, {evil: evil})], commands=[evil], versions={evil: evil},
        label_scores={evil: {evil: {evil: 1.0}}},
    )  # fmt: skip
    page = Page(write_report(tmp_path / "r.html", report).read_text(encoding="utf-8"))
    assert "script" not in page.seen
    assert page.text.count("alert(1)") >= 8


def test_what_cannot_be_shown_is_refused_and_leaves_nothing(sample: Report, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"not a video")
    for video in (tmp_path / "missing.mp4", tmp_path / "broken.mp4"):
        with pytest.raises(ClonestrikeError, match="cannot be written"):
            write_report(tmp_path / "r.html", replace(sample, video=video))
    with pytest.raises(ClonestrikeError):
        write_report(tmp_path / "broken.mp4" / "r.html", sample)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mp4"]
