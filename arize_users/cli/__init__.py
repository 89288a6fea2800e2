"""`ax users`: the command line, built on the public names of `arize_users` only.

Here are the two entry points, and nothing else: what a command needs is imported when it runs.
"""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["arize_users", "ax"]


def ax() -> NoReturn:
    """Run `ax`, where the commands are `ax users list` and its siblings, and `ax sandbox`."""
    _run("ax")


def arize_users() -> NoReturn:
    """Run `arize-users`, the same program under a name of its own: `arize-users list`."""
    _run("arize-users")


def _run(program: str) -> NoReturn:
    from .interrupts import interrupts

    interrupts.install()
    try:
        from .app import main
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich", "typer"):
            raise
        print(
            f"error: the command line needs {error.name}, which is not installed\n"
            "hint: pip install 'arize-users[cli]'",
            file=sys.stderr,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(interrupts.exit_code or 130)
    code = main(program)
    interrupts.ignore()
    sys.exit(code)
