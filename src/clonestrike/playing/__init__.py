"""Stages 1 and 4: the control loop, who plays, and what is recorded of it."""
