"""Reading windows of 96 frames from the original's HDF5 files: our reader compared with the original's.

The original's generator opens the file with h5py, reads four datasets of every frame by name and puts them in float
arrays; the second row keeps the frames uint8, as ours does. Cold means that the files were dropped from the page cache
first; the bare read of the same bytes shows the speed of the disk. Ours indexes a file once, when it is opened.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import seconds, show
from clonestrike.formats.original.hdf5 import Hdf5Index
from clonestrike.formats.original.hdf5_play import Hdf5Play
from clonestrike.formats.original.layout import OriginalFile

FILES, FRAMES, WINDOW = 3, 1000, 96
STARTS = range(0, 865, 96)
FRAME_BYTES = 150 * 280 * 3 + 8 * (54 + 51 + 2)
Window = tuple[NDArray[np.generic], ...]


def write_files(folder: Path) -> list[Path]:
    """Write files of the original's size with random frames: the content does not matter for speed."""
    chance = np.random.default_rng(0)
    paths = [folder / f"hdf5_bench_{number}.hdf5" for number in range(1, FILES + 1)]
    for path in paths:
        with h5py.File(path, "w") as file:
            for i in range(FRAMES):
                file.create_dataset(f"frame_{i}_x", data=chance.integers(0, 256, (150, 280, 3), dtype=np.uint8))
                file.create_dataset(f"frame_{i}_xaux", data=np.zeros(54))
                file.create_dataset(f"frame_{i}_y", data=np.eye(51)[24])
                file.create_dataset(f"frame_{i}_helperarr", data=np.zeros(2))
    return paths


def read_as_original(path: Path, start: int, pictures: type = np.float64) -> Window:
    """Read a window as the original's generator does: dataset by dataset, into arrays of one sequence."""
    x: NDArray[np.generic] = np.zeros((WINDOW, 150, 280, 3), pictures)
    aux, y, helper = np.zeros((WINDOW, 54)), np.zeros((WINDOW, 51)), np.zeros((WINDOW, 2))
    with h5py.File(path, "r") as file:
        for j in range(WINDOW):
            x[j] = file[f"frame_{start + j}_x"][:]
            aux[j] = file[f"frame_{start + j}_xaux"][:]
            y[j] = file[f"frame_{start + j}_y"][:]
            helper[j] = file[f"frame_{start + j}_helperarr"][:]
    return x, aux, y, helper


def read_ours(play: Hdf5Play, start: int) -> Window:
    """Read the same window by our reader: RGB frames, switches and mouse of the labels, events."""
    labels = play.own_labels.mouse[start : start + WINDOW]
    return play.frames(start, start + WINDOW), play.own_labels.switches[start : start + WINDOW], labels, play.events


def read_bare(path: Path, start: int) -> Window:
    """Read the same number of bytes in one piece."""
    with path.open("rb") as file:
        file.seek(start * FRAME_BYTES)
        return (np.frombuffer(file.read(WINDOW * FRAME_BYTES), np.uint8),)


def drop(paths: list[Path]) -> None:
    """Remove the files from the page cache."""
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> None:
    """Print the table, and the time to open a file."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        paths = write_files(Path(folder))
        files = [OriginalFile.of(path) for path in paths]
        plays = [Hdf5Play.open(file, "bench") for file in files if file]
        opened: dict[int, Hdf5Play] = {}

        def anew(i: int) -> Hdf5Play:
            if i not in opened:
                opened[i] = Hdf5Play.open(plays[i].file, "bench")
            return opened[i]

        order = np.random.default_rng(1).permutation([(i, s) for i in range(FILES) for s in STARTS]).tolist()
        ways: dict[str, Callable[[int, int], Window]] = {
            "the original's generator": lambda i, s: read_as_original(paths[i], s),
            "the same, pictures uint8": lambda i, s: read_as_original(paths[i], s, np.uint8),
            "ours": lambda i, s: read_ours(plays[i], s),
            "ours, every file opened anew": lambda i, s: read_ours(anew(i), s),
            "bare read": lambda i, s: read_bare(paths[i], s),
        }
        rows: list[list[str]] = []
        reference = (0.0, 0.0)
        for name, read in ways.items():
            opened.clear()
            for play in plays:
                play.__dict__.pop("labels", None)  # cold means that labels are read as well
                play.__dict__.pop("events", None)
            drop(paths)
            speeds = []
            for _ in ("cold", "warm"):
                took = seconds(lambda read=read: [read(i, s) for i, s in order])  # type: ignore[misc]
                speeds.append(len(order) * WINDOW / took)
                opened.clear()
            cold, warm = speeds
            reference = reference if rows else (cold, warm)
            megabytes = cold * FRAME_BYTES / 1e6
            times = [f"{cold / reference[0]:.1f}", f"{warm / reference[1]:.1f}"]
            rows.append([name, f"{warm:,.0f}", times[1], f"{cold:,.0f}", times[0], f"{megabytes:,.0f}"])
        columns = ["", "warm frames/s", "times", "cold frames/s", "times", "cold MB/s"]
        show(f"Windows of {WINDOW} frames in random order, {FILES} files, one thread", columns, rows)
        walk = min(seconds(lambda: Hdf5Index.read(paths[0])) for _ in range(3))
        print(f"opening a file of {FRAMES} frames: {1000 * walk:.0f} ms, once")


if __name__ == "__main__":
    main()
