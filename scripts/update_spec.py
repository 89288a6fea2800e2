"""Take a vendor's OpenAPI document in: slice it, correct it, report what changes, and write it.

    python scripts/update_spec.py SOURCE            report; SOURCE is a file or an https address
    python scripts/update_spec.py SOURCE --write    and write openapi/users.yaml

Exit codes, written or not: 0 no change, or only compatible and cosmetic ones; 3 risky; 4 breaking;
2 bad input, and then nothing was changed. Next comes scripts/regenerate.py.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from pathlib import Path
from typing import Any

from specs import SpecError, errors_in
from specs.changes import Change, Severity
from specs.document_diff import compare
from specs.fetching import fetch, show_source
from specs.overlay import apply_overlay
from specs.parsing import parse, parse_openapi
from specs.reporting import as_json, as_text, escape, worst_of
from specs.rewriting import with_bodies_in_place, with_path_parameters_of
from specs.slicing import slice_document
from specs.validating import TOO_MANY_LEVELS, read_valid, validate
from specs.writing import render, replace_file

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "/v2/users"
SPEC = ROOT / "openapi" / "users.yaml"
OVERLAY = ROOT / "openapi" / "overlay.yaml"

EXIT_BAD_INPUT = 2
EXIT_CODES = {Severity.RISKY: 3, Severity.BREAKING: 4}

COMMENT = """\
Written by scripts/update_spec.py from the vendor's document and our corrections (an overlay).
Do not edit: correct the overlay and take the document in again."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(argv)
    options.prefix = "/" + options.prefix.strip("/")
    try:
        return _run(options)
    except SpecError as error:
        problem = str(error)
    except RecursionError:
        problem = f"{show_source(options.source)}: {TOO_MANY_LEVELS}"
    _say(problem)
    return EXIT_BAD_INPUT


def _say(text: str) -> None:
    print(f"update_spec: {escape(text)}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    heading, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=heading, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("source", metavar="SOURCE", help="an OpenAPI 3.0 or 3.1 file or https address")
    add("--prefix", default=PREFIX, help="the paths to take (default: %(default)s)")
    add("--spec", type=Path, default=SPEC, help="compare with and write to (default: openapi/users.yaml)")
    add("--overlay", type=Path, help=f"the corrections (default: ours with the prefix {PREFIX}, else none)")
    add("--no-overlay", action="store_true", help="correct nothing")
    add("--report", choices=("text", "json"), default="text", help="form of the report")
    add("--write", action="store_true", help="write the result")
    add("--accept-breaking", action="store_true", help="write breaking changes too")
    return parser


def _run(options: argparse.Namespace) -> int:
    old = None
    if options.spec.exists():
        old = read_valid(str(options.spec))
    else:
        _say(f"{options.spec} is not there yet; everything is new")
    new = _take_in(options, old)
    changes = compare(old if old is not None else {**new, "paths": {}}, new)
    written = _write(options, old, new, changes)
    _report(options, changes, written)
    worst = worst_of(changes)
    return 0 if worst is None else EXIT_CODES.get(worst, 0)


def _take_in(options: argparse.Namespace, old: dict[str, Any] | None) -> dict[str, Any]:
    """Return the slice of the source, corrected and valid."""
    name = show_source(options.source)
    result = _slice(parse_openapi(fetch(options.source), name), options.prefix, name)
    overlay: Path | None = options.overlay or (OVERLAY if options.prefix == PREFIX else None)
    if overlay is None or options.no_overlay:
        return result
    corrections = parse(fetch(str(overlay)), str(overlay))
    if old is not None:
        result = with_path_parameters_of(old, result)
    result = apply_overlay(with_bodies_in_place(result), corrections, str(overlay))
    # Slicing once more drops what the corrections have left without use.
    return _slice(result, options.prefix, f"{name}, corrected by {overlay}")


def _slice(document: dict[str, Any], prefix: str, name: str) -> dict[str, Any]:
    with errors_in(name):
        result = slice_document(document, prefix)
    return validate(result, name)


def _write(
    options: argparse.Namespace, old: dict[str, Any] | None, new: dict[str, Any], changes: list[Change]
) -> bool:
    """Write the result if that is wanted and allowed, and return whether it was written."""
    if not options.write:
        return False
    if worst_of(changes) is Severity.BREAKING and not options.accept_breaking:
        _say("breaking; nothing is written without --accept-breaking")
        return False
    # A file that says the same in another layout is left as somebody laid it out.
    if new == old:
        _say(f"{options.spec} is up to date")
        return False
    replace_file(options.spec, render(new, COMMENT))
    _say(f"wrote {options.spec}; now run scripts/regenerate.py")
    return True


def _report(options: argparse.Namespace, changes: list[Change], written: bool) -> None:
    source, prefix, spec = show_source(options.source), options.prefix, str(options.spec)
    if options.report == "json":
        text = as_json(changes, source=source, prefix=prefix, spec=spec, written=written)
    else:
        text = as_text(changes, escape(f"{prefix} of {source} against {spec}"))
    if isinstance(sys.stdout, io.TextIOWrapper):  # A word that the locale lacks must not end the report.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # The reader has seen enough, as with `| head`; nor must closing the stream complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    # A large document is millions of objects that all stay; looking for garbage took four fifths of the time.
    gc.disable()
    sys.exit(main())
