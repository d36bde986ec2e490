"""Benchmarks: speeds compared, in the same run, with those of alternatives: ``python -m benchmarks``."""
