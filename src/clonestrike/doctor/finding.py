"""Findings: the results of checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    """The result of one check: what was found, what to do about it, and the figures behind it."""

    result: Literal["pass", "fail", "skipped"]
    found: str
    advice: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)

    def to_json(self, check: str) -> dict[str, Any]:
        """The finding as a row of the report."""
        return {"check": check, "result": self.result, "found": self.found, "what to do": self.advice}


def judged(good: bool, found: str, advice: str, **figures: float) -> Finding:
    """A finding that passes, or fails with this advice."""
    return Finding("pass" if good else "fail", found, "" if good else advice, figures)
