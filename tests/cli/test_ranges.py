from __future__ import annotations

import io
import math
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import clonestrike
from clonestrike.cli.command import Command
from clonestrike.cli.commands import COMMANDS
from clonestrike.cli.options import MISSING, Option, options
from clonestrike.cli.reference import markdown
from clonestrike.core.ranges import Range, range_of
from clonestrike.errors import ClonestrikeError

EVERY = [
    (command, option)
    for command in COMMANDS
    for option in options(command.settings)
    if {int, float} & {option.value, *get_args(option.value)}
]
"""Every numeric option of every command."""
TOO_LARGE = "1" + "0" * 400


def needed(command: Command[Any]) -> list[str]:
    """Values of all options that the command needs."""
    words = []
    for option in options(command.settings):
        if option.default is MISSING:
            value = get_args(option.value)[0] if get_origin(option.value) is Literal else "nowhere"
            words += [value] if option.positional else [option.flag, value]
    return words


def outcome(command: Command[Any], option: Option, value: str) -> tuple[int, str]:
    """Exit code and message of a command line with this value; the test fails if the command starts."""
    watched = replace(command, run=lambda _: pytest.fail(f"{command.name} {option.flag} {value} has started"))
    said = io.StringIO()
    with redirect_stderr(said):
        try:
            code = watched.invoke(watched.parse([*needed(command), f"{option.flag}={value}"]))
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, said.getvalue()


@pytest.mark.parametrize(("command", "option"), EVERY, ids=lambda value: getattr(value, "name", ""))
def test_a_number_out_of_range_is_one_line_and_starts_nothing(command: Command[Any], option: Option) -> None:
    limits = range_of(option.type)
    assert limits is not None, "every number has a range"
    assert option.default in (None, MISSING) or option.default in limits
    whole = int in {option.value, *get_args(option.value)}
    numbers = st.integers() if whole else st.floats()

    @given(numbers.filter(lambda number: number not in limits).map(str))
    @example("nan")
    @example("-inf")
    @example(TOO_LARGE)
    @example("9" * 5000)
    @example("ten")
    @example(str(limits.low if limits.above else limits.low - 1))
    @example(str(limits.high + 1))
    @settings(max_examples=3, deadline=None)
    def refused(value: str) -> None:
        code, said = outcome(command, option, value)
        assert code == 2, said
        assert said.startswith("error: "), said
        assert said.count("\n") == 1, said
        assert option.flag in said

    refused()


@pytest.mark.parametrize(("command", "option"), EVERY, ids=lambda value: getattr(value, "name", ""))
def test_the_ends_of_every_range_are_taken(command: Command[Any], option: Option) -> None:
    limits = range_of(option.type)
    assert limits is not None
    taken: list[Any] = []

    def run(given: Any) -> dict[str, Any]:
        taken.append(given)
        return {}

    watched = replace(command, run=run, report=lambda _: None, failed=None)
    for end in (limits.high, 1 if limits.above else limits.low):
        number = min(end, limits.high)
        assert watched.invoke(watched.parse([*needed(command), f"{option.flag}={number}"])) == 0
        assert getattr(taken[-1], option.name) == number


def test_a_range_is_in_the_help_the_reference_and_the_documentation_of_python() -> None:
    for _, option in EVERY:
        assert f"Range: {range_of(option.type)}." in option.help
    assert "Range: 1 to 1,024." in markdown()
    assert "Range: 1 to 1,024." in (clonestrike.train.__doc__ or "")


@pytest.mark.parametrize(
    ("name", "value"),
    [("threads", 0), ("updates", -3), ("epochs", 0), ("minutes", math.nan), ("valid_fraction", 2), ("seed", None),
     ("chunk", 1.5), ("lr", "fast"), ("streams", 10**30)],
)  # fmt: skip
def test_a_caller_from_python_is_told_the_same(name: str, value: Any, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match=f"{name}=.* is (out of range|not a)"):
        clonestrike.train(tmp_path, tmp_path / "out", **{name: value})  # type: ignore[call-overload] # wrong on purpose
    assert not (tmp_path / "out").exists()


def test_what_a_range_holds() -> None:
    open_end, closed = Range(0, 1, above=True), Range(0, 1)
    assert [number in open_end for number in (0, 1e-300, 1, 1.1, math.nan)] == [False, True, True, False, False]
    assert [number in closed for number in (-1, 0, 1, 2, math.inf)] == [False, True, True, False, False]
    assert (str(open_end), str(Range(1, 1024))) == ("more than 0, at most 1", "1 to 1,024")
