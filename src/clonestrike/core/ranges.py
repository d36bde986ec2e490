"""Ranges of the numbers that options take: declared beside the option, checked before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from types import NoneType
from typing import Any, get_args, get_type_hints

from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True)
class Range:
    """Annotates an option that takes a number (of its unit) from ``low`` to ``high``; NaN is in no range."""

    low: float
    high: float
    above: bool = False
    """Whether the number must be more than ``low``."""

    def __contains__(self, number: Any) -> bool:
        return bool((self.low < number if self.above else self.low <= number) and number <= self.high)

    def __str__(self) -> str:
        return f"more than {self.low:,}, at most {self.high:,}" if self.above else f"{self.low:,} to {self.high:,}"


SHARE = Range(0, 1)
"""A share, or a probability."""
COUNT = Range(1, 1_000_000_000)
"""How many of what costs nothing before its turn comes: steps, updates, epochs."""
MATCHES = Range(1, 100_000)
"""How many matches, or rounds of them."""
BATCH = Range(1, 65_536)
"""Sequences of an update, or steps of each."""
MINUTES = Range(0, 100_000, above=True)
LEARNING_RATE = Range(0, 1, above=True)
THREADS = Range(1, 1024)
"""So many a process can start; more than the computer has only make it slower."""
WORKERS = Range(1, 61 if sys.platform == "win32" else 256)
"""Processes at the same time; Windows cannot wait for more."""
SECONDS = Range(0, 1_000_000)
GIGABYTES = Range(0, 1_000_000)
SEED = Range(0, 2**31 - 1)
"""What every random generator takes, those of the games included."""


def whole(name: str, text: str) -> int:
    """The whole number in the text of a game's option ``name``; raises ClonestrikeError if it is none."""
    try:
        return int(text)
    except ValueError:
        raise ClonestrikeError(f"{name}={text} is not a whole number", f"give one, as in {name}=7") from None


def range_of(kind: Any) -> Range | None:
    """The range of an option of this type, its annotations included; None if it has none."""
    return next((one for one in getattr(kind, "__metadata__", ()) if isinstance(one, Range)), None)


def check_ranges(config: Any, spell: Callable[[str], str] = "{}=".format) -> None:
    """Raise ClonestrikeError for the first number of a configuration (a dataclass) that is out of its range.

    ``spell`` turns the name of a field into what stands before its value in the message.
    """
    for name, kind in get_type_hints(type(config), include_extras=True).items():
        value, limits = getattr(config, name), range_of(kind)
        kinds = {kind.__origin__, *get_args(kind.__origin__)} if limits else set()
        if limits is None or (value is None and NoneType in kinds):
            continue
        if not isinstance(value, Integral if int in kinds else Real):
            noun = "whole number" if int in kinds else "number"
            raise ClonestrikeError(f"{spell(name)}{value!r} is not a {noun}", f"give {limits}")
        if value not in limits:
            raise ClonestrikeError(f"{spell(name)}{value} is out of range", f"give {limits}")
