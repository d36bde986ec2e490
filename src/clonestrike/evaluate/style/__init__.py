"""The style of actors, measured in matches, and their faults."""
