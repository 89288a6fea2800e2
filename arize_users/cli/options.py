"""The options that more than one command takes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


# The client has these enums, too, but importing it would slow down every --help and completion.
class Status(StrEnum):
    """The statuses that can be listed."""

    ACTIVE = "active"
    INVITED = "invited"
    EXPIRED = "expired"


class Role(StrEnum):
    """The predefined roles."""

    ADMIN = "admin"
    MEMBER = "member"
    ANNOTATOR = "annotator"


class Mode(StrEnum):
    """The ways to invite."""

    NONE = "none"
    EMAIL_LINK = "email_link"
    TEMPORARY_PASSWORD = "temporary_password"


BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="The endpoint; sandbox: or sandbox:FILE is a local account."
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        metavar="KEY",
        help="The API key. Other users of this machine can see it here: ARIZE_API_KEY is better.",
    ),
]
Region = Annotated[
    str | None, typer.Option("--region", metavar="REGION", help="The region, instead of --base-url.")
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile", "-p", metavar="NAME", help="The profile, for what no option or variable gives."
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Log to standard error, and show errors in full.")
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT|FILE",
        help="table, json, csv or parquet, or a file ending in .json, .csv, .parquet or .pq. "
        "If left out: the profile's format, else table.",
    ),
]
UserId = Annotated[str, typer.Argument(metavar="USER_ID", help="The user's id.")]
FullName = Annotated[
    str | None, typer.Option("--full-name", "-n", metavar="NAME", help="1 to 255 characters.")
]
