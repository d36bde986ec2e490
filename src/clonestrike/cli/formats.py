"""Commands that import and export play and networks."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from clonestrike import console
from clonestrike.cli.command import Group, Result, command, given
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """Options of ``clonestrike import hdf5`` and ``import recorder``."""

    paths: Positional[tuple[str, ...]]
    """Files, folders of them, or for HDF5 files a data set on the Hugging Face Hub: hub:OWNER/NAME or
    hub:OWNER/NAME/FOLDER."""
    out: Path
    """Folder that the recordings are added to; files that have been imported before are skipped."""
    lossless: bool = False
    """Keep every pixel as it is, in about five times the disk space."""
    files: str | None = None
    """Import only the files with these numbers, such as 1-200 or 7."""
    strict: bool = False
    """Refuse files that cannot be used, or in part only, instead of skipping them or using that part."""


@command(
    "import hdf5", Group.EXCHANGE, "clonestrike import hdf5 dataset_dm_expert_dust2 --out data/expert --files 1-100"
)
def import_hdf5(options: ImportOptions) -> Result:
    """Turn the original's HDF5 files into recordings, with their metadata where it lies beside them."""
    given(options.paths)
    from clonestrike.formats.original.importing import Import

    first, last = _span(options.files)
    return Import(options.paths, options.out, first, last, options.lossless, options.strict).run()


@command("import recorder", Group.EXCHANGE, "clonestrike import recorder csgo_bot_train --out data/bots")
def import_recorder(options: ImportOptions) -> Result:
    """Turn the original's recorder files into recordings; those whose pictures were stripped have no video."""
    given(options.paths)
    from clonestrike.formats.original.importing import Import

    first, last = _span(options.files)
    return Import(options.paths, options.out, first, last, options.lossless, options.strict, ".npy").run()


@dataclass(frozen=True, kw_only=True)
class ImportKerasOptions:
    """Options of ``clonestrike import keras``."""

    architecture: Positional[str]
    """The .json file with the network's layers, or a network on the Hugging Face Hub: hub:OWNER/NAME, or
    hub:OWNER/NAME/MODEL where there are several."""
    weights: Positional[Path | None] = None
    """The .h5 file with the weights of the plain or the stateful network; by default that beside the .json file, with
    the same name."""
    out: Path
    """Folder of the checkpoint."""
    hypers: Path | None = None
    """The .p file with the hyperparameters: it is checked, and kept in the checkpoint; by default that beside the .json
    file, if there is one."""
    optimiser: Path | None = None
    """The _opt.pkl file with Adam's moments, with which a training that starts from the checkpoint goes on; by default
    that beside the .json file of a plain network, if there is one."""


@command(
    "import keras", Group.EXCHANGE, "clonestrike import keras ak47_sub_55k_drop_d4_dmexpert_28.json --out runs/authors"
)
def import_keras(options: ImportKerasOptions) -> Result:
    """Turn a network that the original has saved into a checkpoint: to play, evaluate and train further."""
    from clonestrike.formats.original.hub import PREFIX
    from clonestrike.formats.original.hub_models import fetch_model
    from clonestrike.formats.original.model_files import ModelFiles
    from clonestrike.policy.keras import import_keras

    place = options.architecture
    architecture = fetch_model(place) if place.startswith(PREFIX) else Path(place)
    return import_keras(
        ModelFiles.beside(architecture, options.weights, options.hypers, options.optimiser), options.out
    )


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """Options of ``clonestrike export hdf5`` and ``export metadata``."""

    paths: Positional[tuple[Path, ...]]
    """Recordings, files of the original, or folders of them."""
    out: Path
    """Folder of the files."""
    stub: str | None = None
    """Beginning of the files' names (of the HDF5 files' for metadata); by default that of the original's file that play
    comes from, and dm_ or hdf5_dm_ for other play."""
    labels: Literal["original", "label", "true"] = "label"
    """Whose actions to write: those that came with the original's files, the labels that training learns from (true
    actions where there are none), or true actions only. The summary says which were written; labels that are those of
    the original give its exact values."""


@command("export hdf5", Group.EXCHANGE, "clonestrike export hdf5 data/expert --out original")
def export_hdf5(options: ExportOptions) -> Result:
    """Write play as the original's HDF5 files: frames of 150 x 280, its own labels exactly as they were."""
    given(options.paths)
    from clonestrike.core.opening import open_trajectories
    from clonestrike.formats.original.exporting import export_hdf5

    return export_hdf5(open_trajectories(options.paths), options.out, options.stub, options.labels)


@command("export metadata", Group.EXCHANGE, "clonestrike export metadata data/expert --out original")
def export_metadata(options: ExportOptions) -> Result:
    """Write states and actions of play as the original's metadata, 100 files of play in each."""
    given(options.paths)
    from clonestrike.core.opening import open_trajectories
    from clonestrike.formats.original.exporting import export_metadata

    return export_metadata(open_trajectories(options.paths), options.out, options.stub, options.labels)


@dataclass(frozen=True, kw_only=True)
class ExportRecorderOptions(ExportOptions):
    """Options of ``clonestrike export recorder``."""

    strip: bool = False
    """Leave the pictures out, as the original does once the HDF5 files have them."""


@command("export recorder", Group.EXCHANGE, "clonestrike export recorder data/bots --out original")
def export_recorder(options: ExportRecorderOptions) -> Result:
    """Write play as the original's pre-processed recorder files: picture, curr_vars, infer_a, y, xaux, helperarr."""
    given(options.paths)
    from clonestrike.core.opening import open_trajectories
    from clonestrike.formats.original.exporting import export_recorder

    plays = open_trajectories(options.paths)
    return export_recorder(plays, options.out, options.stub, options.labels, strip=options.strip)


@dataclass(frozen=True, kw_only=True)
class ExportOnnxOptions:
    """Options of ``clonestrike export onnx``."""

    checkpoint: Positional[Path]
    """Folder of a checkpoint."""
    out: Path
    """The .onnx file to write; play and evaluate take it in place of a checkpoint."""
    int8: bool = False
    """Compute the paper's convolutional memory in 8-bit integers: faster, and slightly less exact."""
    half: bool = False
    """Store the weights as 16-bit floats: half the file size, the same speed."""


@command("export onnx", Group.EXCHANGE, "clonestrike export onnx runs/base --out base.onnx")
def export_onnx(options: ExportOnnxOptions) -> Result:
    """Write a policy as one ONNX file, which is enough to play without torch."""
    from clonestrike.policy.checkpoint import load_policy, write
    from clonestrike.policy.onnx import to_onnx

    if options.out.suffix != ".onnx":
        raise ClonestrikeError(f"{options.out} must end in .onnx", "name such a file with --out")
    policy, card = load_policy(options.checkpoint)
    content = to_onnx(policy, card, int8=options.int8, half=options.half)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write(options.out, content)
    return {"onnx": options.out, "bytes": len(content)}


def _span(files: str | None) -> tuple[int, int]:
    if files is None:
        return 0, sys.maxsize
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", files)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise ClonestrikeError(f"--files {files} is not a range of numbers", "give one such as 1-200")
    return int(match[1]), int(match[2] or match[1])


@dataclass(frozen=True, kw_only=True)
class ExportLerobotOptions:
    """Options of ``clonestrike export lerobot``."""

    paths: Positional[tuple[Path, ...]]
    """Recordings, files of the original, or folders of them."""
    out: Path
    """Folder of the data set; it must not exist yet."""
    labels: Literal["label", "true"] = "true"
    """Which actions to write. Where play has only the others, those are written; the summary says which."""


@command("export lerobot", Group.EXCHANGE, "clonestrike export lerobot data/expert --out lerobot/doom")
def export_lerobot(options: ExportLerobotOptions) -> Result:
    """Write play as a LeRobotDataset v3, for Hugging Face's lerobot."""
    given(options.paths)
    from clonestrike.core.opening import open_trajectories
    from clonestrike.formats.lerobot.exporting import export_lerobot

    return export_lerobot(open_trajectories(options.paths), options.out, options.labels)


@dataclass(frozen=True, kw_only=True)
class ImportDemoOptions:
    """Options of ``clonestrike import demo``."""

    paths: Positional[tuple[Path, ...]]
    """CS2 demos (.dem files), or folders of them; those that cannot be read are skipped and reported."""
    out: Path
    """Folder that the recordings are added to."""


def _report_import_demo(result: Result) -> None:
    skipped = [{"skipped": file, "why": why} for file, why in result["skipped"].items()]
    console.show({**result, "skipped": skipped or "none"}, "import demo")


@command(
    "import demo", Group.EXCHANGE, "clonestrike import demo match.dem --out data/demos", report=_report_import_demo
)
def import_demo(options: ImportDemoOptions) -> Result:
    """Turn CS2 demos into recordings without video: states and true actions of every player."""
    if not options.paths:
        raise ClonestrikeError("no path given", "name a .dem file or a folder of them")
    from clonestrike.formats.cs2_demos import import_demos

    return import_demos(options.paths, options.out)
