"""``python -m clonestrike``."""

from clonestrike.cli import main

if __name__ == "__main__":  # a worker process imports this file again
    main()
