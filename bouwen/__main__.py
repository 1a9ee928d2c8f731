"""``python -m bouwen`` is the command ``bouwen``."""

from bouwen.cli import main

if __name__ == "__main__":
    main()
