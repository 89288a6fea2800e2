"""The command line: ``python -m arize_users.contract``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from arize_users import ArizeClient, BetaWarning, ConfigurationError
from arize_users.config import resolve

from .findings import Report
from .reading import read_only_checks
from .session import CannotCheckError, Session
from .spec import SpecError, load
from .writing import writing_checks

_EPILOG = """\
The key is best given as ARIZE_API_KEY: a command line can be seen by others on the machine. Without
--base-url and --region the environment names the deployment, as for the client.

--write creates one active user with a made-up address at example.com, which takes no mail, updates and
deletes it. Nothing is mailed and nobody else is touched. The API keeps deleted users as blocked ones.

exit codes: 0 conforms, 1 deviates, 2 usage, settings, or no deployment to check, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Check a deployment, print the report, and give the exit code."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as usage:
        return int(usage.code or 0)
    connection = {
        "api_key": options.api_key,
        "base_url": options.base_url,
        "region": options.region,
        "allow_insecure_http": options.allow_insecure_http,
    }
    try:
        settings = resolve(**connection)
        spec = load(options.spec)
    except (ConfigurationError, SpecError) as error:
        return _fail(str(error), 2)
    report = Report(settings.base_url)
    try:
        with _terminated_as_interrupted(), warnings.catch_warnings():
            warnings.simplefilter("ignore", BetaWarning)
            with Session(settings, spec, report, partial(ArizeClient, **connection)) as session:
                session.greet()
                read_only_checks(session)
                if options.write:
                    writing_checks(session)
    except (CannotCheckError, ConfigurationError) as error:
        return _fail(str(error), 2)
    except KeyboardInterrupt:
        left = f" Not removed, please do: {', '.join(report.left_behind)}" if report.left_behind else ""
        return _fail(f"interrupted.{left}", 130)
    lines = [json.dumps(report.to_dict(), indent=2)] if options.json else report.to_text()
    print(*lines, sep="\n")
    return 0 if report.conforms else 1


def _fail(text: str, code: int) -> int:
    print(f"arize-users contract: {text}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m arize_users.contract",
        description="Hold every answer of a deployment against the contract, and report what differs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--base-url", metavar="URL", help="the deployment; sandbox: is a local account")
    add("--region", help="a region of the hosted API, instead of --base-url")
    add("--api-key", metavar="KEY", help="the key; better given as ARIZE_API_KEY")
    add("--spec", metavar="FILE", type=Path, help="another OpenAPI 3.1 document, YAML or JSON")
    add("--write", action="store_true", help="check the operations that write as well")
    add("--json", action="store_true", help="print the report as JSON")
    add("--allow-insecure-http", action="store_true", help="send the key unencrypted to another machine")
    return parser


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM, too, end a run in order; Python takes signal handlers in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
