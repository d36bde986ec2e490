"""Exports play as a LeRobotDataset, version 3: Parquet rows and MP4 videos that Hugging Face's lerobot opens.

An episode is a part of a trajectory without a gap. A row's action answers its frame: 13 switches and two mouse counts.
Unknown values of a state are NaN; ``action.known`` says whether the row's action is known.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from clonestrike.console import progress
from clonestrike.core.actions import SWITCHES, Actions, Bools
from clonestrike.core.states import STATE_FIELDS, TEXT_FIELDS
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.files import for_libraries, staging_folder
from clonestrike.formats.lerobot.statistics import Statistics, combined, picture_statistics, statistics
from clonestrike.formats.lerobot.video import Mp4Writer
from clonestrike.recordings.rows import MOUSE

WhichActions = Literal["label", "true"]
VERSION = "v3.0"
CAMERA = "observation.images.screen"
CHUNK, FILE = "chunk-000", "file-{:03d}"
VIDEO_BYTES = 200_000_000
"""Size of an MP4 file, in bytes, above which the next episode begins a new file."""
SAMPLES = 64
"""About how many frames of each episode its image statistics are computed from."""
STATES = tuple(name for name in STATE_FIELDS if name not in TEXT_FIELDS)


def export_lerobot(plays: Sequence[Trajectory], out: Path, labels: WhichActions = "true") -> dict[str, Any]:
    """Write the data set into the folder ``out``; returns figures.

    Where play has only labels or only true actions, those are written. Raises ClonestrikeError when ``out`` exists,
    play has neither, or frame rates or sizes of the play differ.
    """
    if out.exists():
        raise ClonestrikeError(f"{out} exists already", "export to another folder")
    rates = {play.info.steps_per_second for play in plays}
    shapes = {(play.info.frame_height, play.info.frame_width) for play in plays}
    if len(rates) > 1 or len(shapes) > 1:
        raise ClonestrikeError("play of different frame rates or sizes cannot be one data set", "export each by itself")
    with staging_folder(out) as folder:
        result = _Writer(folder, rates.pop(), shapes.pop(), labels).write(plays)
        folder.rename(out)
    return {"folder": out, **result}


class _Writer:
    def __init__(self, folder: Path, rate: float, shape: tuple[int, int], labels: WhichActions) -> None:
        self._folder, self._rate, self._shape, self._labels = folder, rate, shape, labels
        self._taken: Counter[WhichActions] = Counter()
        self._episodes: list[dict[str, Any]] = []
        self._stats: list[dict[str, Statistics]] = []
        self._tasks: list[str] = []
        self._rows: list[pa.Table] = []
        self._frames = self._file = 0

    def write(self, plays: Sequence[Trajectory]) -> dict[str, Any]:
        video = self._video()
        with progress() as bars:
            bar = bars.add_task("exporting", total=sum(play.steps for play in plays))
            for play in plays:
                taken, columns = _columns(play, self._labels)
                self._taken[taken] += 1
                for start, stop in _episode_rows(play):
                    if video.frames and video.bytes > VIDEO_BYTES:
                        video.close()
                        self._write_rows()
                        self._file += 1
                        video = self._video()
                    self._episode(play, columns, start, stop, video)
                    bars.advance(bar, stop - start)
        video.close()
        self._write_rows()
        self._write_meta()
        return {
            "episodes": len(self._episodes),
            "frames": self._frames,
            "labels": dict(self._taken),
            "files": self._file + 1,
            "version": VERSION,
        }

    def _video(self) -> Mp4Writer:
        path = self._folder / "videos" / CAMERA / CHUNK / f"{FILE.format(self._file)}.mp4"
        return Mp4Writer(path, Fraction(self._rate).limit_denominator(1000), self._shape)

    def _episode(
        self, play: Trajectory, known: dict[str, NDArray[Any]], start: int, stop: int, video: Mp4Writer
    ) -> None:
        """Add rows start .. stop - 1 of a trajectory as one episode."""
        number, steps, first = len(self._episodes), stop - start, video.frames
        task = f"play {play.info.mode} on {play.info.map}"
        if task not in self._tasks:
            self._tasks.append(task)
        sampled = []
        row = 0
        for frames in play.iter_frames(start, stop):
            for frame in frames:
                video.add(frame)
                if row % max(1, steps // SAMPLES) == 0:
                    sampled.append(frame)
                row += 1
        columns: dict[str, NDArray[Any]] = {
            **{name: rows[start:stop] for name, rows in known.items()},
            "timestamp": (np.arange(steps) / self._rate).astype(np.float32),
            "frame_index": np.arange(steps),
            "episode_index": np.full(steps, number),
            "index": np.arange(self._frames, self._frames + steps),
            "task_index": np.full(steps, self._tasks.index(task)),
            "next.done": np.arange(steps) == steps - 1,
        }
        self._rows.append(pa.table({name: _array(rows) for name, rows in columns.items()}))
        stats = {name: statistics(rows.reshape(steps, -1)) for name, rows in columns.items()}
        stats[CAMERA] = picture_statistics(np.stack(sampled))
        self._stats.append(stats)
        place = {"chunk_index": 0, "file_index": self._file}
        self._episodes.append(
            {
                "episode_index": number,
                "tasks": [task],
                "length": steps,
                **{f"data/{name}": index for name, index in place.items()},
                "dataset_from_index": self._frames,
                "dataset_to_index": self._frames + steps,
                **{f"videos/{CAMERA}/{name}": index for name, index in place.items()},
                f"videos/{CAMERA}/from_timestamp": first / self._rate,
                f"videos/{CAMERA}/to_timestamp": video.frames / self._rate,
                **{f"stats/{name}/{kind}": v.tolist() for name, of in stats.items() for kind, v in of.items()},
                "meta/episodes/chunk_index": 0,
                "meta/episodes/file_index": 0,
            }
        )
        self._frames += steps

    def _write_rows(self) -> None:
        path = self._folder / "data" / CHUNK / f"{FILE.format(self._file)}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.concat_tables(self._rows), for_libraries(path))
        self._rows = []

    def _write_meta(self) -> None:
        meta = self._folder / "meta"
        (meta / "episodes" / CHUNK).mkdir(parents=True)
        episodes = meta / "episodes" / CHUNK / f"{FILE.format(0)}.parquet"
        pq.write_table(pa.Table.from_pylist(self._episodes), for_libraries(episodes))
        # As pandas writes a table whose index is the task: lerobot reads it with pandas.
        tasks = pa.table({"task_index": pa.array(range(len(self._tasks))), "__index_level_0__": self._tasks})
        tasks = tasks.replace_schema_metadata({"pandas": json.dumps(_PANDAS)})
        pq.write_table(tasks, for_libraries(meta / "tasks.parquet"))
        stats = {
            name: {kind: value.tolist() for kind, value in combined([of[name] for of in self._stats]).items()}
            for name in self._stats[0]
        }
        _write_json(stats, meta / "stats.json")
        _write_json(self._info(), meta / "info.json")

    def _info(self) -> dict[str, Any]:
        height, width = self._shape
        names = {"action": [*SWITCHES, *MOUSE], "observation.state": list(STATES)}
        kinds = {"bool": "bool", "float": "float32", "double": "float64", "int64": "int64"}
        features = {}
        for column in pq.read_schema(for_libraries(self._folder / "data" / CHUNK / f"{FILE.format(0)}.parquet")):
            wide = pa.types.is_fixed_size_list(column.type)
            kind = str(column.type.value_type if wide else column.type)
            size = column.type.list_size if wide else 1
            features[column.name] = {"dtype": kinds[kind], "shape": [size], "names": names.get(column.name)}
        camera = {
            "dtype": "video",
            "shape": [height, width, 3],
            "names": ["height", "width", "channels"],
            "info": {
                "video.height": height,
                "video.width": width,
                "video.codec": "h264",
                "video.pix_fmt": "yuv420p",
                "video.is_depth_map": False,
                "video.fps": self._rate,
                "video.channels": 3,
                "has_audio": False,
            },
        }
        whole = self._rate.is_integer()
        return {
            "codebase_version": VERSION,
            "robot_type": "player",
            "total_episodes": len(self._episodes),
            "total_frames": self._frames,
            "total_tasks": len(self._tasks),
            "chunks_size": 1000,
            "data_files_size_in_mb": 100,
            "video_files_size_in_mb": VIDEO_BYTES // 1_000_000,
            "fps": int(self._rate) if whole else self._rate,
            "splits": {"train": f"0:{len(self._episodes)}"},
            "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
            "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
            "features": {CAMERA: camera, **features},
        }


_PANDAS = {
    "index_columns": ["__index_level_0__"],
    "column_indexes": [
        {"name": None, "field_name": None, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}
    ],
    "columns": [
        {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64",
         "metadata": None},
        {"name": None, "field_name": "__index_level_0__", "pandas_type": "unicode", "numpy_type": "object",
         "metadata": None},
    ],
}  # fmt: skip


def _episode_rows(play: Trajectory) -> Iterator[tuple[int, int]]:
    """Start (inclusive) and stop (exclusive) of every part of the rows between gaps."""
    ends = [*(np.flatnonzero(play.gaps) + 1).tolist(), play.steps]
    start = 0
    for stop in ends:
        if stop > start:
            yield start, stop
        start = stop


def _columns(play: Trajectory, which: WhichActions) -> tuple[WhichActions, dict[str, NDArray[Any]]]:
    """Which actions they are; actions, states and events by LeRobot's names, T rows each.

    Raises ClonestrikeError without any actions.
    """
    found: dict[WhichActions, tuple[Actions | None, Bools]] = {
        "true": (play.actions, play.action_known),
        "label": (play.labels, play.label_valid),
    }
    taken = which if found[which][0] is not None else next(name for name in found if name != which)
    actions, known = found[taken]
    if actions is None:
        raise ClonestrikeError(f"{play.path} has no labels yet", f"run `clonestrike label {play.path}` first")
    mouse = np.nan_to_num(actions.mouse)
    return taken, {
        "action": np.concatenate([actions.switches, mouse], 1).astype(np.float32),
        "action.known": known,
        "observation.state": np.stack([play.states.columns[name][:-1] for name in STATES], 1).astype(np.float32),
        "next.kill": play.kills,
        "next.death": play.deaths,
    }


def _array(rows: NDArray[Any]) -> pa.Array:
    if rows.ndim == 1:
        return pa.array(rows)
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def _write_json(content: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")
