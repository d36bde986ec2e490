"""The verbs of the command line: the options of every stage, and what they mean to a user.

A verb imports its stage only when it runs: ``clonestrike record`` loads no torch, ``--help`` next to nothing.
"""

from __future__ import annotations

from clonestrike.cli.datasets import Check, ExportLerobot, ExportPng, Renumber, Stats, View
from clonestrike.cli.demos import ImportDemo
from clonestrike.cli.doctor import Doctor
from clonestrike.cli.evaluate import Coverage, Demo, Evaluate, Play, Style, Video
from clonestrike.cli.formats import ExportHdf5, ExportMetadata, ExportOnnx, ImportHdf5, ImportKeras
from clonestrike.cli.setup import Setup
from clonestrike.cli.training import Aggregate, Label, Record, Train
from clonestrike.cli.verb import Verb

__all__ = ["VERBS", "Demo", "Verb"]

VERBS = (
    Record | Label | Train | Aggregate | Play | Evaluate | Style | Coverage
    | Check | Stats | View | Video | Renumber | Doctor | Setup | Demo
    | ImportHdf5 | ImportKeras | ImportDemo | ExportHdf5 | ExportMetadata | ExportLerobot | ExportOnnx | ExportPng
)  # fmt: skip
