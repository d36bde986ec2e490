"""Stage 5: what an agent is worth, in matches, statistics and maps of where it went."""
