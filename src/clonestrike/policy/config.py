"""Names of decodings, for the options of commands that let a policy play. Needs no NumPy."""

from __future__ import annotations

from typing import Literal

DecodingName = Literal["cloned", "corrected", "argmax", "sampled", "paper"]
"""Names of the presets in ``policy.decoding.DECODINGS``."""
