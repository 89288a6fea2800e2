"""The options of the commands that read a roster, and the reading.

Typer reads these annotations when the program runs, so they are not postponed.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from .answers import counted
from .errors import UNWRITTEN, USAGE, CommandError
from .people_files import STDIN
from .terminal import say

if TYPE_CHECKING:
    from arize_users.roster import Rejects, Roster

RosterFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="The roster, as CSV, TSV, JSON, JSON Lines or Excel; - is standard input."
    ),
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=HEADER",
        help="Take a column (email, name, role, role_id, is_developer, invite_mode) from the one of this "
        "header. Can be repeated.",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="The file's encoding, where it is not UTF-8 or UTF-16."),
]
IncludeInactive = Annotated[
    bool,
    typer.Option("--include-inactive", help="Take those, too, whom the file itself calls inactive."),
]
SkipInvalid = Annotated[bool, typer.Option("--skip-invalid", help="Do without the rows that cannot be used.")]
RejectsFile = Annotated[
    str | None,
    typer.Option("--rejects", metavar="FILE", help="Write the rows that cannot be used to this file."),
]


def read_roster(
    path: str,
    maps: Sequence[str] | None,
    encoding: str | None,
    *,
    include_inactive: bool,
    skip_invalid: bool,
    rejects: str | None,
) -> "Roster":
    """Read a roster from a file or from standard input, and write the rows that cannot be used to another.

    Raises:
        CommandError: An option cannot be used.
        RosterError: The file cannot be used as a roster.
    """
    from arize_users import RosterError
    from arize_users.roster import Roster

    columns = _columns(maps or ())
    if path == STDIN and sys.stdin is None:
        raise CommandError(USAGE, "standard input is closed", hint="Name a file.")
    try:
        roster = Roster.read(
            sys.stdin.buffer if path == STDIN else path,
            columns=columns,
            encoding=encoding,
            include_inactive=include_inactive,
            skip_invalid=skip_invalid,
        )
    except RosterError as error:
        say(*(f"note: {note}" for note in error.notes))
        _write_rejects(error.rejects, rejects)
        raise
    _write_rejects(roster.rejects, rejects)
    return roster


def _write_rejects(rows: "Rejects | None", path: str | None) -> None:
    if path is None or not rows:
        return
    try:
        number = rows.write(path)
    except OSError as error:
        raise CommandError(UNWRITTEN, f"cannot write {path}: {error.strerror or error}") from error
    say(f"wrote {counted(number, 'row')} to {path}, to be mended and read again")


def _columns(maps: Sequence[str]) -> dict[str, str]:
    """Parse the values of --map; all that are wrong are told at once."""
    columns: dict[str, str] = {}
    problems: list[str] = []
    for one in maps:
        column, equals, header = (part.strip() for part in one.partition("="))
        if not (column and equals and header):
            problems.append(f"{one!r} is not COLUMN=HEADER")
        elif columns.setdefault(column.lower(), header) != header:
            problems.append(f"{column} is taken from {columns[column.lower()]!r} and from {header!r}")
    if problems:
        raise CommandError(
            USAGE, f"--map: {'; '.join(problems)}", hint="Such as --map email=userPrincipalName."
        )
    return columns
