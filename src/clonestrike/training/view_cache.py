"""Cache on disk of the policy's view of every recording, as memory-mapped files.

Decoding and scaling a frame takes longer than learning from it, and training reads every frame many times.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from io import BytesIO
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
_OURS = re.compile(rf"[0-9a-f]{{32}}|\.[0-9a-f]{{32}}\.\w+{re.escape(PARTIAL)}")
"""Names of the folders that the cache makes. Whatever else lies there is not the cache's, and stays."""


@dataclass(frozen=True)
class ViewCache:
    """A folder with a sub-folder for each recording and view: ``whole.npy`` and ``crop.npy``, uint8 (T, H, W, 3).

    Above ``limit_bytes`` the least recently used sub-folders are removed first. One that is damaged is made anew.
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

        Raises ClonestrikeError when the recordings exceed the limit or the disk, have another frame size, or have fewer
        frames than rows.
        """
        needed = sum(recording.steps for recording in recordings) * view.bytes_per_frame
        if needed > self.limit_bytes:
            raise ClonestrikeError(
                f"the view cache needs {needed / GIGABYTE:.1f} GB for these recordings and is limited to "
                f"{self.limit_bytes / GIGABYTE:.1f} GB",
                "raise the limit or use fewer recordings",
            )
        places = [self.folder / _key(recording, view) for recording in recordings]
        # What is there is opened first: another process may remove it, but not what is mapped.
        opened = [_opened(place, recording.steps, view) for place, recording in zip(places, recordings, strict=True)]
        missing = [number for number, views in enumerate(opened) if views is None]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            size = sum(recordings[number].steps for number in missing) * view.bytes_per_frame
            self._make_room(size, keep=set(places))
            self._decode([(recordings[number], places[number]) for number in missing], view)
        except OSError as error:
            raise ClonestrikeError(
                f"the view cache {self.folder} cannot be written ({error.strerror})", "make room there"
            ) from None
        for number in missing:
            opened[number] = _opened(places[number], recordings[number].steps, view)
        whole = [views for views in opened if views is not None]
        if len(whole) < len(places):
            raise ClonestrikeError(
                f"the view cache {self.folder} has lost what was just written to it", "let nothing else clear it"
            )
        return whole

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

    def _make_room(self, size: int, keep: set[Path]) -> None:
        found = sorted((*_used(entry), entry) for entry in self.folder.iterdir() if _OURS.fullmatch(entry.name))
        total = sum(there for _, there, _ in found) + size
        for used, there, entry in found:
            if total <= self.limit_bytes:
                break
            growing = entry.suffix == PARTIAL and used > time.time() - HOUR
            if entry not in keep and not growing:
                _remove(entry)
                total -= there


def _used(entry: Path) -> tuple[float, int]:
    """Time of last use (s) and size in bytes of an entry; zeros if it is no folder, or gone meanwhile."""
    try:
        return entry.stat().st_mtime, sum(file.stat().st_size for file in entry.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return 0.0, 0


def _remove(entry: Path) -> None:
    """Remove what has the name of a sub-folder, as far as that is possible."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()


def _key(recording: Trajectory, view: PolicyView) -> str:
    text = json.dumps([FORMAT_VERSION, recording.fingerprint(), asdict(view)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _shapes(steps: int, view: PolicyView) -> dict[str, tuple[int, ...]]:
    return {part: (steps, *shape) for part, shape in view.shapes.items()}


def _head(shape: tuple[int, ...]) -> bytes:
    """What an .npy file of uint8 begins with."""
    head = BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return head.getvalue()


def _opened(place: Path, steps: int, view: PolicyView) -> dict[str, Bytes] | None:
    """The memory-mapped parts in a sub-folder, which now counts as used; None unless all are there, whole."""
    views: dict[str, Bytes] = {}
    try:
        for part, shape in _shapes(steps, view).items():
            head = _head(shape)
            # Compared before it is mapped: to read behind the end of a mapped file kills the process.
            with (place / f"{part}.npy").open("rb") as file:
                if file.read(len(head)) != head or os.fstat(file.fileno()).st_size != len(head) + math.prod(shape):
                    return None
                views[part] = np.memmap(file, np.uint8, "r", len(head), shape)
    except OSError:
        return None
    with suppress(OSError):  # it was removed meanwhile, or is another user's: only the order of use is lost
        os.utime(place)
    return views


def _write(recording: Trajectory, place: Path, view: PolicyView) -> None:
    """Decode a recording into a temporary folder, and rename that to ``place`` when it is complete and on the disk."""
    with staging_folder(place) as folder:
        # Written, not memory-mapped: on a full disk a write raises, but a store into a mapping kills the process.
        with ExitStack() as opened:
            files = {part: opened.enter_context((folder / f"{part}.npy").open("wb")) for part in view.shapes}
            for part, shape in _shapes(recording.steps, view).items():
                files[part].write(_head(shape))
            for frame in chain.from_iterable(recording.iter_frames()):
                for part, seen in view.see(frame).items():
                    files[part].write(seen.tobytes())
            for file in files.values():
                file.flush()
                os.fsync(file.fileno())
        if _opened(folder, recording.steps, view) is None:
            raise ClonestrikeError(f"{recording.path} has another number of frames than of rows", "leave it out")
        if _opened(place, recording.steps, view) is None:
            _remove(place)
        try:
            folder.rename(place)
        except OSError:  # another process was faster: its files are the same
            if not place.is_dir():
                raise
