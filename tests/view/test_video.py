from pathlib import Path

import av
import numpy as np
import pytest

from clonestrike.core.actions import Action, Actions
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.recordings.recording import Recording
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter
from clonestrike.view.overlay import BOXES, FIRE, PANEL, WIDTH
from clonestrike.view.video import OverlayVideo, overlay_video

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
        with pytest.raises(ClonestrikeError, match="the size of the frames"):
            video.add(GREY[:90], Action())


def recorded(root: Path, action: Action | None, unknown: tuple[int, ...] = ()) -> Path:
    """Ten steps of a run, the true action of some of them unknown."""
    info = GameInfo("doom", "cig/MAP01", "deathmatch", 17.5, 180, 320, 90.0, "doom")
    with RunWriter(root, info, player="bot", source="played", run="a run") as writer:
        for i in range(10):
            true, state = None if i in unknown else action, PlayerState(kills=i)
            writer.append(GREY + np.uint8(8 * i), Row(state, true, frame_time_ns=0, state_time_ns=0, action_time_ns=0))
        return writer.finish(PlayerState(kills=10))[0]


def fires(path: Path) -> list[bool]:
    """In which frames the left button is lit."""
    x, y, _, _ = BOXES["left"]
    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    patches = [picture[540 + y + 4 : 540 + y + 16, x + 4 : x + 30].mean((0, 1)) for picture in pictures]
    return [bool(np.abs(patch - FIRE).max() < 40) for patch in patches]


def test_a_recording_shows_its_true_actions(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "data", Action(left=True))
    result = overlay_video(recording, tmp_path / "out.mp4")
    assert result == {
        "video": str(tmp_path / "out.mp4"), "frames": 10, "seconds": pytest.approx(10 / 17.5), "actions": "true"
    }  # fmt: skip
    assert fires(tmp_path / "out.mp4") == [True] * 10


def test_a_step_without_a_true_action_shows_none(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "data", Action(left=True), unknown=(2, 9))
    assert overlay_video(recording, tmp_path / "out.mp4")["actions"] == "true"
    assert fires(tmp_path / "out.mp4") == [i not in (2, 9) for i in range(10)]


def test_a_recording_shows_labels_where_they_are_valid(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "data", None)
    with pytest.raises(ClonestrikeError, match="no labels"):
        overlay_video(recording, tmp_path / "out.mp4", labels=True)
    assert overlay_video(recording, tmp_path / "out.mp4")["actions"] == "none"
    assert not any(fires(tmp_path / "out.mp4"))
    firing, valid = [i % 2 == 0 for i in range(10)], np.arange(10) < 5
    Recording.open(recording).write_labels(Actions.of([Action(left=on) for on in firing]), valid)
    assert overlay_video(recording, tmp_path / "out.mp4", labels=True)["actions"] == "inferred"
    assert fires(tmp_path / "out.mp4") == [True, False, True, False, True, *[False] * 5]
    assert overlay_video(recording, tmp_path / "out.mp4")["actions"] == "inferred"


def test_labels_are_shown_in_place_of_true_actions_when_asked_for(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "data", Action(left=True))
    Recording.open(recording).write_labels(Actions.zeros(10), np.ones(10, np.bool_))
    overlay_video(recording, tmp_path / "out.mp4", labels=True)
    assert not any(fires(tmp_path / "out.mp4"))


def test_a_damaged_recording_leaves_no_video(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "data", Action())
    film = recording / "video.mkv"
    film.write_bytes(film.read_bytes()[:-2000])
    with pytest.raises(ClonestrikeError):
        overlay_video(recording, tmp_path / "out.mp4")
    with pytest.raises(ClonestrikeError):
        overlay_video(tmp_path / "nothing", tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
