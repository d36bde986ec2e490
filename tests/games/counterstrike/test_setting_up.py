from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.windows import needs_windows

from clonestrike.cli import main as cli
from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike import Name, setting_up
from clonestrike.games.counterstrike.edition import Edition, Installation, edition

NAMES: list[Name] = ["csgo", "cs2"]


@pytest.fixture(params=NAMES)
def of(request: pytest.FixtureRequest) -> Edition:
    return edition(request.param)


@pytest.fixture
def root(of: Edition, tmp_path: Path) -> Path:
    (tmp_path / of.inside / of.cfg).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def installation(of: Edition, root: Path) -> Installation:
    return setting_up.find_installation(of, root)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_can_be_read_back(installation: Installation) -> None:
    setting_up.write(installation, setting_up.plan(installation, 3123))
    port, token = installation.integration()
    assert port == 3123
    assert len(token) == 32
    settings = (installation.clonestrike_cfg / "settings.cfg").read_text()
    assert "sensitivity 2.50" in settings
    assert 'bind "F8" "exec clonestrike/command"' in settings
    assert "exec clonestrike/settings" in (installation.cfg / "autoexec.cfg").read_text().splitlines()


MATCH = (
    "sv_pausable 1", "sv_cheats 1", "sv_auto_adjust_bot_difficulty 0", "contributionscore_assist 0",
    "contributionscore_kill 0", "mp_autoteambalance 0", "mp_limitteams 30", "mp_restartgame 1",
)  # fmt: skip
DEATHMATCH = (*MATCH, "mp_roundtime 6000", "mp_teammates_are_enemies 0", "bot_kick")
ORIGINAL = {
    "easy.cfg": (*DEATHMATCH, "bot_difficulty 0", "sv_infinite_ammo 1", "bot_pistols_only 1", *["bot_add ct easy"] * 12,
                 *["bot_add t easy"] * 11),
    "medium.cfg": (*DEATHMATCH, "bot_difficulty 1", "sv_infinite_ammo 2", *["bot_add ct fair"] * 12,
                   *["bot_add t fair"] * 11),
    "aim.cfg": (*MATCH, "god", "give weapon_ak47", "bot_difficulty 0", "sv_infinite_ammo 1", "bot_knives_only 0"),
    "settings.cfg": (
        "fps_max 64", "sensitivity 2.50", "cl_crosshairstyle 4", "cl_crosshaircolor_r 46", "cl_crosshaircolor_g 250",
        "cl_crosshaircolor_b 42", "cl_crosshairsize 4.3", "cl_crosshairgap 2.0", "cl_crosshairthickness 1.8",
        "cl_crosshair_drawoutline 0", "cl_crosshairdot 0", "r_player_visibility_mode 1", "safezonex 1", "safezoney 1",
        "hud_scaling 0.56", "cl_hud_color 0", "cl_hud_radar_scale 0.80", "cl_righthand 1", "viewmodel_offset_x 1",
        "viewmodel_offset_y 1", "viewmodel_offset_z -1", "viewmodel_fov 60", "cl_bobamt_lat 0.33",
        "cl_bobamt_vert 0.14", "cl_bobcycle 0.98", "cl_viewmodel_shift_left_amt 1.5",
        "cl_viewmodel_shift_right_amt 0.75",
    ),
}  # fmt: skip
"""The commands of the original's set-ups, and the settings that it publishes."""
NOT_IN_CS2 = ("sv_pausable", "cl_righthand", "cl_bob", "cl_viewmodel_shift")


@pytest.mark.parametrize("name", ORIGINAL)
def test_the_set_ups_of_the_original(of: Edition, name: str) -> None:
    lines = Counter(of.files[name].splitlines())
    there = [line for line in ORIGINAL[name] if of.name == "csgo" or not line.startswith(NOT_IN_CS2)]
    assert not Counter(there) - lines
    if of.name == "cs2":
        assert not any(line.startswith(NOT_IN_CS2) for line in lines)


def test_every_token_is_fresh(installation: Installation) -> None:
    tokens = set()
    for _ in range(3):
        setting_up.write(installation, setting_up.plan(installation, 3000))
        tokens.add(installation.integration()[1])
    assert len(tokens) == 3


def test_what_was_there_comes_back(installation: Installation) -> None:
    (installation.cfg / "autoexec.cfg").write_bytes(b"bind x say \xff\r\nno newline")
    (installation.cfg / "mine.cfg").write_text("fps_max 60")
    installation.gsi.write_text("somebody else's")
    installation.clonestrike_cfg.mkdir()
    (installation.clonestrike_cfg / "csgo.json").write_text("{}")
    before = contents(installation.cfg)
    setting_up.write(installation, setting_up.plan(installation, 3000))
    assert (installation.cfg / "autoexec.cfg").read_bytes().startswith(b"bind x say \xff\r\nno newline\nexec ")
    setting_up.write(installation, setting_up.plan(installation, 3001))
    done = setting_up.undo(installation)
    assert contents(installation.cfg) == before
    assert done["autoexec.cfg"] == "as before"


def test_nothing_is_left_where_nothing_was(installation: Installation) -> None:
    setting_up.write(installation, setting_up.plan(installation, 3000))
    setting_up.undo(installation)
    assert contents(installation.cfg) == {}
    assert not installation.clonestrike_cfg.exists()
    with pytest.raises(ClonestrikeError, match="nothing to undo"):
        setting_up.undo(installation)


def test_what_the_user_changed_since_stays(installation: Installation) -> None:
    setting_up.write(installation, setting_up.plan(installation, 3000))
    (installation.cfg / "autoexec.cfg").write_text("mine now")
    assert setting_up.undo(installation)["autoexec.cfg"].startswith("kept")
    assert contents(installation.cfg) == {"autoexec.cfg": b"mine now"}


@pytest.mark.parametrize("manifest", ["", "[]", "[1]", "{", '{"a": 1}', '{"../../x": {"existed": false, "wrote": ""}}'])
def test_a_damaged_manifest_deletes_nothing(installation: Installation, manifest: str) -> None:
    outside = installation.root.parent / "x"
    outside.write_text("")
    installation.clonestrike_cfg.mkdir()
    (installation.clonestrike_cfg / setting_up.MANIFEST).write_text(manifest)
    with pytest.raises(ClonestrikeError, match=r"is damaged|names a file elsewhere"):
        setting_up.undo(installation)
    assert outside.exists()


def test_a_folder_without_the_game(of: Edition, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="was not found in"):
        setting_up.find_installation(of, tmp_path / "elsewhere")


@needs_windows
@pytest.mark.parametrize("name", ["csgo legacy", "Counter-Strike Global Offensive"])
def test_steam_knows_where_csgo_is(name: str, tmp_path: Path) -> None:
    import winreg

    (tmp_path / "steamapps").mkdir()
    library = str(tmp_path / "games").replace("\\", "\\\\")
    (tmp_path / "steamapps" / "libraryfolders.vdf").write_text(
        f'"libraryfolders"\n{{\n"0"\n{{\n"path" "{library}"\n}}\n}}\n'
    )
    (tmp_path / "games" / "steamapps" / "common" / name / "csgo" / "cfg").mkdir(parents=True)
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, r"Software\Valve\Steam") as key:  # type: ignore[attr-defined, unused-ignore]
        winreg.SetValueEx(key, "SteamPath", 0, winreg.REG_SZ, str(tmp_path))  # type: ignore[attr-defined, unused-ignore]
    try:
        assert setting_up.find_installation(edition("csgo"), None).root.name == name
    finally:
        winreg.DeleteKey(winreg.HKEY_CURRENT_USER, r"Software\Valve\Steam")  # type: ignore[attr-defined, unused-ignore]


@pytest.mark.parametrize("text", ["", '"uri" "http://10.0.0.1:3000/" "token" "x"', '"uri" "http://127.0.0.1:3000/"'])
def test_an_integration_that_is_not_ours(installation: Installation, text: str) -> None:
    installation.gsi.write_text(text)
    with pytest.raises(ClonestrikeError, match="run clonestrike setup"):
        installation.integration()


def test_the_command_shows_first_and_writes_when_told(
    of: Edition, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*options: str) -> tuple[int | str | None, str]:
        with pytest.raises(SystemExit) as stop:
            cli.main(["setup", of.name, "--folder", str(root), "--json", str(tmp_path / "out.json"), *options])
        return stop.value.code, capsys.readouterr().out

    installation = Installation(of, root / of.inside)
    code, shown = run()
    assert code == 0
    assert "sensitivity 2.50" in shown
    assert "nothing was written" in shown
    assert contents(installation.cfg) == {}
    assert run("--write")[0] == 0
    assert json.loads((tmp_path / "out.json").read_text())["files"]["autoexec.cfg"] == "new"
    assert installation.gsi.exists()
    assert run("--undo")[0] == 0
    assert contents(installation.cfg) == {}
    assert run("--write", "--undo")[0] == 2
    assert run("--port", "0")[0] == 2
