"""The fields of a configuration as options: name, type, default and help.

The parser and the command reference are made from them.
"""

from __future__ import annotations

import dataclasses
import inspect
from types import NoneType
from typing import Annotated, Any, Generic, Literal, get_args, get_origin, get_type_hints

import docstring_parser
import tyro
from tyro.conf import Positional, arg
from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructFieldSpec, StructTypeInfo

from clonestrike.core.ranges import range_of
from clonestrike.core.registry import Installed

MISSING = dataclasses.MISSING
POSITIONAL = get_args(Positional[int])[1]


@dataclasses.dataclass(frozen=True)
class Option:
    """One field of a configuration."""

    name: str
    """Name of the field: ``part_steps`` for ``--part-steps``."""
    type: Any
    """Type of the field, with its annotations for the parser."""
    default: Any
    """MISSING if the option is required."""
    help: str

    @property
    def positional(self) -> bool:
        """Whether it is given without its name."""
        return POSITIONAL in getattr(self.type, "__metadata__", ())

    @property
    def value(self) -> Any:
        """The type without its annotations."""
        return get_args(self.type)[0] if get_origin(self.type) is Annotated else self.type

    @property
    def flag(self) -> str:
        """How it is written on the command line."""
        annotations = getattr(self.type, "__metadata__", ())
        name = next((given for one in annotations if (given := getattr(one, "name", None))), self.name)
        return name.upper() if self.positional else f"--{name.replace('_', '-')}"

    @property
    def takes(self) -> str:
        """The placeholder after the flag in the help: PATH, INT, {a,b}; empty for a flag without value."""
        kinds = [kind for kind in get_args(self.value) if kind is not NoneType] if self.optional else [self.value]
        choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
        if choices:
            return f"{{{','.join(choices)}}}"
        return "" if bool in kinds or self.positional else " or ".join(kind.__name__.upper() for kind in kinds)

    @property
    def optional(self) -> bool:
        """Whether its value may be None."""
        return NoneType in get_args(self.value)

    @property
    def several(self) -> bool:
        """Whether it takes any number of values."""
        return get_origin(self.value) is tuple

    @property
    def hint(self) -> str:
        """The note on the default at the end of the help."""
        if self.default is MISSING:
            return "(one or more)" if self.several else "(required)"
        # for a flag that is off or a value that is None, the help itself says what that means
        return "" if self.default is None or self.default is False else f"(default: {self.default})"


def options(config: Any) -> list[Option]:
    """The options of a dataclass, in the order of its fields."""
    hints = get_type_hints(config, include_extras=True)
    texts = {
        param.arg_name: param.description or ""
        for kind in reversed(config.__mro__)  # an inherited field is documented in the base
        if dataclasses.is_dataclass(kind)
        for param in docstring_parser.parse_from_object(kind).params
    }
    return [
        Option(field.name, hints[field.name], field.default, _help(texts.get(field.name, ""), hints[field.name]))
        for field in dataclasses.fields(config)
    ]


def _help(text: str, hint: Any) -> str:
    """A docstring as one line, with the names of the installed parts that the option takes, or its range."""
    parts = [one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Installed)]
    taken = [f"Installed: {', '.join(part.names)}." for part in parts]
    if limits := range_of(hint):
        taken.append(f"Range: {limits}.")
    return " ".join([*inspect.cleandoc(text).split(), *taken])


def _struct(info: StructTypeInfo) -> StructConstructorSpec | None:
    if not dataclasses.is_dataclass(info.type) or issubclass(info.type, Generic):
        return None
    return StructConstructorSpec(
        info.type,
        tuple(
            StructFieldSpec(
                option.name,
                Annotated[option.type, arg(help_behavior_hint=option.hint)],  # type: ignore[arg-type] # a special form
                tyro.MISSING if option.default is MISSING else option.default,
                option.help,
            )
            for option in options(info.type)
        ),
    )


REGISTRY = ConstructorRegistry()
"""Makes tyro parse dataclasses by their Options."""
REGISTRY.struct_rule(_struct)
