from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clonestrike.errors import ClonestrikeError
from clonestrike.recordings.video import VideoWriter, count_frames, read_frames, trim

RATE = 17.5
Frames = NDArray[np.uint8]


def write(path: Path, frames: Frames, rate: float = RATE) -> Path:
    writer = VideoWriter(path, frames.shape[1], frames.shape[2], rate)
    for frame in frames:
        writer.write(frame)
    writer.close()
    return path


def read(path: Path, start: int, stop: int, rate: float = RATE) -> Frames:
    return np.stack(list(read_frames(path, start, stop, rate)))


def psnr(a: Frames, b: Frames) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2)))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, moving_frames: Callable[..., Frames]) -> tuple[Path, Frames]:
    """A video of 80 frames of 90 x 160, and what it decodes to from end to end."""
    path = write(tmp_path_factory.mktemp("clip") / "video.mkv", moving_frames(80, 90, 160))
    return path, read(path, 0, 80)


def test_frames_come_back_alike_and_small(tmp_path: Path, moving_frames: Callable[..., Frames]) -> None:
    frames = moving_frames(48)
    path = write(tmp_path / "video.mkv", frames)
    assert psnr(frames, read(path, 0, 48)) > 33
    assert path.stat().st_size / 48 < frames[0].nbytes / 10


def test_flat_colours_come_back_without_bias(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (400, 3))
    colours[:8] = [[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)]
    frames = np.broadcast_to(colours[:, None, None].astype(np.uint8), (400, 16, 16, 3))
    # A colour to itself, each held for a keyframe interval: what is left is the way to YUV and back.
    path = write(tmp_path / "video.mkv", frames.repeat(4, 0))
    error = read(path, 0, 1600)[3::4].mean((1, 2)) - colours
    assert np.abs(error.mean(0)).max() < 0.25
    assert np.abs(error).mean() < 1
    assert np.abs(error).max() <= 4


def test_a_player_is_told_the_colour_space(clip: tuple[Path, Frames]) -> None:
    with av.open(str(clip[0])) as container:
        codec = container.streams.video[0].codec_context
        bt601 = (ColorRange.MPEG, Colorspace.ITU601, "yuv420p")
        assert (codec.color_range, codec.colorspace, codec.pix_fmt) == bt601


@given(st.integers(0, 79), st.integers(1, 80))
@settings(max_examples=30, deadline=None)
def test_any_window_is_the_same_as_in_one_pass(clip: tuple[Path, Frames], start: int, length: int) -> None:
    path, frames = clip
    stop = min(80, start + length)
    assert np.array_equal(read(path, start, stop), frames[start:stop])


@given(st.floats(0.1, 500), st.integers(0, 39))
@settings(max_examples=30, deadline=None)
def test_a_frame_keeps_its_number_at_any_rate(rate: float, start: int) -> None:
    frames = np.broadcast_to((6 * np.arange(40, dtype=np.uint8))[:, None, None, None], (40, 16, 16, 3))
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "video.mkv", frames, rate)
        back = read(path, start, 40, rate)
    assert np.array_equal(np.rint(back.mean((1, 2, 3)) / 6), np.arange(start, 40))


def test_every_frame_but_the_last_is_on_disk_while_writing(
    tmp_path: Path, moving_frames: Callable[..., Frames]
) -> None:
    writer = VideoWriter(tmp_path / "video.mkv", 90, 160, RATE)
    for written, frame in enumerate(moving_frames(40, 90, 160)):
        writer.write(frame)
        assert count_frames(tmp_path / "video.mkv") >= written
    writer.close()
    assert count_frames(tmp_path / "video.mkv") == 40


def test_read_only_and_strided_frames_can_be_written(tmp_path: Path, moving_frames: Callable[..., Frames]) -> None:
    frames = moving_frames(4, 90, 160)
    mirrored = frames[:, :, ::-1]
    mirrored.flags.writeable = False
    assert psnr(read(write(tmp_path / "video.mkv", mirrored), 0, 4), mirrored) > 30


@given(st.floats(0.0, 1.0))
@settings(max_examples=40, deadline=None)
def test_a_video_that_was_cut_anywhere_is_read_as_far_as_it_reaches(clip: tuple[Path, Frames], place: float) -> None:
    path, frames = clip
    data = path.read_bytes()[: round(place * path.stat().st_size)]
    with av.open(str(path)) as container:
        whole_frames = sum(
            (packet.pos or 0) + packet.size + 16 <= len(data) for packet in container.demux() if packet.size
        )
    with tempfile.TemporaryDirectory() as folder:
        cut = Path(folder) / "video.mkv"
        cut.write_bytes(data)
        count = count_frames(cut)
        assert count >= whole_frames
        if count:
            assert np.array_equal(read(cut, 0, count), frames[:count])
            whole = Path(folder) / "whole.mkv"
            trim(cut, whole, count)
            assert count_frames(whole) == count
            assert np.array_equal(read(whole, count // 2, count), frames[count // 2 : count])
        with pytest.raises(ClonestrikeError, match="is damaged"):
            read(cut, 0, 81)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_damage_is_not_made_up_for(clip: tuple[Path, Frames], seed: int) -> None:
    path, frames = clip
    chance = np.random.default_rng(seed)
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    place = chance.integers(2000, len(data) - 2000)
    data[place : place + 100] = chance.integers(0, 256, 100)
    with tempfile.TemporaryDirectory() as folder:
        damaged = Path(folder) / "video.mkv"
        damaged.write_bytes(data.tobytes())
        try:
            back = read(damaged, 0, 80)
        except ClonestrikeError as error:
            assert "is damaged" in str(error)  # noqa: PT017
        else:
            assert np.abs(back.astype(np.float64) - frames).mean() < 1


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100])
def test_what_is_no_video(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "video.mkv"
    path.write_bytes(content)
    assert count_frames(path) == 0
    with pytest.raises(ClonestrikeError, match="is damaged: frame 0 cannot be read"):
        read(path, 0, 1)


def test_no_file(tmp_path: Path) -> None:
    assert count_frames(tmp_path / "video.mkv") == 0
    with pytest.raises(ClonestrikeError, match="No such file"):
        read(tmp_path / "video.mkv", 0, 1)


@pytest.mark.parametrize(("height", "width"), [(181, 320), (180, 321), (8, 320)])
def test_sizes_that_cannot_be_recorded(tmp_path: Path, height: int, width: int) -> None:
    with pytest.raises(ClonestrikeError, match="both must be even"):
        VideoWriter(tmp_path / "video.mkv", height, width, RATE)


@pytest.mark.parametrize("rate", [0.0, -1.0, 501.0, float("nan")])
def test_rates_that_cannot_be_recorded(tmp_path: Path, rate: float) -> None:
    with pytest.raises(ClonestrikeError, match="use at most 500"):
        VideoWriter(tmp_path / "video.mkv", 90, 160, rate)


def test_lossless_frames_are_the_same_bit_for_bit(
    tmp_path: Path, moving_frames: Callable[..., NDArray[np.uint8]]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (5, 150, 280, 3), dtype=np.uint8)
    frames = np.concatenate([moving_frames(35, 150, 280), noise])
    writer = VideoWriter(tmp_path / "video.mkv", 150, 280, 16.0, lossless=True)
    for frame in frames:
        writer.write(frame)
    writer.close()
    np.testing.assert_array_equal(read(tmp_path / "video.mkv", 0, 40, 16.0), frames)
    np.testing.assert_array_equal(read(tmp_path / "video.mkv", 19, 37, 16.0), frames[19:37])
    assert count_frames(tmp_path / "video.mkv") == 40
