"""What is imported is declared, and the extra of a package that is missing is named."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.extras import EXTRAS, naming_extras, require

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def distribution(requirement: str) -> str:
    """The name in a requirement, or of a distribution, as they are compared."""
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub("[-_.]+", "-", name[0]).lower()


def imported(folder: Path) -> Iterator[str]:
    """The top-level modules that the files of a folder import, wherever they do it."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


BASE = {distribution(one) for one in PROJECT["dependencies"]}
OPTIONAL = {distribution(one): extra for extra, of in PROJECT["optional-dependencies"].items() for one in of}
MODULES = sorted(set(imported(ROOT / "src")) - sys.stdlib_module_names - {"_typeshed", "clonestrike"})
DISTRIBUTIONS = packages_distributions()


@pytest.mark.parametrize("module", MODULES)
def test_every_import_is_declared(module: str) -> None:
    names = {distribution(name) for name in DISTRIBUTIONS.get(module, [module])}
    assert names & (BASE | OPTIONAL.keys()), f"{module} is of {names}, which pyproject.toml does not name"


@pytest.mark.parametrize("module", sorted({*MODULES, *EXTRAS}))
def test_every_optional_package_has_its_extra(module: str) -> None:
    names = {distribution(name) for name in DISTRIBUTIONS.get(module, [module])}
    if names & BASE:
        assert module not in EXTRAS
    else:
        assert EXTRAS[module] in {OPTIONAL.get(name) for name in names}


def test_a_missing_package_is_told_with_its_extra() -> None:
    with pytest.raises(ClonestrikeError) as told, naming_extras():
        raise ModuleNotFoundError(name="torch.nn")
    assert str(told.value) == "torch is not installed: pip install 'clonestrike[train]'"
    with pytest.raises(ModuleNotFoundError), naming_extras():
        raise ModuleNotFoundError(name="clonestrike.nothing")
    require("torch")
    require("markupsafe")


HIDDEN = """
import sys
from importlib.abc import MetaPathFinder

class Hide(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hide())
from clonestrike.cli.main import main
main({words!r})
"""


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        ("train {here} --out {here}/out", "torch", "train"),
        ("demo --out {here}/out", "torch", "train"),
        ("export onnx pretrained:doom --out {here}/out", "torch", "train"),
        ("import demo {here}/match.dem --out {here}/out", "demoparser2", "demo"),
        ("import hdf5 hub:somebody/something --out {here}/out", "huggingface_hub", "hub"),
        ("play random --game window:Nothing", "mss", "desktop"),
    ],
)
def test_a_command_names_the_extra_that_it_needs(tmp_path: Path, command: str, package: str, extra: str) -> None:
    (tmp_path / "match.dem").write_bytes(b"HL2DEMO\0" + bytes(100))
    code = HIDDEN.format(hidden={package}, words=command.format(here=tmp_path).split())
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.endswith(f"{package} is not installed: pip install 'clonestrike[{extra}]'")
    assert not (tmp_path / "out").exists()
