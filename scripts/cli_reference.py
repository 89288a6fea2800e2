"""Write the command-line reference, docs/reference/command-line.md, from the programs themselves.

python scripts/cli_reference.py           write it
python scripts/cli_reference.py --check   exit 1 with the diff when it is out of date
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import typer

from arize_users.cli.app import build
from arize_users.cli.errors import EXIT_CODES
from arize_users.contract.command import parser as contract_parser
from arize_users.sandbox.options import parser as sandbox_parser

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "command-line.md"
_START = """# Command line

This page is written from the programs by `scripts/cli_reference.py`. How `ax` finds its account, and what it
prints where, is in [the guide](../guides/command-line.md). `arize-users` is the same program, with its
commands at the top: `arize-users list` is `ax users list`.

## ax
"""


def page() -> str:
    """Give the text of the page."""
    root: Any = typer.main.get_command(build("ax"))
    context = typer.Context(root, info_name="ax")
    lines = [_START, _text(root.help), "", "### Options of every command", ""]
    lines += _options(root, context, without=())
    lines += ["", "### Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += (f"| {code} | {meaning} |" for code, meaning in exit_codes())
    common = [parameter.name for parameter in root.params]
    groups = [(root, context), (root.commands["users"], _below(context, root.commands["users"], "users"))]
    for group, above in reversed(groups):
        for name, command in group.commands.items():
            if name not in ("users", "sandbox"):
                lines += _command(command, _below(above, command, name), common)
    for title, parser in (
        ("ax sandbox", sandbox_parser("ax sandbox")),
        ("python -m arize_users.contract", contract_parser()),
    ):
        lines += ["", f"## {title}", "", _text(parser.description), ""]
        lines += _arguments_of(parser)
        if parser.epilog:
            lines += ["", "```text", (parser.epilog % {"prog": parser.prog}).strip(), "```"]
    return "\n".join(lines) + "\n"


def exit_codes() -> list[tuple[str, str]]:
    """Give each exit code with its meaning, from the table that every command's help ends with."""
    flat = re.sub(r"\n {7}(?=\S)", " ", EXIT_CODES)
    return re.findall(r"^  (\d+) +(.+)$", flat, re.MULTILINE)


def _below(above: typer.Context, command: Any, name: str) -> typer.Context:
    return typer.Context(command, info_name=name, parent=above)


def _command(command: Any, context: typer.Context, common: list[str]) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield from ("", f"## {context.command_path}", "", _text(command.help), "")
    yield from ("```text", f"{context.command_path} {usage}", "```", "")
    yield from _options(command, context, without=common)


def _options(command: Any, context: typer.Context, *, without: Collection[str]) -> Iterator[str]:
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and parameter.name not in without:
            yield f"- `{record[0]}`: {_text(record[1])}"


def _arguments_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        names = ", ".join(action.option_strings) or action.dest
        value = action.metavar or (
            "|".join(map(str, action.choices)) if action.choices else action.dest.upper()
        )
        shown = " ".join(value) if isinstance(value, tuple) else value
        takes_none = action.nargs == 0 or not action.option_strings
        text = (action.help or "") % {"default": action.default, "prog": parser.prog}
        yield f"- `{names if takes_none else f'{names} {shown}'}`: {_text(text)}"


def _text(text: str | None) -> str:
    """Take a help text as Markdown: what would be markup is escaped, unless it is code already."""
    parts = re.split(r"(`[^`]*`)", inspect.cleandoc(text or ""))
    return "".join(part if part.startswith("`") else re.sub(r"([\[<*])", r"\\\1", part) for part in parts)


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` show how it differs."""
    new, old = page(), PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" not in arguments:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(new, encoding="utf-8")
        return 0
    diff = difflib.unified_diff(old.splitlines(True), new.splitlines(True), "checked in", "the programs")
    sys.stdout.writelines(diff)
    return int(new != old)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
