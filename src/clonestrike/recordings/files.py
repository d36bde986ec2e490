"""The files of a recording: its header, and its rows during and after writing."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Annotated, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Meta

from clonestrike.core.game_info import GameInfo, with_crosshair
from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile, as_dataclass, for_libraries, read_versioned, regular, write_text
from clonestrike.recordings import rows, video

FORMAT_VERSION = 1
Source = Literal["played", "watched", "imported"]
Count = Annotated[int, Meta(ge=0, le=2**62)]

VIDEO, STEPS, STREAM, HEADER = "video.mkv", "steps.parquet", "steps.arrows", "recording.json"
UNFINISHED = ".part"
DAMAGED, RESTORE = "the recording is damaged", "restore the recording or remove it"


@dataclass(frozen=True)
class Header:
    """The content of recording.json. ``steps`` and ``video_bytes`` are None until the recording is finished."""

    run: str
    part: Count
    player: str
    source: Source
    seed: int | None
    info: GameInfo
    steps: Count | None = None
    video_bytes: Count | None = None
    """0 if there are no frames: play from a CS2 demo."""
    row_state: Literal[0, 1] = 0
    """State t + row_state is the one that belongs to the events of row t: 1 in imports of the original's files, whose
    recorder read the state one step after the picture."""

    @classmethod
    def read(cls, folder: Path) -> Header:
        """Read the header of a recording; raises ClonestrikeError if it is missing or damaged."""
        path = folder / HEADER
        try:
            content = regular(path).read_bytes()
        except FileNotFoundError:
            raise ClonestrikeError(f"{folder} is not a recording", f"it has no {HEADER}") from None
        except OSError as error:
            raise ClonestrikeError(f"{path} cannot be read ({error.strerror})", DAMAGED) from None
        data = read_versioned(content, FORMAT_VERSION, path, RESTORE)
        data["info"] = with_crosshair(data.get("info"))
        header = as_dataclass(data, Header, path, RESTORE)
        # The defaults are for new games; what a file leaves out must not be guessed.
        absent = asdict(header.info).keys() - data["info"].keys()
        if absent:
            raise ClonestrikeError(f"{path} is damaged (info has no {min(absent)})", RESTORE)
        return header

    def write(self, folder: Path) -> None:
        """Write recording.json, atomically."""
        text = json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=2)
        write_text(folder / HEADER, text + "\n")


def allocate(root: Path) -> Path:
    """Create a new folder NNNNNN.part, with a number that no recording and no other process has."""
    root.mkdir(parents=True, exist_ok=True)
    number = max((int(path.stem) for path in root.iterdir() if path.stem.isdecimal()), default=-1)
    while True:
        number += 1
        folder = root / f"{number:06d}{UNFINISHED}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        if not folder.with_suffix("").exists():
            return folder
        folder.rmdir()  # another process has finished that number meanwhile


def lock(file: IO[bytes]) -> None:
    """Lock a file until it is closed; raises BlockingIOError when another process has locked it.

    Windows needs no lock: there a folder with an open file cannot be renamed.
    """
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_rows(table: pa.Table, folder: Path) -> None:
    """Write steps.parquet, atomically; raises OSError when the disk is full."""
    with AtomicFile(folder / STEPS) as partial:
        pq.write_table(table, for_libraries(partial), compression="zstd")


def finished_rows(folder: Path, header: Header) -> pa.Table:
    """The T + 1 rows of a finished recording; raises ClonestrikeError when rows or video do not match the header."""
    path = folder / STEPS
    try:
        table = pq.read_table(for_libraries(regular(path)), memory_map=False)
        table.validate(full=True)  # names and other text are UTF-8
        wrong = rows.check_columns(table)
        video_bytes = (folder / VIDEO).stat().st_size if header.video_bytes else 0
    except FileNotFoundError as error:
        missing = error.filename or path
        raise ClonestrikeError(f"{missing} is missing", DAMAGED) from None
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:  # the last one for names of columns
        raise ClonestrikeError(f"{path} cannot be read ({_first_line(error)})", DAMAGED) from None
    if wrong:
        raise ClonestrikeError(f"{path} has other columns ({wrong})", DAMAGED)
    if table.num_rows - 1 != header.steps:
        raise ClonestrikeError(f"{path} has {table.num_rows} rows, {HEADER} counts {header.steps} steps", DAMAGED)
    if video_bytes != header.video_bytes:
        raise ClonestrikeError(
            f"{folder / VIDEO} has {video_bytes} bytes, {HEADER} says {header.video_bytes}", "it is not the whole video"
        )
    return table


def unfinished_rows(folder: Path) -> pa.Table:
    """The T + 1 rows of an unfinished recording, T being the steps that rows and video both have (0 or more).

    Raises ClonestrikeError when the rows have other columns, OSError when rows or video cannot be read.
    """
    stream = read_stream(folder / STREAM)
    answered = stream.num_rows - stream.column("frame_time_ns").null_count
    return rows.complete(stream, min(answered, video.count_frames(folder / VIDEO)))


def read_stream(path: Path) -> pa.Table:
    """All complete batches of steps.arrows; no rows if the file is missing or empty."""
    batches: list[pa.RecordBatch] = []
    schema = rows.STREAM_SCHEMA
    try:
        with regular(path).open("rb") as file, pa.ipc.open_stream(file) as reader:
            schema = reader.schema
            if not rows.is_stream(schema):
                raise ClonestrikeError(f"{path} has other columns", DAMAGED)
            for batch in reader:
                batch.validate(full=True)
                batches.append(batch)
    except UnicodeDecodeError:
        raise ClonestrikeError(f"{path} has columns whose names are not text", DAMAGED) from None
    except (OSError, pa.ArrowException) as error:
        # Arrow's own errors mark the end of what was flushed. Errors of the system have an errno.
        if isinstance(error, OSError) and error.errno and not isinstance(error, FileNotFoundError):
            raise
    return rows.as_stream(pa.Table.from_batches(batches, schema))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
