"""Lets `python -m arize_users.sandbox` start the server."""

import sys

from arize_users.sandbox.command import main

if __name__ == "__main__":
    sys.exit(main())
