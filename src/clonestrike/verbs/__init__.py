"""The verbs of the command line: the options of every stage, and what they mean to a user.

A verb imports its stage only when it runs: ``clonestrike record`` loads no torch, ``--help`` next to nothing.
"""

from __future__ import annotations

from clonestrike.verbs.data import Check, ExportLerobot, ExportPng, Renumber, Stats, View
from clonestrike.verbs.demos import ImportDemo
from clonestrike.verbs.doctor import Doctor
from clonestrike.verbs.interop import ExportHdf5, ExportMetadata, ExportOnnx, ImportHdf5, ImportKeras
from clonestrike.verbs.matches import Coverage, Demo, Evaluate, Play, Style, Video
from clonestrike.verbs.setup import Setup
from clonestrike.verbs.stages import Aggregate, Label, Record, Train
from clonestrike.verbs.verb import Verb

__all__ = ["VERBS", "Demo", "Verb"]

VERBS = (
    Record | Label | Train | Aggregate | Play | Evaluate | Style | Coverage
    | Check | Stats | View | Video | Renumber | Doctor | Setup | Demo
    | ImportHdf5 | ImportKeras | ImportDemo | ExportHdf5 | ExportMetadata | ExportLerobot | ExportOnnx | ExportPng
)  # fmt: skip
