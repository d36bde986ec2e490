"""The documentation site (``make docs``): Markdown in this folder, and references made from the code.

``reference/`` is written anew by every build: a page for the commands, and one for every package of the Python API.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sphinx.application import Sphinx
from sphinx.ext.napoleon.docstring import GoogleDocstring

import clonestrike
from clonestrike.cli import reference

HERE = Path(__file__).parent
GENERATED = HERE / "reference"
PACKAGES = {
    "core": "Actions, states, observations, trajectories",
    "games": "Games, and the interface that a game implements",
    "recordings": "Recordings on disk",
    "labelling": "Actions inferred from states",
    "training": "From recordings to a checkpoint",
    "policy": "Networks, checkpoints, the agent",
    "playing": "The control loop, and who plays",
    "evaluate": "Matches, statistics, coverage, style",
    "datasets": "Opening, checking and counting play of every kind",
    "formats": "Other people's play on disk",
    "view": "Pictures of play",
    "errors": "The error that a user is meant to see",
}
"""Packages of the API reference, and what is in them."""
LEFT_OUT = ("clonestrike.games.desktop.windows", "clonestrike.games.counterstrike", "clonestrike.playing.status")
"""Modules of the API reference that nobody calls from outside, or that only Windows can import."""

project = "Clonestrike"
author = "Clonestrike contributors"
copyright = author  # noqa: A001 - Sphinx calls it so
version = release = clonestrike.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nb_execution_mode = "off"  # tests/test_notebooks.py executes them
exclude_patterns = ["_build"]
suppress_warnings = [
    "ref.python",  # a type called bytes, and fields of the same name
]

smartquotes = False  # an option keeps its two hyphens

html_theme = "furo"
html_title = "Clonestrike"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": True}
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
add_module_names = False
toc_object_entries_show_parents = "hide"

linkcheck_anchors = False
linkcheck_timeout = 20


def _modules(package: str) -> list[str]:
    """The module or package and what is public in it, by name."""
    name = f"clonestrike.{package}"
    found = pkgutil.walk_packages(getattr(importlib.import_module(name), "__path__", []), name + ".")
    names = [name, *sorted(module.name for module in found)]
    return [n for n in names if not n.startswith(LEFT_OUT) and "._" not in n]


def _package_page(package: str) -> str:
    sections = [f"# `clonestrike.{package}`\n"]
    for name in _modules(package):
        heading = "" if name == f"clonestrike.{package}" else f"\n## `{name.removeprefix('clonestrike.')}`\n"
        sections.append(f"{heading}\n```{{eval-rst}}\n.. automodule:: {name}\n```\n")
    return "".join(sections)


def _api_index() -> str:
    rows = "\n".join(f"| [`clonestrike.{name}`](api/{name}.md) | {title} |" for name, title in PACKAGES.items())
    entries = "\n".join(f"api/{name}" for name in PACKAGES)
    return (
        "# Python modules\n\nMade from the docstrings. Shapes are in brackets, such as (N, 13); angles are radians "
        f"unless said otherwise.\n\n| package | what is in it |\n|---|---|\n{rows}\n\n"
        f"```{{toctree}}\n:hidden:\n\n{entries}\n```\n"
    )


def _commands() -> str:
    """All commands, as their parser describes them."""
    return (
        "# Commands\n\nMade from the commands themselves; `clonestrike COMMAND --help` shows the same. "
        "A wrong option or a file that cannot be used gives one error line and exit code 2.\n\n" + reference.markdown()
    )


def _generate() -> None:
    """Write what has changed, so that a second build is quick."""
    pages = {
        GENERATED / "commands.md": _commands(),
        GENERATED / "api.md": _api_index(),
        **{GENERATED / "api" / f"{name}.md": _package_page(name) for name in PACKAGES},
    }
    for old in set(GENERATED.rglob("*.md")) - set(pages):
        old.unlink()
    for page, text in pages.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def _sections(app: Sphinx, what: Any, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """``Args:`` and the like; not in a line on an attribute, where words before a colon are no type."""
    if what not in ("attribute", "data", "property"):
        lines[:] = GoogleDocstring(lines, what=what, name=name, obj=obj).lines()


def _elsewhere(app: Sphinx, env: Any, node: Any, content: Any) -> Any:
    """The text alone for what has no page here: other packages, private names, type variables, groups of parts."""
    target = str(node.get("reftarget", ""))
    if not target.startswith("clonestrike.") or "._" in target or target in entry_points().groups:
        return content
    module, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None
    return content if isinstance(found, TypeVar | ParamSpec) else None


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    _generate()
    app.connect("autodoc-process-docstring", _sections)
    app.connect("missing-reference", _elsewhere)
