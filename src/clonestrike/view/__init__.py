"""Pictures of play: what was seen, with what was done drawn beside it."""
