"""Makes `python -m arize_users.sandbox` start the server."""

from __future__ import annotations

import sys

from arize_users._streams import put

from .command import main


def run() -> int:
    """Serve, and tell in one line where standard output cannot be written."""
    try:
        return main()
    except OSError as error:
        put(sys.stderr, f"arize-users sandbox: cannot write standard output: {error.strerror}\n")
        return 1


if __name__ == "__main__":
    sys.exit(run())
