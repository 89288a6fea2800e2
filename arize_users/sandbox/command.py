"""The server as a program: `python -m arize_users.sandbox`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from arize_users._signals import handled

from .faults import Faults, read_script
from .messages import SandboxError
from .sandbox import KEYS, Sandbox
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
    """
    try:
        options = _parser(program).parse_args(argv)
    except SystemExit as usage:
        return int(usage.code or 0)
    stop = threading.Event()
    faults = Faults()
    try:
        if options.fault_script is not None:
            faults.load(read_script(options.fault_script), over_http=True)
        with (
            handled(lambda *_: stop.set(), signal.SIGINT, signal.SIGTERM),
            Sandbox(
                options.db,
                enum_case=options.enum_case,
                case_sensitive_emails=options.case_sensitive_emails,
                keep_requests=_KEPT_REQUESTS,
            ) as sandbox,
        ):
            sandbox.faults = faults
            sandbox.fill(options.users)
            with SandboxServer(sandbox, port=options.port, latency=options.latency_ms / 1000) as server:
                _print_greeting(server)
                # In steps, because on some systems a signal does not interrupt an unlimited wait.
                while not stop.wait(1.0):
                    pass
    except SandboxError as error:
        print(f"arize-users sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="A local users API on 127.0.0.1, for clients in any language.",
        epilog="The keys of the three callers are printed at the start. Ctrl-C stops the server.",
    )
    add = parser.add_argument
    port, count, delay = _between(0, 65535), _between(0, 10**7), _between(0, 3_600_000)
    add("--port", type=port, default=8765, help="0 takes a free one (default: 8765)")
    add("--db", metavar="PATH", help="keep the account in this file (default: in memory)")
    add("--users", type=count, default=0, metavar="N", help="start with N users")
    case_help = "the generation of the API: active, or ACTIVE (default: lower)"
    add("--enum-case", choices=("lower", "upper"), default="lower", help=case_help)
    emails_help = "let a new account hold emails that differ in case alone"
    add("--case-sensitive-emails", action="store_true", help=emails_help)
    add("--fault-script", metavar="FILE", help="apply the faults in this JSON file to requests")
    add("--latency-ms", type=delay, default=0, metavar="N", help="delay responses")
    return parser


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{number} is not between {low} and {high}")
        return number

    read.__name__ = "whole number"
    return read


def _print_greeting(server: SandboxServer) -> None:
    owner, *others = KEYS
    print(f"Users API sandbox on {server.url}")
    print(f"Keys: {owner} (account owner), {', '.join(others)}")
    print(f"Use it: export ARIZE_BASE_URL={server.url} ARIZE_API_KEY={owner}")
    print("Ctrl-C stops it.", flush=True)
