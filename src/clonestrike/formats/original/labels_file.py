"""Labels of the original's files: ``<file's stem>.labels.parquet`` lies beside the file, which is never changed.

A row for every row of the file: 13 switches (bool), mouse_x and mouse_y (float64, unbinned counts), valid (bool). The
fingerprint of the file is in the schema's metadata.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clonestrike.core.actions import SWITCHES, Actions, Bools
from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile, for_libraries
from clonestrike.recordings.rows import MOUSE

SUFFIX = ".labels.parquet"
SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.bool_()) for name in SWITCHES),
        *(pa.field(name, pa.float64()) for name in MOUSE),
        pa.field("valid", pa.bool_()),
    ]
)
_FINGERPRINT = b"fingerprint"
_AGAIN = "remove it, and label the file again"


@dataclass(frozen=True)
class StoredLabels:
    """T labels, and which of them may be learned from, bool (T,)."""

    actions: Actions
    valid: Bools

    @classmethod
    def read(cls, path: Path, steps: int, fingerprint: Callable[[], str]) -> StoredLabels | None:
        """The labels in this file, None if there is no such file.

        ``steps`` and ``fingerprint`` are those of the play. Raises ClonestrikeError when the file is damaged, or does
        not belong to that play.
        """
        if not path.is_file():
            return None
        try:
            table = pq.read_table(for_libraries(path))
        except (OSError, pa.ArrowException) as error:
            reason = str(error).partition("\n")[0]
            raise ClonestrikeError(f"{path} cannot be read ({reason})", _AGAIN) from None
        if not table.schema.equals(SCHEMA) or any(column.null_count for column in table.columns):
            raise ClonestrikeError(f"{path} has other columns than labels have", _AGAIN)
        if table.num_rows != steps:
            raise ClonestrikeError(f"{path} has {table.num_rows} labels, its file {steps} rows", _AGAIN)
        if (table.schema.metadata or {}).get(_FINGERPRINT, b"").decode() != fingerprint():
            raise ClonestrikeError(f"{path} holds the labels of another file", _AGAIN)
        switches, mouse = (np.stack([table[name].to_numpy() for name in names], 1) for names in (SWITCHES, MOUSE))
        return cls(Actions(switches, mouse), table["valid"].to_numpy())

    def write(self, path: Path, fingerprint: str) -> None:
        """Write the file, whole or not at all; raises ClonestrikeError when it cannot be written."""
        columns = [*self.actions.switches.T, *self.actions.mouse.T, self.valid]
        table = pa.table([pa.array(np.ascontiguousarray(column)) for column in columns], SCHEMA)
        try:
            with AtomicFile(path) as partial:
                written = table.replace_schema_metadata({_FINGERPRINT: fingerprint})
                pq.write_table(written, for_libraries(partial), compression="zstd")
        except OSError as error:
            raise ClonestrikeError(
                f"{path} cannot be written ({error.strerror or error})",
                "make room there, or import the files and label the recordings",
            ) from None
