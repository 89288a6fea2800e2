"""The command `settings`: shows what the commands work with, and whose account it is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .answers import Answer
from .options import Output
from .output import deliver
from .session import Session
from .setting_rows import setting_row, setting_rows


def settings(
    session: Session,
    check: Annotated[
        bool,
        typer.Option("--check", help="Ask for one user, and show the oldest of the account."),
    ] = False,
    output: Output = None,
) -> None:
    """Show each setting and where it comes from; the API key is masked.

    Nothing is sent without --check, which shows the account's oldest user: the only sign of whose it is.
    """
    target = session.target(output)
    rows = list(setting_rows(session.settings))
    document: dict[str, Any] = {"settings": [*rows]}
    if check:
        user = next(iter(session.users().list(limit=1)), None)
        document["oldest_user"] = oldest = user and user.to_dict()
        fields = ("id", "email", "name", "created_at")
        rows += [
            setting_row(f"oldest_user.{field}", (oldest or {}).get(field), "the account") for field in fields
        ]
    answer = Answer(
        size=len(rows),
        noun="setting",
        columns=tuple(setting_row("", None, None)),
        document=lambda: document,
        rows=lambda: rows,
        draw=lambda canvas: canvas.settings_table(rows),
        listed_as="settings",
    )
    deliver(answer, target)
