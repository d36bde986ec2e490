"""Random reads of 96 steps: our video settings compared with the original's HDF5 layout and two other codecs.

The last table shows the effect of the compression: how often a checkpoint chooses the same on raw and decoded frames.
"""

import tempfile
from fractions import Fraction
from pathlib import Path

import av
import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluating import CHECKPOINT
from benchmarks.measure import STEPS_PER_SECOND, real_frames, seconds, show
from clonestrike.core.observation import Observation
from clonestrike.policy.agent import Agent
from clonestrike.recordings.video import VideoWriter, read_frames

FRAMES = 1000
WINDOW = 96
READS = 20
Frames = NDArray[np.uint8]


def psnr(raw: Frames, decoded: Frames) -> float:
    """Peak signal-to-noise ratio over all pixels, in dB; infinite for equal frames."""
    error = np.mean((raw.astype(np.float32) - decoded) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def write_ours(path: Path, frames: Frames) -> None:
    """Write a video with the project's settings."""
    writer = VideoWriter(path, frames.shape[1], frames.shape[2], STEPS_PER_SECOND)
    for frame in frames:
        writer.write(frame)
    writer.close()


def read_ours(path: Path, start: int) -> Frames:
    """Read a window of such a video."""
    return np.stack(list(read_frames(path, start, start + WINDOW, STEPS_PER_SECOND)))


def write_codec(path: Path, frames: Frames, codec: str, options: dict[str, str], pixels: str) -> None:
    """Write a video with another codec."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(35, 2), options=options)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], pixels
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode())


def read_codec(path: Path, start: int) -> Frames:
    """Read a window of a video with another codec."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        container.seek(round(start / STEPS_PER_SECOND / float(stream.time_base or 1)), stream=stream)
        for frame in container.decode(stream):
            if round(float((frame.pts or 0) * (stream.time_base or 1)) * STEPS_PER_SECOND) >= start:
                found.append(frame.to_ndarray(format="rgb24"))
            if len(found) == WINDOW:
                break
    return np.stack(found)


def write_hdf5(path: Path, frames: Frames) -> None:
    """Write frames in the original's layout: a dataset per frame."""
    with h5py.File(path, "w") as file:
        for i, frame in enumerate(frames):
            file[f"frame_{i}_x"] = frame[..., ::-1]


def read_hdf5(path: Path, start: int) -> Frames:
    """Read a window as the original's loader does, converted to RGB."""
    with h5py.File(path) as file:
        return np.stack([file[f"frame_{i}_x"][...] for i in range(start, start + WINDOW)])[..., ::-1]


def main() -> None:
    """Print both tables."""
    frames = real_frames(FRAMES)
    starts = np.random.default_rng(0).integers(0, FRAMES - WINDOW, READS)
    lossless = {"crf": "0", "preset": "ultrafast", "tune": "fastdecode", "g": "16"}
    layouts = {
        "ours: x264 crf 20, keyframe every 16": (write_ours, read_ours, "mkv"),
        "mjpeg q3": (
            lambda p, f: write_codec(p, f, "mjpeg", {"qmin": "3", "qmax": "3"}, "yuvj420p"),
            read_codec,
            "mkv",
        ),
        "lossless x264 RGB": (lambda p, f: write_codec(p, f, "libx264rgb", lossless, "rgb24"), read_codec, "mkv"),
        "the original's HDF5": (write_hdf5, read_hdf5, "hdf5"),
    }
    rows: list[list[str]] = []
    ours = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, (write, read, kind) in layouts.items():
            path = Path(folder) / f"{len(rows)}.{kind}"
            took = seconds(lambda write=write, path=path: write(path, frames))  # type: ignore[misc]
            read(path, 0)
            speed = READS * WINDOW / seconds(lambda read=read, path=path: [read(path, int(s)) for s in starts])  # type: ignore[misc]
            ours = ours or speed
            quality = psnr(frames[100 : 100 + WINDOW], read(path, 100))
            size = path.stat().st_size / FRAMES
            rows.append(
                [
                    name,
                    f"{FRAMES / took:,.0f}",
                    f"{speed:,.0f}",
                    f"{ours / speed:.2f}",
                    f"{size:,.0f}",
                    f"{quality:.1f}",
                ]
            )
        columns = ["", "written/s", "read/s", "ours against it", "bytes a frame", "PSNR dB"]
        show(f"Random reads of {WINDOW} steps, one thread, warm files", columns, rows)
        _agreement(frames, np.concatenate([read_ours(Path(folder) / "0.mkv", s) for s in range(0, 960, WINDOW)]))


def _agreement(raw: Frames, decoded: Frames) -> None:
    if not (CHECKPOINT / "policy.onnx").exists():
        show("Raw against decoded frames", [""], [["run make demo first"]])
        return
    heads: list[list[NDArray[np.float32]]] = []
    for frames in (raw[: len(decoded)], decoded):
        agent, seen = Agent(CHECKPOINT), []
        for frame in frames:
            prediction = agent.act(Observation(frame, None, "self", 0, 0)).prediction
            assert prediction is not None
            seen.append((prediction.switches, prediction.mouse_x, prediction.mouse_y))
        heads.append([np.stack(of) for of in zip(*seen, strict=True)])
    (keys, x, y), (keys_too, x_too, y_too) = heads
    rows = [
        ["mouse x: same bin", f"{np.mean(x.argmax(1) == x_too.argmax(1)):.3f}"],
        ["mouse y: same bin", f"{np.mean(y.argmax(1) == y_too.argmax(1)):.3f}"],
        ["fire: same", f"{np.mean((keys[:, 11] > 0.5) == (keys_too[:, 11] > 0.5)):.3f}"],
        ["all 13 switches: same", f"{np.mean(((keys > 0.5) == (keys_too > 0.5)).all(1)):.3f}"],
    ]
    show("One checkpoint on raw and on decoded frames", ["argmax", "agreement"], rows)


if __name__ == "__main__":
    main()
