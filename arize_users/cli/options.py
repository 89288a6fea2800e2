"""The options that more than one command takes.

Typer reads these annotations when the program runs, so they are not postponed.
"""

import re
from collections.abc import Iterable
from typing import Annotated, NamedTuple, Self

import typer

Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT|FILE",
        help="table, json, jsonl, csv, tsv, xlsx or parquet, or a file that ends in one of these. If left "
        "out: the profile's format, else table.",
    ),
]
User = Annotated[str | None, typer.Argument(metavar="USER_ID|EMAIL", help="The user's id or email address.")]
PeopleFile = Annotated[
    str | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="Those whom a file names: ids and addresses, one per line or in a list, or CSV with a column "
        "email or id; - is standard input.",
    ),
]
SkipInvalid = Annotated[
    bool,
    typer.Option("--skip-invalid", help="Do without the lines of --file that cannot be used: exit code 3."),
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Do not ask. No guard is switched off by it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")]
FullName = Annotated[
    str | None, typer.Option("--full-name", "-n", metavar="NAME", help="1 to 255 characters.")
]


def split_values(values: Iterable[str] | None) -> list[str]:
    """Split what an option for several was given, at commas, semicolons, blanks and line breaks."""
    parts = (part for value in values or () for part in re.split(r"[,;\s]+", value))
    return [part for part in parts if part]


def _show_version(wanted: bool) -> None:
    if wanted:
        from arize_users import __version__

        print(f"arize-users {__version__}")
        raise typer.Exit


class Options(NamedTuple):
    """The global options, as given at one place of the command line or merged from several."""

    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url", metavar="URL", help="The endpoint; sandbox: or sandbox:FILE is a local account."
        ),
    ] = None
    api_key: Annotated[
        str | None,
        typer.Option(
            "--api-key",
            metavar="KEY",
            help="The API key. Other users of this machine can see it here: ARIZE_API_KEY is better.",
        ),
    ] = None
    region: Annotated[
        str | None, typer.Option("--region", metavar="REGION", help="The region, instead of --base-url.")
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME",
            help="Take key and endpoint from this profile, never from the environment. ARIZE_PROFILE "
            "names one, too.",
        ),
    ] = None
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log to standard error, and show errors in full.")
    ] = False
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False

    def over(self, outer: Self) -> Self:
        """Merge with options given before a group's or command's name; these, given after it, win."""
        given = {name: value for name, value in self._asdict().items() if value not in (None, False)}
        # Both name the endpoint, so one given here replaces the other given there.
        if given.keys() & {"base_url", "region"}:
            outer = outer._replace(base_url=None, region=None)
        return outer._replace(**given)
