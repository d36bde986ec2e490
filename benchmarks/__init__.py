"""Speeds as ratios against what a user would use instead, side by side in one run: ``python -m benchmarks``."""
