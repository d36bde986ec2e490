from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from clonestrike.core.api import as_result, options, paths_of
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True)
class Baking:
    """What to bake."""

    dough: tuple[Path, ...]
    """Where the dough lies."""
    oven: str
    out: Path | None = None
    """Where the bread goes."""
    degrees: int = 220
    flour: Literal["rye", "wheat"] | None = None


@options(Baking)
def bake(baking: Baking) -> Baking:
    """Bake bread."""
    if not baking.degrees:
        raise ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")
    return baking


def test_options_are_arguments_and_the_configuration_itself_is_taken() -> None:
    config = Baking((Path("a"), Path("b")), "gas", Path("bread"), 200)
    assert bake(config) is config
    assert bake((Path("a"), Path("b")), "gas", Path("bread"), degrees=200) == config
    assert bake((Path("a"),), oven="gas") == Baking((Path("a"),), "gas")


def test_text_and_a_single_path_are_taken_where_paths_are_wanted() -> None:
    assert bake("a", "gas", "bread") == Baking((Path("a"),), "gas", Path("bread"))  # type: ignore[call-overload]
    assert bake(["a", Path("b")], Path("gas")) == Baking((Path("a"), Path("b")), "gas")  # type: ignore[call-overload]
    assert paths_of(iter(["a", "b"])) == (Path("a"), Path("b"))


def test_signature_and_documentation_are_those_of_the_fields() -> None:
    signature = inspect.signature(bake)
    assert str(signature.parameters["degrees"]) == "degrees: int = 220"
    assert signature.return_annotation is Baking
    assert (
        inspect.getdoc(bake) == "Bake bread.\n\nArgs:\n    dough: Where the dough lies.\n    out: Where the bread goes."
    )


def test_wrong_arguments_and_missing_extras_are_said() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'heat'"):
        bake((), "gas", heat=3)  # type: ignore[call-overload]
    with pytest.raises(ClonestrikeError, match=r"torch is not installed: pip install 'clonestrike\[train\]'"):
        bake((), "gas", degrees=0)


def test_what_a_stage_returned_becomes_a_dataclass() -> None:
    values = {"dough": ["a"], "oven": "gas", "out": "bread", "unknown": 1}
    assert as_result(values, Baking) == Baking((Path("a"),), "gas", Path("bread"))


def test_a_word_that_is_not_a_choice_is_refused_before_anything_runs() -> None:
    assert bake("a", "gas", flour="rye").flour == "rye"  # type: ignore[call-overload]
    for refused in (lambda: bake("a", "gas", flour="oat"), lambda: bake(Baking((), "gas", flour="oat"))):  # type: ignore[arg-type, call-overload]
        with pytest.raises(ClonestrikeError, match="flour='oat' is not known: use one of 'rye', 'wheat'"):
            refused()
