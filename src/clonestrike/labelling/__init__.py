"""The stage label: infers actions from the states of recordings (inverse dynamics)."""
