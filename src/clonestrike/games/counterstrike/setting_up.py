"""Setting up an installed game: Game State Integration, and the paper's settings and bots. It can be undone."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from clonestrike.errors import ClonestrikeError
from clonestrike.files import read_json, write_bytes
from clonestrike.games.counterstrike.edition import Edition, Installation

MANIFEST = "installed.json"
BEFORE = "before"
"""Folder for copies of the files that were there before."""
AUTOEXEC = "exec clonestrike/settings"
INTEGRATION = """"Clonestrike"
{{
    "uri" "http://127.0.0.1:{port}/"
    "timeout" "2.0"
    "buffer" "0.0"
    "throttle" "0.05"
    "heartbeat" "1.0"
    "auth"
    {{
        "token" "{token}"
    }}
    "data"
    {{
        "provider" "1"
        "map" "1"
        "round" "1"
        "player_id" "1"
        "player_state" "1"
        "player_weapons" "1"
        "player_match_stats" "1"
        "player_position" "1"
        "allplayers_id" "1"
        "allplayers_state" "1"
        "allplayers_match_stats" "1"
        "phase_countdowns" "1"
    }}
}}
"""


@dataclass(frozen=True)
class Written:
    """An entry of the manifest: a file that was written, by its path under cfg."""

    existed: bool
    """Whether the file existed before."""
    wrote: str
    """SHA-256 of the content that was written."""


@dataclass(frozen=True)
class Change:
    """A file to write."""

    path: Path
    content: bytes
    before: bytes | None
    """Content of the existing file, None if there is none."""

    @property
    def kind(self) -> str:
        """``new``, ``same`` or ``changed``."""
        if self.before is None:
            return "new"
        return "same" if self.before == self.content else "changed"


def find_installation(edition: Edition, folder: Path | None) -> Installation:
    """Find the game in ``folder``, or in Steam's libraries; raises ClonestrikeError when it is not there."""
    found = [library / name for name in edition.steam_folders for library in steam_libraries()]
    candidates = [folder] if folder else found
    for candidate in candidates:
        installation = Installation(edition, candidate / edition.inside)
        if installation.cfg.is_dir():
            return installation
    where = f"in {folder}" if folder else "in Steam's libraries"
    raise ClonestrikeError(
        f"{edition.title} was not found {where}",
        f"name its folder with --folder, the one that Steam calls steamapps/common/{edition.steam_folders[0]}",
    )


def steam_libraries() -> list[Path]:
    """Folders of Steam's games; none if Steam is not installed."""
    try:
        import winreg

        # typeshed declares it on Windows only, and types are checked on all systems.
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, r"Software\Valve\Steam") as key:  # type: ignore[attr-defined, unused-ignore]
            steam = Path(winreg.QueryValueEx(key, "SteamPath")[0])  # type: ignore[attr-defined, unused-ignore]
        listed = (steam / "steamapps" / "libraryfolders.vdf").read_text(encoding="utf-8", errors="replace")
    except (ImportError, OSError):
        return []
    folders = [found.replace("\\\\", "\\") for found in re.findall(r'"path"\s+"([^"]+)"', listed)]
    return [Path(found) / "steamapps" / "common" for found in (str(steam), *folders)]


def plan(installation: Installation, port: int) -> list[Change]:
    """The changes for ``write``, with a new token; raises ClonestrikeError for an invalid port."""
    if not 0 < port < 65536:
        raise ClonestrikeError(f"--port {port}", "a port is a number from 1 to 65535")
    integration = INTEGRATION.format(port=port, token=secrets.token_hex(16))
    contents = {installation.gsi: integration}
    contents |= {installation.clonestrike_cfg / name: text for name, text in installation.edition.files.items()}
    changes = [Change(path, text.encode(), _content(path)) for path, text in contents.items()]
    autoexec = installation.cfg / "autoexec.cfg"
    before = _content(autoexec)
    there = before or b""
    if AUTOEXEC.encode() not in there.splitlines():
        there += (b"" if there.endswith(b"\n") or not there else b"\n") + AUTOEXEC.encode() + b"\n"
    return [*changes, Change(autoexec, there, before)]


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write(installation: Installation, changes: list[Change]) -> None:
    """Write the changes; the first time, a copy of the existing files is kept for ``undo``."""
    manifest = _manifest(installation)
    installation.clonestrike_cfg.mkdir(exist_ok=True)
    for change in changes:
        name = change.path.relative_to(installation.cfg).as_posix()
        first = name not in manifest
        if first and change.before is not None:
            kept = installation.clonestrike_cfg / BEFORE / name
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(kept, change.before)
        existed = change.before is not None if first else manifest[name].existed
        manifest[name] = Written(existed, _digest(change.content))
        write_bytes(installation.clonestrike_cfg / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        write_bytes(change.path, change.content)


def undo(installation: Installation) -> dict[str, str]:
    """Restore the files from before; files that the user has changed since stay. Returns the outcome by file.

    Raises ClonestrikeError if nothing was written.
    """
    manifest = _manifest(installation)
    if not manifest:
        raise ClonestrikeError(
            f"{installation.clonestrike_cfg} has nothing to undo", "clonestrike setup has not written there"
        )
    done = {}
    for name, entry in manifest.items():
        path, kept = installation.cfg / name, installation.clonestrike_cfg / BEFORE / name
        now = _content(path)
        if now is None:
            done[name] = "was gone"
        elif _digest(now) != entry.wrote:
            done[name] = "kept: it was changed since"
        elif entry.existed:
            write_bytes(path, kept.read_bytes())
            done[name] = "as before"
        else:
            path.unlink()
            done[name] = "removed"
        kept.unlink(missing_ok=True)
    (installation.clonestrike_cfg / MANIFEST).unlink()
    (installation.clonestrike_cfg / "command.cfg").unlink(missing_ok=True)
    for folder in (
        installation.clonestrike_cfg / BEFORE / "clonestrike",
        installation.clonestrike_cfg / BEFORE,
        installation.clonestrike_cfg,
    ):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return done


def _manifest(installation: Installation) -> dict[str, Written]:
    path, cfg = installation.clonestrike_cfg / MANIFEST, installation.cfg.resolve()
    content = _content(path)
    if content is None:
        return {}
    remedy = "delete it, and what clonestrike setup wrote stays as it is"
    manifest = read_json(content, dict[str, Written], path, remedy)
    for name in manifest:
        if not (cfg / name).resolve().is_relative_to(cfg):
            raise ClonestrikeError(f"{path} names a file elsewhere ({name})", remedy)
    return manifest


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
