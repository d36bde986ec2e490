from pathlib import Path

import av
import numpy as np
import pytest

from clonestrike.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.view.overlay import PANEL, WIDTH
from clonestrike.view.video import OverlayVideo

GREY = np.full((180, 320, 3), (90, 120, 60), np.uint8)


def test_frames_come_back_in_order_and_colour(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "play.mp4"
    with OverlayVideo(path, 17.5) as video:
        for i in range(20):
            video.add(GREY + np.uint8(3 * i), Action(left=i % 2 == 0))
            assert not path.exists()
    assert [file.name for file in path.parent.iterdir()] == ["play.mp4"]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 17.5
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(pictures) == 20
    for i, picture in enumerate(pictures):
        assert picture.shape == (540 + PANEL, WIDTH, 3)
        np.testing.assert_allclose(picture[:540].mean((0, 1)), np.array([90, 120, 60]) + 3 * i, atol=4)


def test_the_index_lies_in_front(tmp_path: Path) -> None:
    with OverlayVideo(tmp_path / "v.mp4", 16) as video:
        video.add(GREY, None)
    content = (tmp_path / "v.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_an_error_leaves_what_was_played(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), OverlayVideo(tmp_path / "v.mp4", 16) as video:  # noqa: PT012
        video.add(GREY, Action())
        raise KeyboardInterrupt
    with av.open(str(tmp_path / "v.mp4")) as container:
        assert len(list(container.decode(video=0))) == 1


def test_nothing_is_left_of_an_empty_or_discarded_video(tmp_path: Path) -> None:
    with OverlayVideo(tmp_path / "empty.mp4", 16):
        pass
    video = OverlayVideo(tmp_path / "discarded.mp4", 16)
    video.add(GREY, Action())
    video.discard()
    video.close()
    assert not list(tmp_path.iterdir())


def test_an_older_video_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(b"old")
    video = OverlayVideo(path, 16)
    video.add(GREY, Action())
    assert path.read_bytes() == b"old"
    video.close()
    assert path.read_bytes() != b"old"


def test_bad_places_and_sizes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ClonestrikeError, match="cannot be written"):
        OverlayVideo(tmp_path / "file" / "v.mp4", 16)
    with OverlayVideo(tmp_path / "v.mp4", 16) as video:
        video.add(GREY, Action())
        with pytest.raises(ClonestrikeError, match="changed their shape"):
            video.add(GREY[:90], Action())
