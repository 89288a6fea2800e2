"""Makes `python -m arize_users.sandbox` start the server."""

from __future__ import annotations

import sys

from arize_users._streams import put

from .command import main

if __name__ == "__main__":
    try:
        code = main()
    except OSError as error:
        put(sys.stderr, f"arize-users sandbox: cannot write standard output: {error.strerror}\n")
        code = 1
    sys.exit(code)
