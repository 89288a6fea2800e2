"""The server as a program: `python -m arize_users.sandbox`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence

from arize_users._signals import TERMINATING, handled
from arize_users._streams import put

from .faults import Faults, read_script
from .messages import SandboxError
from .options import open_account, parse
from .sandbox import KEYS
from .server import SandboxServer

# Enough to look into with a debugger, and no memory leak in a server that runs for weeks.
_KEPT_REQUESTS = 1000
PROGRAM = "python -m arize_users.sandbox"


def main(argv: Sequence[str] | None = None, *, program: str = PROGRAM) -> int:
    """Serve a sandbox until Ctrl-C or SIGTERM.

    Args:
        argv: The arguments, None for those of the process.
        program: The name of the program in its help.

    Returns:
        The exit code: 0 after a clean stop, 1 when something cannot be opened, 2 for wrong usage.

    Raises:
        OSError: The greeting cannot be written.
    """
    try:
        options = parse(argv, program)
    except SystemExit as usage:
        put(sys.stdout)  # The reader of the help may have gone.
        return int(usage.code or 0)
    stop = threading.Event()
    faults = Faults()
    try:
        if options.fault_script is not None:
            faults.load(read_script(options.fault_script), over_http=True)
        with (
            handled(lambda *_: stop.set(), signal.SIGINT, *TERMINATING),
            open_account(options, keep_requests=_KEPT_REQUESTS) as sandbox,
        ):
            sandbox.faults = faults
            with SandboxServer(sandbox, port=options.port, latency=options.latency_ms / 1000) as server:
                _print_greeting(server)
                # In steps, because on some systems a signal does not interrupt an unlimited wait.
                while not stop.wait(1.0):
                    pass
    except SandboxError as error:
        put(sys.stderr, f"arize-users sandbox: {error}\n")
        return 1
    return 0


def _print_greeting(server: SandboxServer) -> None:
    owner, *others = KEYS
    lines = (
        f"Users API sandbox on {server.url}",
        f"Keys: {owner} (account owner), {', '.join(others)}",
        f"Use it: export ARIZE_BASE_URL={server.url} ARIZE_API_KEY={owner}",
        "Ctrl-C stops it.",
    )
    unwritten = put(sys.stdout, "".join(f"{line}\n" for line in lines))
    # A reader that has gone, such as `head -1`, may use the server all the same.
    if unwritten is not None and not isinstance(unwritten, BrokenPipeError):
        raise unwritten
