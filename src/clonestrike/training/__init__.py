"""Stage 3: play becomes a checkpoint."""
