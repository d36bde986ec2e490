"""Whole flows through the stages: the demo, aggregation, the report."""
