"""Frames as video: x264 in Matroska, one encoded frame per step.

Frame n has the time stamp of step n, so that frame numbers are known after seeking. Colours are limited-range BT.601
4:2:0, which video players assume for this size; the file says so too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import IO, cast

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError
from clonestrike.files import for_libraries, regular

KEYFRAME_INTERVAL = 16
"""Frames from one keyframe to the next: a random read decodes 8 other frames on average."""

TICK = Fraction(1, 1000)
"""Unit of time in Matroska, seconds."""

FASTEST = 500.0
"""Most steps a second: each frame needs its own time stamp in milliseconds."""

_ENCODER = {
    "preset": "ultrafast",  # keeps up with the fastest games; slower presets save a quarter of the bytes
    "tune": "fastdecode,zerolatency",  # no frame waits in the encoder for those after it
    "crf": "20",
    "x264-params": f"keyint={KEYFRAME_INTERVAL}:min-keyint={KEYFRAME_INTERVAL}:scenecut=0",
}
_LOSSLESS = {**_ENCODER, "crf": "0"}
_MUXER = {"flush_packets": "1", "cluster_time_limit": "1"}  # a killed process loses the last two frames at most


class VideoWriter:
    """Writes frames to a Matroska file; all but the last two frames are on disk at any time.

    ``lossless`` encodes RGB without loss.
    Raises ClonestrikeError for a size or a rate that the format does not support, OSError when the disk is full.
    """

    def __init__(self, path: Path, height: int, width: int, steps_per_second: float, lossless: bool = False) -> None:
        if height % 2 or width % 2 or height < 16 or width < 16:
            raise ClonestrikeError(
                f"frames of {height} x {width} cannot be recorded", "both must be even and 16 or more"
            )
        if not 0 < steps_per_second <= FASTEST:
            raise ClonestrikeError(
                f"{steps_per_second} steps a second cannot be recorded", f"use at most {FASTEST:.0f}"
            )
        rate = _rate(steps_per_second)
        self._time_base = 1 / rate
        self._frames = 0
        self._closed = False
        self._to_yuv = None if lossless else VideoReformatter()
        self._container = av.open(for_libraries(path), "w", format="matroska", options=_MUXER)
        encoder, options = ("libx264rgb", _LOSSLESS) if lossless else ("libx264", _ENCODER)
        self._stream = cast(VideoStream, self._container.add_stream(encoder, rate=rate, options=options))
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "rgb24" if lossless else "yuv420p"
        codec = self._stream.codec_context
        codec.thread_count = 1  # more threads delay frames
        if lossless:
            return
        codec.color_range, codec.colorspace = ColorRange.MPEG, Colorspace.ITU601
        codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.IEC61966_2_1

    def write(self, frame: Frame) -> None:
        """Append one frame, uint8 (H, W, 3) RGB."""
        picture = VideoFrame.from_numpy_buffer(np.ascontiguousarray(frame), "rgb24")
        if self._to_yuv:
            picture = self._to_yuv.reformat(
                picture,
                format="yuv420p",
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
                dst_colorspace=Colorspace.ITU601,
                # Chroma is the mean of two by two pixels; by default swscale takes every other column.
                interpolation=Interpolation.AREA | Interpolation.FULL_CHR_H_INP,
                threads=1,
            )
        picture.pts, picture.time_base = self._frames, self._time_base
        self._container.mux(self._stream.encode(picture))
        self._frames += 1

    def close(self) -> None:
        """Write the frames that are still in the encoder, the index and the duration; may be called twice."""
        if not self._closed:
            self._closed = True
            try:
                self._container.mux(self._stream.encode())
            finally:
                self._container.close()


def read_frames(path: Path, start: int, stop: int, steps_per_second: float) -> Iterator[Frame]:
    """Frames start .. stop - 1, each uint8 (H, W, 3) RGB; the file is open while the iterator lives.

    Raises ClonestrikeError when one of them is missing or damaged.
    """
    frames_per_tick, number = _rate(steps_per_second) * TICK, start
    try:
        with _open(for_libraries(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            stream.codec_context.options = {
                "err_detect": "explode+aggressive"
            }  # otherwise damaged frames are concealed
            if start:
                container.seek(round(start / frames_per_tick), stream=stream)  # to the keyframe at or before it
            for picture in container.decode(stream):
                found = round((picture.pts or 0) * frames_per_tick)
                if found < start:
                    continue
                if found != number or picture.is_corrupt:
                    break
                yield _rgb(picture)
                number += 1
                if number == stop:
                    return
    except (av.FFmpegError, IndexError) as error:
        reason = getattr(error, "strerror", None) or "there is no video in it"
        raise ClonestrikeError(f"{path} is damaged", f"frame {number} cannot be read ({reason})") from None
    raise ClonestrikeError(f"{path} is damaged or cut short", f"it has no frame {number}")


def _rgb(picture: VideoFrame) -> Frame:
    if picture.format.name != "yuv420p":
        return np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)  # lossless: no colour conversion
    # OpenCV rounds to the nearest colour; the fast path of swscale truncates, which darkens by one level.
    return np.asarray(cv2.cvtColor(picture.to_ndarray(), cv2.COLOR_YUV2RGB_I420), np.uint8)


def count_frames(path: Path) -> int:
    """Number of complete frames in a video, which may be unfinished or cut short; 0 if the file is no video.

    Raises OSError when the file cannot be read.
    """
    frames = 0
    # Errors of the system are raised; data that is not video (any more) is the end of the frames.
    with (
        suppress(FileNotFoundError),
        regular(path).open("rb") as file,
        suppress(av.FFmpegError, IndexError),
        _open(file) as container,
    ):
        for packet in container.demux(video=0):
            if packet.is_corrupt:
                break
            frames += packet.size > 0
    return frames


def trim(path: Path, target: Path, frames: int) -> None:
    """Copy the first ``frames`` frames without encoding them again into a new file, which gets an index."""
    with (
        _open(for_libraries(path)) as container,
        av.open(for_libraries(target), "w", format="matroska", options=_MUXER) as output,
    ):
        source = container.streams.video[0]
        stream = output.add_stream_from_template(source)
        for packet in islice(container.demux(source), frames):
            packet.stream = stream
            output.mux(packet)


def _open(file: str | IO[bytes]) -> InputContainer:
    return av.open(file, "r", format="matroska")


def _rate(steps_per_second: float) -> Fraction:
    return Fraction(steps_per_second).limit_denominator(1000)
