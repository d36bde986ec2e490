"""All commands, in the order of the help."""

from __future__ import annotations

from typing import Any

from clonestrike.cli.command import Command
from clonestrike.cli.completion import completion
from clonestrike.cli.datasets import check, renumber, stats
from clonestrike.cli.doctor import doctor
from clonestrike.cli.evaluate import coverage, evaluate, style
from clonestrike.cli.flows import aggregate, demo
from clonestrike.cli.formats import (
    export_hdf5,
    export_lerobot,
    export_metadata,
    export_onnx,
    export_recorder,
    import_demo,
    import_hdf5,
    import_keras,
    import_recorder,
)
from clonestrike.cli.games import list_games
from clonestrike.cli.labelling import label
from clonestrike.cli.networks import list_networks
from clonestrike.cli.playing import play, record
from clonestrike.cli.setup import setup
from clonestrike.cli.training import train
from clonestrike.cli.viewing import export_png, video, view

COMMANDS: tuple[Command[Any], ...] = (
    record, label, train, play, evaluate,
    style, coverage, check, stats, view, video, renumber,
    demo, aggregate,
    list_games, list_networks, doctor, setup, completion,
    import_hdf5, import_recorder, import_keras, import_demo,
    export_hdf5, export_recorder, export_metadata, export_lerobot, export_onnx, export_png,
)  # fmt: skip
