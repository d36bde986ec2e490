"""Clonestrike: behavioural cloning for first-person shooters, from pixels."""

__version__ = "0.1.0"
