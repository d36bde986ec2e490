"""The verbs of the command line: the options of every stage, and what they mean to a user.

A verb imports its stage only when it runs: ``clonestrike record`` loads no torch, ``--help`` next to nothing.
"""

from __future__ import annotations

from clonestrike.cli.datasets import Check, Renumber, Stats
from clonestrike.cli.doctor import Doctor
from clonestrike.cli.evaluate import Coverage, Evaluate, Style
from clonestrike.cli.flows import Aggregate, Demo
from clonestrike.cli.formats import (
    ExportHdf5,
    ExportLerobot,
    ExportMetadata,
    ExportOnnx,
    ImportDemo,
    ImportHdf5,
    ImportKeras,
)
from clonestrike.cli.labelling import Label
from clonestrike.cli.playing import Play, Record
from clonestrike.cli.setup import Setup
from clonestrike.cli.training import Train
from clonestrike.cli.verb import Verb
from clonestrike.cli.viewing import ExportPng, Video, View

__all__ = ["VERBS", "Demo", "Verb"]

VERBS = (
    Record | Label | Train | Aggregate | Play | Evaluate | Style | Coverage
    | Check | Stats | View | Video | Renumber | Doctor | Setup | Demo
    | ImportHdf5 | ImportKeras | ImportDemo | ExportHdf5 | ExportMetadata | ExportLerobot | ExportOnnx | ExportPng
)  # fmt: skip
