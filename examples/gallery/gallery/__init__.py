"""A shooting gallery: the smallest game that can be recorded, labelled, trained on, played and evaluated."""
