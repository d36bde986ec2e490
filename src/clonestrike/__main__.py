"""``python -m clonestrike``."""

from clonestrike.cli import main

main()
