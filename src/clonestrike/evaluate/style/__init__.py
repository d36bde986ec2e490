"""How somebody plays, and what goes wrong, measured in matches."""
