"""Stage 2, label: which actions made the states of a recording? (inverse dynamics)"""
