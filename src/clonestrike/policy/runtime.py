"""ONNX Runtime, imported here alone and without its telemetry, which would write into HOME and call its maker."""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read once, when the library is loaded

import onnxruntime

__all__ = ["onnxruntime"]
