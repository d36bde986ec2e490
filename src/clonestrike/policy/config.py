"""Names of decodings, for the options of whatever lets a policy play. Needs no NumPy."""

from __future__ import annotations

from typing import Literal

DecodingName = Literal["cloned", "corrected", "argmax", "sampled", "paper"]
"""The presets of ``policy.decoding``."""
