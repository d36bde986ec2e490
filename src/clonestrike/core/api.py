"""Shared by the functions of the Python API: calling them with options, and returning their results as dataclasses."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Literal, ParamSpec, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints, overload

import docstring_parser
import msgspec

from clonestrike.core.ranges import check_ranges, range_of
from clonestrike.errors import ClonestrikeError
from clonestrike.extras import naming_extras

Arguments = ParamSpec("Arguments")
Config = TypeVar("Config")
Config_contra = TypeVar("Config_contra", contravariant=True)
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)

PathLike = str | os.PathLike[str]


class Stage(Protocol[Arguments, Config_contra, Result_co]):
    """A function that takes a configuration, or the fields of one as arguments."""

    @overload
    def __call__(self, config: Config_contra, /) -> Result_co: ...
    @overload
    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result_co: ...


def options(
    config: Callable[Arguments, Config],
) -> Callable[[Callable[[Config], Result]], Stage[Arguments, Config, Result]]:
    """Let a function that takes a configuration (a dataclass) also take the configuration's fields as arguments.

    Signature and documentation are made from the fields, so that an option is declared once. A path may be given as
    text, and a tuple of paths as a single path.
    """

    def decorate(run: Callable[[Config], Result]) -> Stage[Arguments, Config, Result]:
        signature, kinds = _signature(config)

        @wraps(run)
        def call(*args: Any, **kwargs: Any) -> Result:
            if len(args) == 1 and not kwargs and isinstance(args[0], cast("type[Config]", config)):
                made = args[0]
            else:
                given = signature.bind(*args, **kwargs).arguments
                made = cast("Callable[..., Config]", config)(
                    **{name: _as_kind(value, kinds[name]) for name, value in given.items()}
                )
            _check_choices(made, kinds)
            check_ranges(made)
            with naming_extras():
                return run(made)

        del call.__wrapped__  # or inspect would show the parameter config
        returned = get_type_hints(run)["return"]
        call.__signature__ = signature.replace(return_annotation=returned)  # type: ignore[attr-defined] # inspect reads it of any function
        call.__annotations__ = {**kinds, "return": returned}
        call.__doc__ = f"{inspect.getdoc(run)}\n\nArgs:\n{_described(config)}"
        return cast("Stage[Arguments, Config, Result]", call)

    return decorate


def as_result(values: Mapping[str, Any], kind: type[Result]) -> Result:
    """A stage's result for ``--json`` as a dataclass; entries without a field are left out."""
    return msgspec.convert(values, kind, dec_hook=_decoded)


def paths_of(paths: PathLike | Iterable[PathLike]) -> tuple[Path, ...]:
    """One path or several, as a tuple of Paths."""
    return (Path(paths),) if isinstance(paths, (str, os.PathLike)) else tuple(map(Path, paths))


def _decoded(kind: type, value: Any) -> Any:
    """Convert text to a type that msgspec does not support: Path."""
    return kind(value)


def _signature(config: Callable[..., Any]) -> tuple[inspect.Signature, dict[str, Any]]:
    """The signature of a configuration, and the types of its fields without annotations for the command line."""
    signature, kinds = inspect.signature(config), get_type_hints(config)
    parameters = [each.replace(annotation=kinds[each.name]) for each in signature.parameters.values()]
    return signature.replace(parameters=parameters), {each.name: kinds[each.name] for each in parameters}


def _as_kind(value: Any, kind: Any) -> Any:
    if kind == tuple[Path, ...]:
        return paths_of(value)
    if kind in (Path, Path | None) and value is not None:
        return Path(value)
    if kind in (str, str | None) and isinstance(value, os.PathLike):
        return os.fspath(value)
    return value


def _check_choices(config: Any, kinds: Mapping[str, Any]) -> None:
    """Raise ClonestrikeError if a field that takes one of several words has another value: Python checks no types."""
    for name, kind in kinds.items():
        value = getattr(config, name)
        choices = [choice for one in (kind, *get_args(kind)) if get_origin(one) is Literal for choice in get_args(one)]
        if choices and value is not None and value not in choices:
            raise ClonestrikeError(f"{name}={value!r} is not known", f"use one of {', '.join(map(repr, choices))}")


def _described(config: Callable[..., Any]) -> str:
    """The docstrings of the fields and their ranges, as the ``Args`` of a docstring."""
    hints = get_type_hints(config, include_extras=True)
    described = []
    for each in docstring_parser.parse_from_object(config).params:
        limits = range_of(hints[each.arg_name])
        words = [*(each.description or "").split(), *([f"Range: {limits}."] if limits else [])]
        described.append(f"    {each.arg_name}: {' '.join(words)}")
    return "\n".join(described)
