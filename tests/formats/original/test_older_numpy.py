"""What we write is read by a NumPy from before 2.0, in an environment of its own, as the original's own tools do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clonestrike.core.opening import open_trajectories
from clonestrike.formats.original.exporting import export_metadata, export_recorder
from clonestrike.formats.original.importing import Import
from clonestrike.formats.original.renumber import Renumbering
from clonestrike.formats.original.sidecar import SIDECAR

NUMPY = "1.24.4" if sys.version_info < (3, 12) else "1.26.4"
"""The last one without any numpy._core; Python 3.12 needs a newer one."""
READ = """
import json, sys
sys.modules["numpy._core"] = None  # NumPy 1.26 has stand-ins
import numpy as np
assert np.__version__ == sys.argv[1]
found = [np.load(path, allow_pickle=True) for path in sys.argv[2:]]
print(json.dumps([[array.shape, str(array.dtype), repr(array.tolist())] for array in found]))
"""


@pytest.fixture(scope="module")
def older_numpy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has put an older NumPy."""
    site = tmp_path_factory.mktemp("numpy")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    done = subprocess.run(
        [*pip, "--target", str(site), f"numpy=={NUMPY}"], check=False, capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        pytest.skip(f"NumPy {NUMPY} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return site


def test_everything_that_is_pickled(older_numpy: Path, written: tuple[Path, str], tmp_path: Path) -> None:
    plays = open_trajectories([written[0] / "recorder" / f"dm_july2021_rec_{number}.npy" for number in (2, 3)])
    export_metadata(plays, tmp_path, "hdf5_dm_")
    export_recorder(plays, tmp_path, "dm_")
    Import([str(plays[0].path)], tmp_path / "recordings", 1, 9, lossless=False, strict=True, kind=".npy").run()
    Renumbering.of(tmp_path, 1).apply()
    sidecar = tmp_path / "recordings" / "000000" / SIDECAR
    files = [tmp_path / "currvarsv2_dm_1_to_100.npy", tmp_path / "dm_1.npy", tmp_path / "dm_2.npy", sidecar]
    done = subprocess.run(
        [sys.executable, "-c", READ, NUMPY, *map(str, files)], check=False, capture_output=True, text=True,
        cwd=tmp_path, env={"PYTHONPATH": str(older_numpy)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for path, (shape, dtype, content) in zip(files, json.loads(done.stdout), strict=True):
        ours = np.load(path, allow_pickle=True)
        assert (list(ours.shape), str(ours.dtype)) == (shape, dtype)
        # NumPy 2 writes np.float32(1.5) where NumPy 1 wrote 1.5.
        with np.printoptions(legacy="1.25"):
            assert repr(ours.tolist()) == content
