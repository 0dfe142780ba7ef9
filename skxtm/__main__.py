"""``python -m skxtm`` is the command ``skxtm``."""

import sys

from skxtm.command_line import main

if __name__ == "__main__":
    sys.exit(main())
