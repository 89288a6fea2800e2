"""Take a vendor's OpenAPI document in: slice it, correct it, report what changes, and write it.

    python scripts/update_spec.py SOURCE            report; SOURCE is a file or an https address
    python scripts/update_spec.py SOURCE --write    and write openapi/users.yaml

Exit codes, written or not: 0 no change, or only compatible and cosmetic ones; 3 risky; 4 breaking;
2 bad input, and then nothing was changed. Next comes scripts/regenerate.py.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from specs import fetching, parsing, reporting, writing
from specs.changes import Change, Severity
from specs.document_diff import compared
from specs.errors import SpecError
from specs.overlay import overlaid
from specs.preparing import with_bodies_in_place, with_path_parameters_of
from specs.slicing import sliced
from specs.validating import validated

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "/v2/users"
SPEC = ROOT / "openapi" / "users.yaml"
OVERLAY = ROOT / "openapi" / "overlay.yaml"

EXIT_CODES = {None: 0, Severity.COSMETIC: 0, Severity.COMPATIBLE: 0, Severity.RISKY: 3}
EXIT_BAD_INPUT = 2
EXIT_BREAKING = 4

COMMENT = """\
Written by scripts/update_spec.py from the vendor's document and our corrections (an overlay).
Do not edit: correct the overlay and take the document in again."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    options = _parser().parse_args(argv)
    try:
        with _uncollected():
            return _run(options)
    except SpecError as error:
        problem = str(error)
    except RecursionError:
        problem = f"{fetching.shown(options.source)}: nested too deeply"
    _say(problem)
    return EXIT_BAD_INPUT


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pauses the garbage collector.

    A large document is millions of objects that all stay; looking through them for garbage again and
    again took four fifths of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _say(text: str) -> None:
    print(f"update_spec: {reporting.plain(text)}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    heading, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=heading, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", metavar="SOURCE", help="an OpenAPI 3.0 or 3.1 file or https address")
    parser.add_argument("--prefix", default=PREFIX, help="the paths to take (default: %(default)s)")
    parser.add_argument("--spec", type=Path, help="compare with and write to (default: openapi/users.yaml)")
    overlay = parser.add_mutually_exclusive_group()
    overlay.add_argument(
        "--overlay",
        type=Path,
        help=f"the corrections (default: openapi/overlay.yaml with the prefix {PREFIX}, else none)",
    )
    overlay.add_argument("--no-overlay", action="store_true", help="correct nothing")
    parser.add_argument("--report", choices=("text", "json"), default="text", help="form of the report")
    parser.add_argument("--write", action="store_true", help="write the result")
    parser.add_argument("--accept-breaking", action="store_true", help="write breaking changes too")
    return parser


def _run(options: argparse.Namespace) -> int:
    prefix = "/" + options.prefix.strip("/")
    spec: Path = options.spec or SPEC
    old = _checked_in(spec)
    new = _taken_in(options, prefix, old)
    changes = compared(old if old is not None else {**new, "paths": {}}, new)
    written = _write(options, spec, old, new, changes)
    _report(options, prefix, spec, changes, written)
    worst = reporting.severity_of(changes)
    return EXIT_BREAKING if worst is Severity.BREAKING else EXIT_CODES[worst]


def _checked_in(spec: Path) -> dict[str, Any] | None:
    if not spec.exists():
        _say(f"{spec} is not there yet; everything is new")
        return None
    return validated(parsing.openapi(fetching.fetched(str(spec)), str(spec)), str(spec))


def _taken_in(options: argparse.Namespace, prefix: str, old: dict[str, Any] | None) -> dict[str, Any]:
    """The slice of the source, corrected and valid."""
    name = fetching.shown(options.source)
    document = parsing.openapi(fetching.fetched(options.source), name)
    result = validated(_sliced(document, prefix, name), name)
    overlay: Path | None = options.overlay
    if overlay is None and prefix == PREFIX and not options.no_overlay:
        overlay = OVERLAY
    if overlay is None:
        return result
    corrections = parsing.parsed(fetching.fetched(str(overlay)), str(overlay))
    corrected = f"{name}, corrected by {overlay}"
    if old is not None:
        result = with_path_parameters_of(old, result)
    result = overlaid(
        with_bodies_in_place(result),
        corrections,
        str(overlay),
        tell=lambda what: _say(f"overlay: {what}"),
    )
    # Slicing once more drops what the corrections have left without use.
    result = _sliced(result, prefix, corrected)
    return validated(result, corrected)


def _sliced(document: dict[str, Any], prefix: str, name: str) -> dict[str, Any]:
    try:
        return sliced(document, prefix)
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error


def _write(
    options: argparse.Namespace,
    spec: Path,
    old: dict[str, Any] | None,
    new: dict[str, Any],
    changes: list[Change],
) -> bool:
    """Write the result if that is wanted and allowed; whether it was written."""
    if not options.write:
        return False
    if reporting.severity_of(changes) is Severity.BREAKING and not options.accept_breaking:
        _say("breaking; nothing is written without --accept-breaking")
        return False
    # A file that says the same in another layout is left as somebody laid it out.
    if new == old:
        _say(f"{spec} is up to date")
        return False
    writing.replace(spec, writing.rendered(new, COMMENT))
    _say(f"wrote {spec}; now run scripts/regenerate.py")
    return True


def _report(
    options: argparse.Namespace, prefix: str, spec: Path, changes: list[Change], written: bool
) -> None:
    source = fetching.shown(options.source)
    if options.report == "json":
        context = {"source": source, "prefix": prefix, "spec": str(spec), "written": written}
        text = reporting.as_data(changes, **context)
    else:
        text = reporting.as_text(changes, reporting.plain(f"{prefix} of {source} against {spec}"))
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # The reader has seen enough, as with `| head`; nor must closing the stream complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
