"""The stages record and play: the control loop, actors, and recording."""
