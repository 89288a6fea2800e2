"""The command `settings`: shows what the commands work with, and whose account it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from .answers import Answer
from .options import Output
from .output import deliver
from .reporter import HIDDEN
from .session import Session
from .settings import DEFAULT, Settings

_SHOWN = 4
_LONG_ENOUGH = 24
"""A key of this length is still one when its first and last characters are known."""

Row = dict[str, str | None]


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
        rows += [_row(f"oldest_user.{field}", (oldest or {}).get(field), "the account") for field in fields]
    answer = Answer(
        size=len(rows),
        noun="setting",
        columns=tuple(_row("", None, None)),
        document=lambda: document,
        rows=lambda: rows,
        draw=lambda canvas: canvas.settings_table(rows),
    )
    deliver(answer, target)


def _row(setting: str, value: str | None, source: str | None) -> Row:
    is_option = source is not None and source.startswith("--")
    return {"setting": setting, "value": value, "source": f"the option {source}" if is_option else source}


def setting_rows(found: Settings) -> Iterator[Row]:
    """Give each setting, masked where it is secret, and where it comes from."""
    from arize_users.config import proxy_for, resolve

    settled = resolve(api_key=found.api_key, base_url=found.base_url)
    proxy, profile = proxy_for(settled), found.profile
    yield _row("profile", *((profile.name, profile.chosen_by) if profile.exists() else (None, None)))
    yield _row("api_key", _masked(settled.api_key), found.key_from)
    yield _row("endpoint", settled.base_url, found.endpoint_from)
    verify = settled.verify if isinstance(settled.verify, str) else str(settled.verify).lower()
    yield _row("verify", verify, _source("ARIZE_REQUEST_VERIFY", "ARIZE_SSL_CA_CERT"))
    proxy_from = _source("ARIZE_PROXY_URL") if settled.proxy or not proxy else "the environment"
    yield _row("proxy", proxy and _without_user(proxy), proxy_from)
    yield _row("max_retries", str(settled.max_retries), _source("ARIZE_MAX_RETRIES"))
    yield _row("enum_case", settled.enum_case, _source("ARIZE_ENUM_CASE"))
    yield _row("output", *found.default_format())


def _masked(key: str) -> str:
    return f"{key[:_SHOWN]}...{key[-_SHOWN:]}" if len(key) >= _LONG_ENOUGH else HIDDEN


def _without_user(proxy: str) -> str:
    url = urlsplit(proxy)
    return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()


def _source(*variables: str) -> str:
    return " and ".join(name for name in variables if os.environ.get(name, "").strip()) or DEFAULT
