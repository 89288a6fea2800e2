"""What cannot be right is refused before any request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from support.account import Account, Connect

from arize_users import (
    ArizeError,
    CustomUserRole,
    InvalidArgumentError,
    PredefinedUserRole,
    UnknownUserRole,
    assign_custom_role,
    assign_predefined_role,
)
from arize_users._users import arguments as check
from arize_users._users.dates import point_in_time

from .simulated_calls import NEW
from .test_errors import REFUSED_ARGUMENTS

EMAILS = ["", " ", "ada", "@acme.com", "ada@", "@", "ada @acme.com", "ada@acme.com bo@acme.com"]
EMAILS += ["ada@acme.com;bo@acme.com", "ada@acme.com,bo@acme.com", "ada@acme.com,", "mailto:ada@acme.com"]
EMAILS += ["\u201cada@acme.com\u201d", "\xabada@acme.com\xbb", "ada@acme.com\u2026", "ada\uff20acme.com"]
EMAILS += [
    "<ada@acme.com>",
    "Ada <ada@acme.com>",
    "ada@acme.com.",
    "ada@.acme.com",
    "ada@acme..com",
    "ada@@acme.com",
]
EMAILS += [
    "ada@bo@acme.com",
    "ada(work)@acme.com",
    "[ada@acme.com]",
    "'ada@acme.com'",
    '"ada@acme.com"',
    "a:b@acme.com",
]
EMAILS += [
    "https://ada@acme.com/",
    "ada@acme.com?subject=x",
    "ada@acme.com/",
    "ada@acme.com\u200b",
    '"a b"@acme.com',
]
EMAILS += ["ada@ac\tme.com", "ada@\u00a0acme.com", "ada@acme.com\0", "ada@acme.com\ud800", None, 7, b"a@b.c"]
ROLES = [PredefinedUserRole(name="owner"), PredefinedUserRole(name=""), CustomUserRole(id="")]
ROLES += [CustomUserRole(id=" "), CustomUserRole(id="\ud800"), UnknownUserRole(data={"type": "predefined"})]
TIMES = ["", "  ", "soon", "2026-13-01", "2026-02-30", "9:00", "March", "Monday", "2026", "March 2026", "10"]
TIMES += ["2026-03-01 09:00 EST", "2026-03-01 00:00 +99:99", "2026-03-01 00:00-24:00", "2026-03-01T09:00 CET"]
TIMES += ["99999999 years", "9" * 5000 + " days", "-3 days", "30", "days", "1.5 days", "3 fortnights"]

REFUSED: list[tuple[Callable[..., object], list[Any]]] = [
    (check.user_id, ["", " ", "\t\n", ".", "..", "ada@acme.com", "@", "a b", "a\u00a0b", "a\0b", "a\nb"]),
    (check.user_id, ["\ud800", None, 7, b"id"]),
    (check.email, EMAILS),
    (check.searchable_email, [*EMAILS, "x" * 250 + "@acme.com"]),
    (check.email_filter, ["", " ", "\t\n", "x" * 256, 7, b"x", ["x"], "\ud800"]),
    (check.limit, [0, -1, 101, 10**9, 1.0, "50", None, True, float("nan")]),
    (partial(check.whole_number, argument="max_concurrency"), [0, -1, 1.5, "8", None, True]),
    (check.cursor, ["", " ", 7, b"x", "\ud800"]),
    (
        check.statuses,
        ["", "inactive", "blocked", " active", b"active", ["active", "x"], [None], 7, [["active"]], [], ()],
    ),
    (check.name, ["", " ", "\t\n\u2003", "x" * 256, None, 7, b"Ada", "\ud800"]),
    (check.role, ["", "owner", " member", None, 7, ["member"], {"name": "member"}, *ROLES]),
    (check.invite_mode, ["", "email", "EMAIL-LINK", " none", None, 1, ["none"]]),
    (partial(check.flag, argument="is_developer"), [1, 0, "true", "", [], 1.0, None]),
    (partial(check.items, argument="user_ids"), ["VXNlcjox", b"VXNlcjox", 7]),
    (partial(check.callback, argument="on_result"), [7, "print", [print]]),
    (partial(point_in_time, argument="created_after"), TIMES),
    (
        partial(point_in_time, argument="created_after"),
        [0, 1_700_000_000, True, b"2026", ["2026-03-01"], "1" * 400],
    ),
    (assign_predefined_role, ["", "owner", None, 7]),
    (assign_custom_role, ["", "  ", None, 7]),
]


CASES = [
    pytest.param(check_one, value, id=f"{getattr(check_one, 'func', check_one).__name__} {ascii(value)[:30]}")
    for check_one, values in REFUSED
    for value in values
]


@pytest.mark.parametrize(("check_one", "value"), CASES)
def test_values(check_one: Callable[..., object], value: Any) -> None:
    """A value that cannot be right is an ArizeError and a ValueError that names the argument."""
    with pytest.raises(InvalidArgumentError) as caught:
        check_one(value)
    assert isinstance(caught.value, ArizeError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.argument
    assert caught.value.message


NOBODY: list[Any] = [("bulk_delete", {"user_ids": (), "emails": []}, "user_ids")]


@pytest.mark.parametrize(("method", "arguments"), [row[:2] for row in REFUSED_ARGUMENTS + NOBODY], ids=str)
def test_no_request(connect: Connect, method: str, arguments: dict[str, Any]) -> None:
    """Every argument of every method is checked before any request."""
    client = connect([])
    with pytest.raises(InvalidArgumentError):
        getattr(client.users, method)(**arguments)
    assert client.recorder.sent == []


@pytest.mark.parametrize(
    ("method", "arguments", "words"),
    [
        ("list", {"limit": 500}, ["limit", "1 to 100", "500"]),
        ("iter", {"page_size": 0}, ["page_size", "1 to 100"]),
        ("list", {"status": "blocked"}, ["status", "'active', 'invited', 'expired'"]),
        ("create", {**NEW, "role": "owner"}, ["'admin', 'member', 'annotator'"]),
        ("create", {**NEW, "role": ["member"]}, ["PredefinedUserRole", "CustomUserRole", "list"]),
        ("create", {**NEW, "invite_mode": "mail"}, ["'none', 'email_link', 'temporary_password'"]),
        ("delete", {"user_id": "ada@acme.com"}, ["users.get", "emails="]),
        ("bulk_delete", {"user_ids": ["x", "a@b.c"]}, ["user_ids[1]", "emails="]),
        ("bulk_delete", {"emails": "a@b.c"}, ["emails", "list"]),
        ("get", {"user": "a@b.c;d@b.c"}, ["user", "'a@b.c;d@b.c'", "more than one address"]),
        ("get", {"user": "mailto:a@b.c"}, ["mailto: link"]),
        ("get", {"user": "Ada <a@b.c>"}, ["brackets"]),
        ("get", {"user": "a@b.c."}, ["a dot too many"]),
        ("get", {"user": "a\uff20b.c"}, ["is an email address, not an id"]),
        ("create", {**NEW, "email": "a@@b.c"}, ["email", "more than one @"]),
        ("create", {**NEW, "email": "a b@b.c"}, ["blanks"]),
        ("list", {"status": []}, ["status", "empty", "Leave it out"]),
        ("iter", {"status": ()}, ["status", "empty", "Leave it out"]),
        ("list", {"email": ""}, ["email", "empty", "Leave it out"]),
        ("iter", {"email": " "}, ["email", "empty", "Leave it out"]),
        ("update", {"user_id": "x"}, ["name", "is_developer", "at least one"]),
        ("iter", {"created_after": "soon"}, ["created_after", "30 days", "2026-03-01"]),
    ],
)
def test_what_would_be_right(
    connect: Connect, method: str, arguments: dict[str, Any], words: list[str]
) -> None:
    """A refusal names the argument and says what would be right."""
    with pytest.raises(InvalidArgumentError) as caught:
        getattr(connect([]).users, method)(**arguments)
    for word in words:
        assert word in str(caught.value)


BAD_IDS = ["x", "", "a@b.c", "y"]
BAD_EMAILS = ["ada@acme.com", "a@x;b@x", "<a@x>", 7]


def test_all_at_once(connect: Connect) -> None:
    """One error names every bad entry of a call, of ids and emails alike; its place is that of the first."""
    client = connect([])
    with pytest.raises(InvalidArgumentError) as caught:
        client.users.bulk_delete(user_ids=BAD_IDS, emails=BAD_EMAILS)
    error = caught.value
    places = [(one.argument, one.index) for one in (error, *error.others)]
    assert places == [("user_ids", 1), ("user_ids", 2), ("emails", 1), ("emails", 2), ("emails", 3)]
    lines = str(error).splitlines()
    assert [line.partition(":")[0] for line in lines] == [f"{name}[{index}]" for name, index in places]
    assert "'a@x;b@x' is not an email address: it is more than one" in lines[2]
    with pytest.raises(InvalidArgumentError) as caught:
        client.users.list(status=["active", "x", "y"])
    assert [one.index for one in caught.value.others] == [2]
    assert client.recorder.sent == []


ADDRESSES = [
    "o'brien+tag@acme.com",
    "a@x",
    "ünï@exämple.com",
    "a_b@my_host.acme-1.com",
    '"a@b,c"@acme.com',
    "a..b@x",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses(address: str) -> None:
    """An address of any form that mail knows is taken as it is, with the blanks around it stripped."""
    assert check.email(f"\t {address}\u00a0\n") == address


def test_edges(account: Account) -> None:
    """Blanks around an address or an id, as pasting brings them, are stripped by every method."""
    new = {**NEW, "email": " ada@acme.com\n"}
    user_id = account.users.create(**new).id
    assert (
        account.users.get(user="\tada@acme.com ").id == account.users.get(user=f" {user_id}\n").id == user_id
    )
    assert account.users.update(user_id=f"{user_id} ", name="Ada King").email == "ada@acme.com"
    results = account.users.bulk_delete(user_ids=[f" {user_id}"], emails=["ada@acme.com ", "ada@acme.com"])
    assert [(one.user_id, one.email) for one in results] == [(user_id, None), (user_id, "ada@acme.com")]
    account.users.delete(user_id=f"{user_id}\n")


@pytest.mark.parametrize(
    "method", ["get", "delete", "resend_invitation", "reset_password", "list", "iter", "bulk_delete"]
)
def test_keyword_only(connect: Connect, method: str) -> None:
    """No argument can be given by position, so none can be mistaken for another."""
    with pytest.raises(TypeError):
        getattr(connect([]).real.users, method)("x")


def test_coroutine_functions(connect: Connect) -> None:
    """A callback that would have to be awaited is refused: it would never run."""

    async def on_result(result: object) -> None: ...

    with pytest.raises(InvalidArgumentError, match="coroutine"):
        connect([]).users.bulk_delete(user_ids=["x"], on_result=on_result)


def test_iterable_that_raises(connect: Connect) -> None:
    """An exception of the caller's own iterable reaches the caller unchanged, and nothing is sent."""

    def ids() -> Any:
        yield "VXNlcjox"
        raise LookupError("mine")

    client = connect([])
    with pytest.raises(LookupError, match="mine"):
        client.users.bulk_delete(user_ids=ids())
    assert client.recorder.sent == []
