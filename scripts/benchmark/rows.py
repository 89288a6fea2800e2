"""The rows of the report with their aims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmark import account
from benchmark.measuring import ASYNC, OFFICIAL, OURS, Row

_CLIENTS, _BOTH = (OURS, ASYNC, OFFICIAL), (OURS, OFFICIAL)
_SINGLE_USERS = account.EMAILS[account.BEFORE_SEARCHED + 1 :][:100]
_USER, _FOUND = account.IDS[500], account.IDS[account.BEFORE_SEARCHED]

_LIST = Row(what="list of 100", work="list", expected=100, loops=40, values=3, to_official=0.33, to_floor=1.4)
_GET = Row(what="get by id", work="get", arguments={"user": _USER}, expected=_USER, loops=80, values=3)
_FIND = replace(_GET, what="get by email on page 7", arguments={"user": account.SEARCHED}, expected=_FOUND)
_DELETE = Row(what="bulk delete", work="delete", latency=0.02, sides=_CLIENTS, to_official=0.05, rounds=3)

_CREATE = replace(
    _DELETE,
    what="create 1,000 users",
    work="create",
    arguments={"people": account.PEOPLE},
    expected=1000,
    to_official=None,
)


def _by_id(count: int) -> Row:
    arguments = {"user_ids": account.IDS[1000 : 1000 + count], "emails": []}
    what = f"bulk delete of {count:,} ids"
    return replace(_DELETE, what=what, arguments=arguments, expected=count, to_sync=1.1, rounds=5, values=3)


def _by_email(which: str, emails: list[str], *, requests: float) -> Iterator[Row]:
    arguments = {"user_ids": [], "emails": emails}
    row = replace(_DELETE, what=f"bulk delete of 100 emails {which}", arguments=arguments, expected=100)
    yield replace(row, metric="requests", to_official=requests, rounds=1)
    yield row


def _ax(words: str, metric: str = "wall", *, to_official: float) -> Row:
    return Row(what=f"ax {words}", metric=metric, command=words.split(), sides=_BOTH, to_official=to_official)


ROWS: list[Row] = [
    Row(what="import and first client", work="start", to_official=0.12, rounds=9),
    Row(what="installed client", metric="size", sides=_BOTH, to_official=0.06, rounds=1),
    _LIST,
    replace(_LIST, metric="CPU"),
    _GET,
    replace(_GET, metric="CPU", to_official=1.05, to_floor=1.25),
    replace(_FIND, sides=_CLIENTS, loops=3),
    Row(what="iterate 10,000 users", work="iterate", expected=account.USERS, rounds=3),
    replace(_by_id(100), to_official=0.06),
    # Each of the 32 connections waits 32 times, whatever the client.
    replace(_by_id(1000), sides=(OURS, ASYNC), to_official=None, limit=32 * 0.02, to_floor=1.15),
    replace(
        _CREATE, sides=(OURS, ASYNC), limit=1000 / 32 * 0.02, to_floor=1.3, to_sync=1.1, rounds=5, values=3
    ),
    # The official client creates one user at a time.
    replace(_CREATE, what=f"{_CREATE.what} beside a loop", sides=_BOTH, to_official=0.05, rounds=1),
    *_by_email("of a domain of 200", account.emails_of(account.DOMAIN_OF_200), requests=0.6),
    *_by_email("of a domain of 1,000", account.emails_of(account.DOMAIN_OF_1000), requests=0.6),
    *_by_email("of 100 domains", _SINGLE_USERS, requests=1),
    _ax("--help", to_official=0.16),
    _ax("users --help", to_official=0.16),
    _ax("users list --limit 100 -o json", to_official=0.15),
    _ax("users list --limit 100 -o json", "peak", to_official=0.26),
]
