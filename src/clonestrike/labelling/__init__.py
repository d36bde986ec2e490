"""The stage label: infers actions from the states of play (inverse dynamics)."""
