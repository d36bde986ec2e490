"""``python -m clonestrike``."""

from clonestrike.cli.main import main

if __name__ == "__main__":  # a worker process imports this file again
    main()
