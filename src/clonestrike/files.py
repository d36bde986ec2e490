"""Where things are kept that can be made again: map graphs, decoded frames."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """``$CLONESTRIKE_CACHE``, else ``clonestrike`` in ``$XDG_CACHE_HOME``, else in ``~/.cache``."""
    own = os.environ.get("CLONESTRIKE_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clonestrike"
