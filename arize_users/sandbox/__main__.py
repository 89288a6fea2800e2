"""Makes `python -m arize_users.sandbox` start the server."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
