"""One step of the paper's network with memory: Keras as the original runs it, PyTorch, ONNX Runtime.

Afterwards the agent plays Doom at real time on the same cores: how late do its steps begin?
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.keras_child import keras_seconds
from benchmarks.measure import GAME, real_frames, show
from clonestrike import games
from clonestrike.cores import usable_cores
from clonestrike.playing.config import PlayConfig
from clonestrike.playing.play import play
from clonestrike.policy.agent import open_session
from clonestrike.policy.networks import card_of, untrained
from clonestrike.policy.networks.paper import PaperPolicy
from clonestrike.policy.onnx import to_onnx

FRAMES, REPEATS, ROUNDS = 40, 40, 2
MINUTES = 0.5
OUTPUTS = ("memory_out", "switches", "mouse_x", "mouse_y", "value")
Step = Callable[[np.ndarray], object]


def by_torch(policy: PaperPolicy, *, compiled: bool = False, bfloat16: bool = False) -> Step:
    """A step in PyTorch, on all cores."""
    memory = policy.empty_memory(1)
    forward = torch.compile(policy) if compiled else policy

    @torch.no_grad()
    def step(picture: np.ndarray) -> None:
        nonlocal memory
        with torch.autocast("cpu", torch.bfloat16) if bfloat16 else nullcontext():
            outputs, memory = forward({"whole": torch.from_numpy(picture[None, None])}, memory)
        outputs.switches.sigmoid(), outputs.mouse_x.softmax(-1), outputs.mouse_y.softmax(-1)

    return step


def by_onnx(path: Path, threads: int) -> Step:
    """A step in ONNX Runtime, as the agent runs it."""
    session = open_session(path, threads)
    memory = np.zeros(session.get_inputs()[1].shape, np.float32)

    def step(picture: np.ndarray) -> None:
        nonlocal memory
        memory = session.run(OUTPUTS, {"whole": picture[None], "memory": memory})[0]

    return step


def measured(step: Step, pictures: np.ndarray) -> list[float]:
    """Seconds of every step."""
    seconds = []
    for picture in pictures[np.arange(REPEATS) % len(pictures)]:
        begin = time.perf_counter()
        step(picture)
        seconds.append(time.perf_counter() - begin)
    return seconds


def main() -> None:
    """Print the tables."""
    info = games.game_info(GAME)
    policy = untrained("paper", (info.frame_height, info.frame_width)).eval()
    assert isinstance(policy, PaperPolicy)
    view = policy.view
    pictures = np.stack([view.see(frame)["whole"] for frame in real_frames(FRAMES)])
    card = replace(card_of(policy), game=info.to_json())
    with tempfile.TemporaryDirectory() as folder:
        full, small = Path(folder) / "policy.onnx", Path(folder) / "int8.onnx"
        full.write_bytes(to_onnx(policy, card))
        small.write_bytes(to_onnx(policy, card, int8=True))
        cores = torch.get_num_threads()
        ways: dict[str, Step] = {
            f"PyTorch, {cores}": by_torch(policy),
            f"PyTorch bfloat16, {cores}": by_torch(policy, bfloat16=True),
            f"PyTorch compiled, {cores}": by_torch(policy, compiled=True),
        }
        for threads in sorted({1, cores}):
            ways[f"ONNX Runtime, {threads}"] = by_onnx(full, threads)
            ways[f"ONNX Runtime, int8 memory, {threads}"] = by_onnx(small, threads)
        for step in ways.values():
            measured(step, pictures[:1])
        seconds: dict[str, list[float]] = defaultdict(list)
        for _ in range(ROUNDS):  # in turns: the machine may have other work
            for threads in sorted({1, cores}):
                seconds[f"Keras predict_on_batch, {threads}"] += keras_seconds("step", threads, FRAMES, REPEATS)
            for name, step in ways.items():
                seconds[name] += measured(step, pictures)
        table(seconds)
        beside_doom({"float32": full, "int8 memory": small})


def table(seconds: dict[str, list[float]]) -> None:
    """Print how long steps take."""
    timed = {name: np.array(times) * 1e3 for name, times in seconds.items() if times}
    keras = [times for name, times in timed.items() if name.startswith("Keras")]
    yardstick = min((float(np.median(times)) for times in keras), default=float("nan"))
    rows = [
        [name, f"{np.median(times):.1f}", f"{times.min():.1f}", f"{yardstick / np.median(times):.2f}"]
        for name, times in timed.items()
    ]
    title = f"One step of the paper's network, {usable_cores()} cores" + ("" if keras else " (Keras: make keras)")
    show(title, ["way, threads", "ms, median", "ms, fastest", "times Keras"], rows)


def beside_doom(files: dict[str, Path]) -> None:
    """Let the agent play at real time and print how late its steps began."""
    rows = []
    for name, path in files.items():
        result = play(PlayConfig(str(path), GAME, minutes=MINUTES, real_time=True))
        late = result["real_time"]
        figures = [f"{late[key]:.1f}" for key in ("late_ms_p50", "late_ms_p95", "late_ms_p99")]
        rows.append([name, str(result["steps"]), *figures, str(late["missed_steps"])])
    columns = ["agent", "steps", "late, ms, median", "95 %", "99 %", "missed steps"]
    show(f"Beside Doom at real time, {games.game_info(GAME).steps_per_second} steps/s", columns, rows)


if __name__ == "__main__":
    main()
