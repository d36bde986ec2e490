"""Every command in an empty network under a tracer: nobody is contacted, and HOME stays as it was but for our cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clonestrike.cli.commands import COMMANDS
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.graph import graph_path
from clonestrike.games.graph import MapGraph

TRACED = "connect,sendto,sendmsg,sendmmsg"
# A new network namespace has a loopback interface that is down; SIOCSIFFLAGS (0x8914) with IFF_UP (1) switches it on.
ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""
ADDRESS = re.compile(r"sin6?_port=htons\((?P<port>\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"(?P<host>[^\"]*)\"")
LOOK_UP = re.compile(r"sun_path=.*(resolve|avahi)")
"""Names are also looked up by other processes, over a local socket."""
LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.")
DOMAIN = "53"

LINES = {
    "record": "record --play random --steps 40 --out data/played",
    "record, watched": "record --watch experts --steps 20 --out data/watched",
    "label": "label data/played",
    "train": "train data --labels true --updates 1 --chunk 4 --streams 2 --threads 1 --precision float32 --out runs/a",
    "play": "play runs/a --minutes 0.02 --video film.mp4",
    "evaluate": "evaluate runs/a --matches 2 --minutes 0.05 --workers 2 --expert --out results",
    "style": "style random --matches 1 --minutes 0.05 --workers 1 --out style",
    "coverage": "coverage data/played --reference data/played --out coverage",
    "check": "check data",
    "stats": "stats data/played --out stats",
    "view": "view data/played/000000 --rrd view.rrd",
    "video": "video data/played/000000 match.mp4",
    "renumber": "renumber original --from 7",
    "games": "games",
    "networks": "networks",
    "doctor": "doctor",
    "setup": "setup csgo",
    "completion": "completion bash --out completion",
    "import hdf5": "import hdf5 original --files 1-1 --out imported/hdf5",
    "import recorder": "import recorder original/recorder --files 1-1 --out imported/recorder",
    "import keras": "import keras none.json --out runs/keras",
    "import demo": "import demo data/played/000000/video.mkv --out imported/demo",
    "export hdf5": "export hdf5 data/played --out exported",
    "export recorder": "export recorder data/played --out exported",
    "export metadata": "export metadata data/played --out exported",
    "export lerobot": "export lerobot data/played --out lerobot",
    "export onnx": "export onnx runs/a --out a.onnx",
    "export png": "export png data/played/000000 --out pictures --rows 0-3",
}
"""In the order in which they need each other's files. Demo and aggregate are made of the others."""
REFUSED = {"doctor", "setup", "import keras", "import demo"}
"""Without a game in a window, Counter-Strike, Keras' files or a demo file these end with an error, and say so."""
Trace = Callable[[str], tuple[int, str, list[str]]]


def test_every_command_is_here() -> None:
    assert {command.name for command in COMMANDS} - set(LINES) == {"demo", "aggregate"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, written: tuple[Path, str], shared_graph: MapGraph) -> Path:
    """A folder with the original's files and an empty HOME; only the graph of the map is in its cache."""
    folder = tmp_path_factory.mktemp("offline")
    shutil.copytree(written[0], folder / "original")
    cache = folder / "home" / ".cache" / "clonestrike" / "graphs"
    cache.mkdir(parents=True)
    shutil.copy(graph_path(DoomSpec()), cache)
    return folder


@pytest.fixture(scope="module")
def trace(place: Path) -> Trace:
    """``trace(arguments)`` runs a command alone; returns exit code, output, and the lines that its tracer wrote."""
    if sys.platform != "linux" or not shutil.which("strace") or not shutil.which("unshare"):
        pytest.skip("needs Linux with strace and unshare (apt-get install strace util-linux)")
    alone = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", ALONE]
    kept = ("PATH", "PYTHONPATH", "LANG", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(place / "home")}
    log = place / "trace"
    traced = [*alone, "strace", "-f", "--seccomp-bpf", "-qq", "-e", f"trace={TRACED}", "-o", str(log)]
    probe = subprocess.run([*traced, "true"], check=False, capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"this system lets nobody make and trace a network of his own: {probe.stderr.strip()}")

    def run(arguments: str) -> tuple[int, str, list[str]]:
        command = [*traced, sys.executable, "-m", "clonestrike", *arguments.split()]
        done = subprocess.run(
            command, check=False, cwd=place, env=environment, capture_output=True, text=True, timeout=100
        )
        return done.returncode, done.stdout + done.stderr, log.read_text(errors="replace").splitlines()

    return run


@pytest.mark.parametrize("name", LINES)
def test_nobody_is_contacted(name: str, trace: Trace, place: Path) -> None:
    home = place / "home"
    before = set(home.rglob("*"))
    code, output, calls = trace(LINES[name])
    assert code == (2 if name in REFUSED else 0), output
    addresses = [(found["host"], found["port"]) for call in calls if (found := ADDRESS.search(call))]
    assert not [(host, port) for host, port in addresses if port == DOMAIN or not LOOPBACK.match(host)]
    assert not [call for call in calls if LOOK_UP.search(call)]
    cache = home / ".cache" / "clonestrike"
    assert not [path for path in set(home.rglob("*")) - before if not path.is_relative_to(cache)]
