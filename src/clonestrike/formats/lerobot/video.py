"""Videos of a LeRobotDataset: H.264 in MP4."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from clonestrike.files import for_libraries

_ENCODER = {"preset": "veryfast", "crf": "20", "g": "8", "bf": "0"}


@dataclass
class Mp4Writer:
    """One MP4 file with the frames of several episodes, one after the other."""

    path: Path
    rate: Fraction
    """Frames a second."""
    shape: tuple[int, int]
    """Height and width of a frame, pixels."""
    frames: int = 0
    bytes: int = 0
    """Bytes encoded so far."""
    container: OutputContainer = field(init=False)
    stream: VideoStream = field(init=False)
    to_yuv: VideoReformatter = field(init=False, default_factory=VideoReformatter)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.container = av.open(for_libraries(self.path), "w", format="mp4")
        self.stream = self.container.add_stream("libx264", rate=self.rate, options=_ENCODER)
        self.stream.height, self.stream.width = self.shape
        self.stream.pix_fmt = "yuv420p"
        codec = self.stream.codec_context
        codec.color_range, codec.colorspace = ColorRange.MPEG, Colorspace.ITU601

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Encode a frame, uint8 (H, W, 3) RGB."""
        picture = self.to_yuv.reformat(
            VideoFrame.from_ndarray(frame, "rgb24"),
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_colorspace=Colorspace.ITU601,
            interpolation=Interpolation.AREA | Interpolation.FULL_CHR_H_INP,
        )
        picture.pts, picture.time_base = self.frames, 1 / self.rate
        packets = self.stream.encode(picture)
        self.bytes += sum(packet.size for packet in packets)
        self.container.mux(packets)
        self.frames += 1

    def close(self) -> None:
        """Finish the file."""
        self.container.mux(self.stream.encode())
        self.container.close()
