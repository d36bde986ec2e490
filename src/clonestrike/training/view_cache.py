"""Cache on disk of the policy's view of every recording, as memory-mapped files.

Decoding and scaling a frame takes longer than learning from it, and training reads every frame many times.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from clonestrike.console import progress
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.files import PARTIAL, cache_folder, staging_folder
from clonestrike.policy.view import Bytes, PolicyView
from clonestrike.training.config import TrainConfig

FORMAT_VERSION = 1
GIGABYTE = 10**9
HOUR = 3600.0
"""Age in seconds at which a partial folder was left by a process that was killed."""


@dataclass(frozen=True)
class ViewCache:
    """A folder with a sub-folder for each recording and view: ``whole.npy`` and ``crop.npy``, uint8 (T, H, W, 3).

    Above ``limit_bytes`` the least recently used sub-folders are removed first.
    """

    folder: Path = field(default_factory=lambda: cache_folder() / "views")
    limit_bytes: int = 20 * GIGABYTE
    workers: int = 2

    @classmethod
    def of(cls, config: TrainConfig) -> ViewCache:
        """The cache that a training asks for."""
        return cls(config.cache or cls().folder, int(config.cache_gb * GIGABYTE))

    def open(self, recordings: Sequence[Trajectory], view: PolicyView) -> list[dict[str, Bytes]]:
        """The view of every recording: a read-only, memory-mapped array for each part. Decodes what is not cached.

        Raises ClonestrikeError when the recordings exceed the limit or the disk, or have another frame size.
        """
        needed = sum(recording.steps for recording in recordings) * view.bytes_per_frame
        if needed > self.limit_bytes:
            raise ClonestrikeError(
                f"the view cache needs {needed / GIGABYTE:.1f} GB for these recordings and is limited to "
                f"{self.limit_bytes / GIGABYTE:.1f} GB",
                "raise the limit or use fewer recordings",
            )
        places = [self.folder / _key(recording, view) for recording in recordings]
        missing = [i for i, place in enumerate(places) if not place.is_dir()]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for place in set(places).difference(places[i] for i in missing):
                os.utime(place)
            size = sum(recordings[i].steps for i in missing) * view.bytes_per_frame
            self._make_room(size, keep=set(places))
            self._decode([(recordings[i], places[i]) for i in missing], view)
        except OSError as error:
            raise ClonestrikeError(
                f"the view cache {self.folder} cannot be written ({error.strerror})", "make room there"
            ) from None
        return [self._map(place, view) for place in places]

    def _decode(self, jobs: list[tuple[Trajectory, Path]], view: PolicyView) -> None:
        if not jobs:
            return
        with progress() as bars, ThreadPoolExecutor(self.workers) as pool:
            bar = bars.add_task("decoding recordings", total=sum(recording.steps for recording, _ in jobs))
            # Threads are enough: both decoding and resizing release the GIL.
            futures = {pool.submit(_write, recording, place, view): recording.steps for recording, place in jobs}
            try:
                for future in as_completed(futures):
                    future.result()
                    bars.advance(bar, futures[future])
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _map(self, place: Path, view: PolicyView) -> dict[str, Bytes]:
        return {part: np.load(place / f"{part}.npy", mmap_mode="r", allow_pickle=False) for part in view.shapes}

    def _make_room(self, size: int, keep: set[Path]) -> None:
        found = sorted((*_used(entry), entry) for entry in self.folder.iterdir())
        total = sum(there for _, there, _ in found) + size
        for used, there, entry in found:
            if total <= self.limit_bytes:
                break
            growing = entry.suffix == PARTIAL and used > time.time() - HOUR
            if entry not in keep and not growing:
                shutil.rmtree(entry, ignore_errors=True)
                total -= there


def _used(entry: Path) -> tuple[float, int]:
    """Time of an entry's last use (s), and its size in bytes; zeros if another process has removed it meanwhile."""
    try:
        return entry.stat().st_mtime, sum(file.stat().st_size for file in entry.iterdir())
    except FileNotFoundError:
        return 0.0, 0


def _key(recording: Trajectory, view: PolicyView) -> str:
    text = json.dumps([FORMAT_VERSION, recording.fingerprint(), asdict(view)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _write(recording: Trajectory, place: Path, view: PolicyView) -> None:
    """Decode a recording into a temporary folder, and rename that to ``place`` when it is complete."""
    with staging_folder(place) as folder:
        # Written, not memory-mapped: on a full disk a write raises, but a store into a mapping kills the process.
        with ExitStack() as opened:
            files = {part: opened.enter_context((folder / f"{part}.npy").open("wb")) for part in view.shapes}
            for part, shape in view.shapes.items():
                header = {"descr": "|u1", "fortran_order": False, "shape": (recording.steps, *shape)}
                np.lib.format.write_array_header_1_0(files[part], header)
            for frame in chain.from_iterable(recording.iter_frames()):
                for part, seen in view.see(frame).items():
                    files[part].write(seen.tobytes())
        try:
            folder.rename(place)
        except OSError:  # another process was faster: its files are the same
            if not place.is_dir():
                raise
