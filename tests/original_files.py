"""The original's files, written by a script that knows nothing of ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest

SCRIPT = Path(__file__).parent / "formats" / "original" / "write_original.py"


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Another program that has opened an HDF5 file for writing."""
    code = "import sys, h5py; file = h5py.File(sys.argv[1], 'r+'); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, path], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with six HDF5 files, their metadata and recorder files in ``recorder``; and the script's hash."""
    folder = tmp_path_factory.mktemp("original")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], check=True, capture_output=True, text=True, cwd=folder
    )
    return folder, done.stdout.strip()


@pytest.fixture(scope="session")
def hdf5_files(written: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same HDF5 files with their metadata, without the recorder's."""
    folder = tmp_path_factory.mktemp("hdf5")
    for path in [*written[0].glob("*.hdf5"), *written[0].glob("*.npy")]:
        (folder / path.name).hardlink_to(path)
    return folder


@pytest.fixture(scope="session")
def bare_files(written: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HDF5 files alone."""
    folder = tmp_path_factory.mktemp("bare")
    for path in written[0].glob("*.hdf5"):
        (folder / path.name).hardlink_to(path)
    return folder
