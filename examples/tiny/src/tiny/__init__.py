"""A game, a network, a data format and an actor, as small as they can be."""
