"""Completion of commands and options in the user's shell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import Positional

from clonestrike.cli.command import STYLE, Group, Invocation, Result, command
from clonestrike.cli.options import REGISTRY

INSTEAD_OF_PARSING = "--tyro-write-completion"
"""tyro's option that writes a completion script."""


@dataclass(frozen=True, kw_only=True)
class CompletionOptions:
    """Options of ``clonestrike completion``."""

    shell: Positional[Literal["bash", "zsh", "fish", "tcsh"]]
    """The shell to write the script for."""
    out: Path
    """The script to write; in a folder that the shell searches, it takes effect at the shell's next start."""


@command(
    "completion",
    Group.SET_UP,
    "clonestrike completion bash --out ~/.local/share/bash-completion/completions/clonestrike",
)
def completion(options: CompletionOptions) -> Result:
    """Write a script that lets the shell complete commands, options and their values."""
    options.out.parent.mkdir(parents=True, exist_ok=True)
    arguments = [INSTEAD_OF_PARSING, options.shell, str(options.out)]
    try:
        tyro.cli(_tree(), prog="clonestrike", args=arguments, config=STYLE, registry=REGISTRY)
    except SystemExit as done:
        if done.code:
            raise
    return {"script": options.out}


def _tree() -> Any:
    """All commands as one type for tyro; commands of two words are subcommands of the first word."""
    from clonestrike.cli.commands import COMMANDS

    branches: dict[str, list[Any]] = {}
    # the types are known only when it runs: no checker can follow them
    for known in COMMANDS:
        word, _, kind = known.name.partition(" ")
        leaf = tyro.conf.subcommand(kind or word, description=known.summary, prefix_name=False)
        taken = Invocation[known.settings]  # type: ignore[name-defined] # known when it runs
        branches.setdefault(word, []).append(Annotated[taken, leaf])
    groups = (
        leaves[0] if len(leaves) == 1 else Annotated[reduce(or_, leaves), tyro.conf.subcommand(word)]
        for word, leaves in branches.items()
    )
    return reduce(or_, groups)
