"""Videos of play with the overlay, as MP4 files that browsers play."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

from clonestrike.core.actions import Action
from clonestrike.core.actor import Prediction
from clonestrike.core.observation import Frame
from clonestrike.core.opening import open_trajectory
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile, for_libraries
from clonestrike.view.overlay import overlay
from clonestrike.view.steps import shown_actions

_ENCODER = {"preset": "veryfast", "crf": "30"}
"""About 8 MB per minute of Doom, and 20 ms per frame on one core with the overlay."""
_MUXER = {"movflags": "+faststart"}
"""Puts the index at the front, so that a browser can start before it has the whole file."""


class OverlayVideo:
    """Writes an MP4 (H.264, 4:2:0) with a frame for every step; the file appears under its name when it is closed.

    As a context manager it also finishes the file after an error: what was played until then is worth seeing.
    ``first_step`` is the number that the overlay shows on the first frame. Raises ClonestrikeError when the folder
    cannot be written.
    """

    def __init__(self, path: Path, steps_per_second: float, *, first_step: int = 0) -> None:
        self.path = path
        self.frames = 0
        self._first_step = first_step
        self._steps_per_second = steps_per_second
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._to_yuv = VideoReformatter()
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._whole = AtomicFile(path)
            self._whole.partial.touch()
        except OSError as error:
            raise ClonestrikeError(f"{path} cannot be written ({error.strerror})", "choose another place") from None

    def add(
        self,
        frame: Frame,
        action: Action | None,
        prediction: Prediction | None = None,
        state: PlayerState | None = None,
    ) -> None:
        """Append a step: its frame, uint8 (H, W, 3) RGB, the action that answers it, prediction and state if known."""
        picture = overlay(frame, action, prediction, state, self._first_step + self.frames, self._steps_per_second)
        container, stream = self._open(*picture.shape[:2])
        if picture.shape[:2] != (stream.height, stream.width):
            raise ClonestrikeError(f"the size of the frames of {self.path} changed", "film one window at one size")
        encoded = self._to_yuv.reformat(
            VideoFrame.from_ndarray(picture, "rgb24"),
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_colorspace=Colorspace.ITU709,
        )
        encoded.pts, encoded.time_base = self.frames, 1 / self._rate
        container.mux(stream.encode(encoded))
        self.frames += 1

    @property
    def _rate(self) -> Fraction:
        return Fraction(self._steps_per_second).limit_denominator(1000)

    def _open(self, height: int, width: int) -> tuple[OutputContainer, VideoStream]:
        """The container and stream, created with the first frame, whose size they need."""
        if self._container is None or self._stream is None:
            if self._closed:
                raise ValueError("the video is closed")
            self._container = av.open(for_libraries(self._whole.partial), "w", format="mp4", options=_MUXER)
            self._stream = self._container.add_stream("libx264", rate=self._rate, options=_ENCODER)
            self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
            codec = self._stream.codec_context
            codec.color_range, codec.colorspace = ColorRange.MPEG, Colorspace.ITU709
            codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        return self._container, self._stream

    def close(self) -> None:
        """Finish the file and give it its name; writes none if there was no frame. May be called twice."""
        if self._closed:
            return
        self._closed = True
        if self._container is None or self._stream is None:
            self._whole.discard()
            return
        with self._whole:
            try:
                self._container.mux(self._stream.encode())
            finally:
                self._container.close()

    def discard(self) -> None:
        """Close without leaving a file; does nothing after close()."""
        if self._closed:
            return
        self._closed = True
        if self._container is not None:
            self._container.close()
        self._whole.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def overlay_video(recording: Path, out: Path, labels: bool = False) -> dict[str, Any]:
    """Write a video of a recording or a file of the original, with its actions; returns figures.

    Shows the true actions, or the labels if there are no true actions or ``labels`` is set; unknown actions show
    nothing pressed. Raises ClonestrikeError for a recording that cannot be read, or if ``labels`` is set and it has
    none.
    """
    source = open_trajectory(recording)
    shown, actions = shown_actions(source, labels)
    states = source.row_states
    video = OverlayVideo(out, source.info.steps_per_second)
    try:
        for step, frame in enumerate(frame for chunk in source.iter_frames() for frame in chunk):
            video.add(frame, actions[step], state=states.at(step))
    except BaseException:
        video.discard()
        raise
    video.close()
    seconds = video.frames / source.info.steps_per_second
    return {"video": str(out), "frames": video.frames, "seconds": seconds, "actions": shown}
