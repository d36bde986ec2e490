"""Fetches a network of the original from the Hugging Face Hub, where its files lie in a data set or a model."""

from __future__ import annotations

import hashlib
from pathlib import Path

from clonestrike.console import progress
from clonestrike.errors import ClonestrikeError
from clonestrike.formats import ranges
from clonestrike.formats.original.hub import MEGABYTE, PREFIX, Hub
from clonestrike.formats.original.model_files import ARCHITECTURE, HYPERS, OPTIMISER, STATEFUL, WEIGHTS


def fetch_model(place: str) -> Path:
    """Fetch the files of a network into the cache, side by side; returns the path of its .json file.

    ``place`` is ``hub:OWNER/NAME``, or with the folder or the name of a network behind it. Of a plain and a stateful
    network in one place the plain one is taken. Raises ClonestrikeError when there is no network, or several.
    """
    hub = Hub(place, ("dataset", "model"))
    there = {remote.path: remote for remote in hub.listing}
    stems = [path.removesuffix(ARCHITECTURE) for path in there if path.endswith(ARCHITECTURE)]
    networks = [stem for stem in stems if stem + WEIGHTS in there]
    named = hub.folder.removesuffix("/").removesuffix(ARCHITECTURE)
    found = [named] if named in networks else [stem for stem in networks if stem.startswith(hub.folder)]
    chosen = [stem for stem in found if not stem.endswith(STATEFUL)] or found
    if not chosen:
        raise ClonestrikeError(f"{place} has no network", "it would be a .json and an .h5 file with the same name")
    if len(chosen) > 1:
        raise ClonestrikeError(
            f"{place} has {len(chosen)} networks", f"name one: {PREFIX}{hub.repository}/{', /'.join(chosen)}"
        )
    files = [there[chosen[0] + end] for end in (ARCHITECTURE, WEIGHTS, HYPERS, OPTIMISER) if chosen[0] + end in there]
    # Networks of the same kind have the same size: only what the Hub calls their files tells whether they have changed.
    version = hashlib.sha256(" ".join(file.identity for file in files).encode()).hexdigest()[:16]
    with progress() as bars:
        bar = bars.add_task("fetching (MB)", total=sum(file.size for file in files) // MEGABYTE)
        for file in files:
            ranges.fetch(file, hub.cache / version / file.name, lambda size: bars.advance(bar, size / MEGABYTE))
    return hub.cache / version / files[0].name
