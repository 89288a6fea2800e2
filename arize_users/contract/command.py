"""The command line: ``python -m arize_users.contract``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from arize_users import ArizeClient, BetaWarning, ConfigurationError, ConfigurationWarning
from arize_users._signals import TERMINATING, handled
from arize_users._streams import put
from arize_users.config import resolve

from .findings import Report
from .reading import read_only_checks
from .session import CannotCheckError, Session
from .spec import SpecError, load
from .writing import writing_checks

_EPILOG = """\
Give the key as ARIZE_API_KEY: others on the machine can see a command line. Without --base-url and
--region the environment names the deployment, as it does for the client.

--write creates one active user with a made-up address at example.com, which takes no mail, updates it and
deletes it. Nothing is mailed and nobody else is touched. The API keeps deleted users as blocked ones.

The second generation of the API conforms when nothing but the case of its enum values differs. With --spec
the case counts, too.

exit codes: 0 conforms, 1 deviates, 2 usage, settings, no deployment to check, or the report could not be
written, 130 interrupted
"""


_CONNECTION = ("api_key", "base_url", "region", "allow_insecure_http")


def main(argv: Sequence[str] | None = None) -> int:
    """Check a deployment and print the report.

    Args:
        argv: The arguments; those of the process when left out.

    Returns:
        The exit code.
    """
    try:
        options = parser().parse_args(argv)
    except SystemExit as usage:
        put(sys.stdout)  # The reader of the help may have gone.
        return int(usage.code or 0)
    connection = {name: getattr(options, name) for name in _CONNECTION}
    with _warnings_once():
        return _check(options, connection)


@contextmanager
def _warnings_once() -> Iterator[None]:
    """Show each warning of the client on one line, though each of a run's clients repeats it."""
    said: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in said:
            said.add(str(message))
            put(sys.stderr, f"arize-users contract: warning: {message}\n")

    with warnings.catch_warnings():
        warnings.showwarning = show
        warnings.simplefilter("always", ConfigurationWarning)
        warnings.simplefilter("ignore", BetaWarning)
        yield


def _check(options: argparse.Namespace, connection: Mapping[str, Any]) -> int:
    report = None
    try:
        settings = resolve(**connection)
        spec = load(options.spec)
        report = Report(settings.base_url, exact_case=options.spec is not None)
        connect = partial(ArizeClient, **connection)
        # SIGTERM ends a run as Ctrl-C does, so that it removes what it created.
        with (
            handled(signal.default_int_handler, *TERMINATING),
            Session(settings, spec, report, connect) as session,
        ):
            session.check_access()
            read_only_checks(session)
            if options.write:
                writing_checks(session)
    except (CannotCheckError, ConfigurationError, SpecError) as error:
        return _fail(str(error), 2)
    except KeyboardInterrupt:
        return _fail(f"interrupted.{_left_behind(report)}", 130)
    text = json.dumps(report.to_dict(), indent=2) if options.json else "\n".join(report.to_text())
    code = 0 if report.conforms else 1
    unwritten = put(sys.stdout, f"{text}\n")
    # A reader that has gone, such as `head`, has seen enough.
    if unwritten and (report.left_behind or not isinstance(unwritten, BrokenPipeError)):
        problem = f"cannot write the report: {unwritten.strerror}.{_left_behind(report)}"
        return _fail(problem, code if isinstance(unwritten, BrokenPipeError) else 2)
    return code


def _left_behind(report: Report | None) -> str:
    emails = ", ".join(report.left_behind) if report else ""
    return f" Not removed, please do: {emails}" if emails else ""


def _fail(text: str, code: int) -> int:
    put(sys.stderr, f"arize-users contract: {text}\n")
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = argparse.ArgumentParser(
        prog="python -m arize_users.contract",
        description="Compare every answer of a deployment with the contract, and report what differs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--base-url", metavar="URL", help="the deployment; sandbox: is a local account")
    add("--region", help="a region of the hosted API, instead of --base-url")
    add("--api-key", metavar="KEY", help="the key; better given as ARIZE_API_KEY")
    add("--spec", metavar="FILE", type=Path, help="another OpenAPI 3.1 document, YAML or JSON")
    add("--write", action="store_true", help="also check the operations that write")
    add("--json", action="store_true", help="print the report as JSON")
    add("--allow-insecure-http", action="store_true", help="send the key unencrypted to another machine")
    return parser
