"""Fetches single files of the original from the Hugging Face Hub, by range requests into uncompressed tars.

A published tar holds 200 files of play in 25 GB. Its headers are read one by one, a kilobyte every 128 MB, and cached;
then only the wanted files are fetched, each while the previous one is being imported.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path, PurePosixPath
from threading import Event

import msgspec

from clonestrike.console import progress
from clonestrike.errors import ClonestrikeError
from clonestrike.extras import require
from clonestrike.files import cache_folder, plain_name, write_json
from clonestrike.formats import ranges
from clonestrike.formats.original.layout import OriginalFile, metadata_span
from clonestrike.formats.ranges import RemoteFile, RemoteReader

PREFIX = "hub:"
HEADER_BYTES = 1024
"""Bytes of one read in a tar: the end of the previous member, and a header."""
MEGABYTE = 1_000_000
Member = tuple[str, int, int]
"""A member of a tar: name, offset and size, in bytes."""
_WORDS = {"dataset": "data set", "model": "model"}
_PLACE = re.compile(r"hub:(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[^/]+))?(?:/(?P<folder>.*?)/?)?")
_SPAN = re.compile(r"_(\d+)_to_(\d+)\.tar$")


class Hub:
    """One data set (or model) on the Hub: ``hub:OWNER/NAME``, with an optional ``@REVISION`` and ``/FOLDER``.

    Endpoint and token are those of huggingface_hub: ``HF_ENDPOINT``, ``HF_TOKEN``, ``hf auth login``.
    Raises ClonestrikeError when the address is malformed or the extra is not installed.
    """

    def __init__(self, place: str, kinds: Sequence[str] = ("dataset",)) -> None:
        """``kinds``: what it may be, ``dataset`` or ``model``, in the order in which they are tried."""
        match = _PLACE.fullmatch(place)
        if match is None:
            raise ClonestrikeError(f"{place} is malformed", "write hub:OWNER/NAME or hub:OWNER/NAME/FOLDER")
        self.place = place
        self.repository, self.revision = match["repository"], match["revision"] or "main"
        plain_name(self.revision, place, "name a branch, a tag or a commit")
        self.folder = match["folder"] + "/" if match["folder"] else ""
        self._kinds = kinds
        require("huggingface_hub")
        self.cache = cache_folder() / "hub" / self.repository.replace("/", "--")

    def play(self, first: int, last: int) -> dict[OriginalFile, RemoteFile]:
        """The HDF5 files with numbers first..last (inclusive), in tars or not, sorted.

        Their folder is the one into which fetched() writes them.
        """
        found: dict[OriginalFile, RemoteFile] = {}
        for remote in self._files(first, last):
            file = OriginalFile.of(self._folder / remote.name)
            if file and file.kind == ".hdf5" and first <= file.number <= last:
                found.setdefault(file, remote)
        return {file: found[file] for file in sorted(found)}

    def fetched(self, files: Mapping[OriginalFile, RemoteFile]) -> Iterator[OriginalFile]:
        """Fetch these files and the metadata that covers them; yields each file of play when it has arrived.

        A file is removed when the next one is asked for, which is fetched while the caller uses the first. A partly
        fetched file is kept, and continued by a later call.
        """
        plays = {file.path: file for file in files}
        wanted = {**self._metadata(files), **{file.path: remote for file, remote in files.items()}}
        ended = Event()
        with progress() as bars, ThreadPoolExecutor(1) as pool:
            bar = bars.add_task("fetching (MB)", total=sum(remote.size for remote in wanted.values()) // MEGABYTE)

            def arrived(size: int) -> None:
                if ended.is_set():
                    raise InterruptedError
                bars.advance(bar, size / MEGABYTE)

            def submit(path: Path | None) -> Future[None] | None:
                return pool.submit(ranges.fetch, wanted[path], path, arrived) if path else None

            try:
                coming = submit(next(iter(wanted), None))
                for path, following in pairwise([*wanted, None]):
                    assert coming is not None
                    assert path is not None
                    coming.result()
                    coming = submit(following)
                    if path in plays:
                        yield plays[path]
                        path.unlink(missing_ok=True)
            finally:
                ended.set()
                pool.shutdown(cancel_futures=True)
        for path in wanted:
            path.unlink(missing_ok=True)

    @property
    def _folder(self) -> Path:
        return self.cache / self.revision

    def _metadata(self, files: Iterable[OriginalFile]) -> dict[Path, RemoteFile]:
        """The metadata files that cover these files of play, from anywhere in the data set."""
        found = {}
        for remote in self.listing:
            for part in self._members(remote) if re.fullmatch(r".*metadata.*\.tar", remote.path) else [remote]:
                span = metadata_span(Path(part.name))
                if span and any(span[0] == file.data_set and span[1] <= file.number <= span[2] for file in files):
                    found[self._folder / part.name] = part
        return found

    def _files(self, first: int, last: int) -> Iterator[RemoteFile]:
        """Every file, members instead of tars; tars whose names give a span of other numbers are skipped."""
        inside = [remote for remote in self.listing if f"{remote.path}/".startswith(self.folder)]
        if not inside:
            raise ClonestrikeError(f"{self.repository} has nothing at {self.folder}", "look at it in a browser")
        for remote in inside:
            span = _SPAN.search(remote.name)
            if not remote.name.endswith(".tar"):
                yield remote
            elif span is None or (int(span[1]) <= last and first <= int(span[2])):
                yield from self._members(remote)

    @cached_property
    def listing(self) -> list[RemoteFile]:
        """All files, by path."""
        from huggingface_hub import HfApi, hf_hub_url
        from huggingface_hub.errors import RepositoryNotFoundError
        from huggingface_hub.hf_api import RepoFile

        api = HfApi()
        with _reported(f"{' or '.join(map(_WORDS.__getitem__, self._kinds))} {self.repository} on {api.endpoint}"):
            for kind in self._kinds:
                try:
                    tree = api.list_repo_tree(self.repository, recursive=True, revision=self.revision, repo_type=kind)
                    entries = sorted((entry for entry in tree if isinstance(entry, RepoFile)), key=lambda e: e.path)
                    break
                except RepositoryNotFoundError:
                    if kind == self._kinds[-1]:
                        raise
        files = []
        for entry in entries:
            url = hf_hub_url(self.repository, entry.path, repo_type=kind, revision=self.revision, endpoint=api.endpoint)
            sha256 = entry.lfs.sha256 if entry.lfs else None
            name = PurePosixPath(entry.path).name
            files.append(RemoteFile(url, entry.path, name, sha256 or entry.blob_id, entry.size, 0, entry.size, sha256))
        return files

    def _members(self, tar: RemoteFile) -> list[RemoteFile]:
        """The files in a tar; its index is cached on disk."""
        path = self.cache / f"{tar.name}.{tar.identity[:12]}.json"
        try:
            members = msgspec.json.decode(path.read_bytes(), type=dict[str, list[Member]])["members"]
        except (OSError, msgspec.MsgspecError, KeyError):
            members = _walk(tar)
            write_json({"members": members}, path)
        return [
            replace(tar, name=PurePosixPath(name).name, start=start, size=size, sha256=None)
            for name, start, size in members
        ]


def _walk(tar: RemoteFile) -> list[Member]:
    members = []
    try:
        buffered = io.BufferedReader(RemoteReader(tar), HEADER_BYTES)
        with progress() as bars, tarfile.open(fileobj=buffered, mode="r:") as read:
            bar = bars.add_task(f"reading the index of {tar.name} (MB)", total=tar.size // MEGABYTE)
            for member in read:
                if member.isreg() and not member.issparse():
                    members.append((member.name, member.offset_data, member.size))
                bars.update(bar, completed=member.offset // MEGABYTE)
    except tarfile.TarError as error:
        raise ClonestrikeError(
            f"{tar.url} is not an uncompressed tar, or damaged ({error})", "choose other files"
        ) from None
    beyond = [name for name, start, size in members if start + size > tar.size]
    if beyond:
        raise ClonestrikeError(f"{tar.url} is truncated", f"{beyond[0]} extends beyond its end")
    return members


@contextmanager
def _reported(what: str) -> Iterator[None]:
    """Turn errors of huggingface_hub into ClonestrikeError."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.RepositoryNotFoundError:
        raise ClonestrikeError(f"there is no {what}, or you must log in first", "hf auth login") from None
    except errors.RevisionNotFoundError:
        raise ClonestrikeError(f"{what} has no such revision", "leave @REVISION out for the newest") from None
    except errors.OfflineModeIsEnabled:
        raise ClonestrikeError(f"{what} cannot be reached", "HF_HUB_OFFLINE is set") from None
    except (errors.HfHubHTTPError, errors.HFValidationError, httpx2.TransportError) as error:
        first = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise ClonestrikeError(f"{what} cannot be read ({first})", "check the name and your connection") from None
