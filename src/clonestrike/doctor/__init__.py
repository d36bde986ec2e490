"""Finds what silently breaks the play of a game in a window."""
