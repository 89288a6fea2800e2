"""What cannot be right is refused before any request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from support.account import Connect

from arize_users import (
    ArizeError,
    CustomUserRole,
    InvalidArgumentError,
    PredefinedUserRole,
    UnknownUserRole,
    assign_custom_role,
    assign_predefined_role,
)

NEW = {"name": "Ada", "email": "ada@acme.com", "role": "member", "invite_mode": "none"}
IDS = [
    "",
    " ",
    "\t\n",
    ".",
    "..",
    "ada@acme.com",
    "@",
    "a b",
    "a\u00a0b",
    "a\0b",
    "a\nb",
    "\ud800",
    None,
    7,
    b"id",
]
EMAILS = [
    *["@acme.com", "ada@", "@", "ada @acme.com", "ada@acme .com", " ada@acme.com", "ada@acme.com\n"],
    *["ada@ac\tme.com", "ada@\u00a0acme.com", "ada@acme.com\0", "ada@acme.com\ud800"],
]
LIMITS = [0, -1, 101, 10**9, 1.0, "50", None, True, float("nan")]
NAMES = ["", " ", "\t\n\u2003", "x" * 256, None, 7, b"Ada", "\ud800"]
MODES = ["", "email", "EMAIL-LINK", " none", None, 1, ["none"]]
STATUSES = [
    "",
    "inactive",
    "blocked",
    "activ",
    " active",
    b"active",
    ["active", "inactive"],
    [None],
    7,
    [["active"]],
]
ROLES = [
    *["", "owner", " member", None, 7, ["member"], {"type": "predefined", "name": "member"}],
    PredefinedUserRole(name="owner"),
    PredefinedUserRole(name=""),
    CustomUserRole(id=""),
    CustomUserRole(id=" "),
    CustomUserRole(id="\ud800"),
    UnknownUserRole(data={"type": "predefined", "name": "member"}),
]
TIMES = [
    *["", "  ", "soon", "2026-13-01", "2026-02-30", "9:00", "March", "Monday", "2026", "March 2026", "10"],
    *[
        "2026-03-01 09:00 EST",
        "2026-03-01 00:00 +99:99",
        "2026-03-01 00:00-24:00",
        "2026-03-01T09:00 CET",
        "99999999 years",
        "9" * 5000 + " days",
        "-3 days",
    ],
    *["30", "days", "1.5 days", "3 fortnights", 0, 1_700_000_000, True, b"2026-03-01", ["2026-03-01"]],
    "1" * 400,
]
FLAGS = [1, 0, "true", "", [], 1.0]
BATCHES: list[dict[str, Any]] = [
    {},
    {"user_ids": []},
    {"user_ids": (), "emails": []},
    {"user_ids": "VXNlcjox"},
    {"emails": "ada@acme.com"},
    {"user_ids": b"VXNlcjox"},
    {"user_ids": 7},
    {"emails": 7},
    *({"user_ids": ["VXNlcjox", one]} for one in IDS),
    *({"emails": ["ada@acme.com", one]} for one in [*EMAILS, "", " ", "VXNlcjox", None, 7, b"ada@acme.com"]),
    {"emails": ["x" * 250 + "@acme.com"]},
    *({"user_ids": ["VXNlcjox"], "max_concurrency": one} for one in (0, -1, 1.5, "8", None, True)),
    *({"user_ids": ["VXNlcjox"], "on_result": one} for one in (7, "print", [print])),
]


def _cases() -> list[Any]:
    calls: list[tuple[str, dict[str, Any]]] = []
    calls += [("list", {"limit": one}) for one in LIMITS]
    calls += [("list", {"status": one}) for one in STATUSES]
    calls += [("list", {"email": one}) for one in ("x" * 256, 7, b"x", ["x"], "\ud800")]
    calls += [("list", {"cursor": one}) for one in ("", " ", 7, b"x", "\ud800")]
    calls += [("iter", {"page_size": one}) for one in LIMITS]
    calls += [("iter", {"status": one}) for one in STATUSES]
    calls += [("iter", {"email": one}) for one in ("x" * 256, 7)]
    calls += [("iter", {bound: one}) for one in TIMES for bound in ("created_after", "created_before")]
    calls += [("iter", {"created_after": "2026-03-02", "created_before": datetime(2026, 3, 1)})]
    calls += [("get", {"user": one}) for one in (*EMAILS, "x" * 250 + "@acme.com") if one != "@"]
    calls += [("get", {"user": one}) for one in IDS if "@" not in str(one)]
    calls += [("create", {**NEW, "name": one}) for one in NAMES]
    calls += [("create", {**NEW, "email": one}) for one in (*EMAILS, "", " ", "ada", None, 7, b"a@b.c")]
    calls += [("create", {**NEW, "role": one}) for one in ROLES]
    calls += [("create", {**NEW, "invite_mode": one}) for one in MODES]
    calls += [("create", {**NEW, "is_developer": one}) for one in FLAGS]
    calls += [("update", {"user_id": "VXNlcjox"}), ("update", {"user_id": "VXNlcjox", "name": None})]
    calls += [("update", {"user_id": "VXNlcjox", "name": one}) for one in NAMES if one is not None]
    calls += [("update", {"user_id": "VXNlcjox", "is_developer": one}) for one in FLAGS]
    calls += [("update", {"user_id": one, "name": "Ada"}) for one in IDS]
    mailing = ("delete", "resend_invitation", "reset_password")
    calls += [(method, {"user_id": one}) for method in mailing for one in IDS]
    calls += [("bulk_delete", batch) for batch in BATCHES]
    return [pytest.param(*call, id=f"{number}-{call[0]}") for number, call in enumerate(calls)]


@pytest.mark.parametrize(("method", "arguments"), _cases())
def test_refused_before_any_request(connect: Connect, method: str, arguments: dict[str, Any]) -> None:
    """An argument that cannot be right is an ArizeError and a ValueError, and no request is sent."""
    client = connect([])
    with pytest.raises(InvalidArgumentError) as caught:
        getattr(client.users, method)(**arguments)
    assert isinstance(caught.value, ArizeError)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value)
    assert client.recorder.sent == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda users: users.list(limit=500), ["limit", "1 to 100", "500"]),
        (lambda users: users.iter(page_size=0), ["page_size", "1 to 100"]),
        (lambda users: users.list(status="blocked"), ["status", "'active', 'invited', 'expired'"]),
        (lambda users: users.create(**{**NEW, "role": "owner"}), ["'admin', 'member', 'annotator'"]),
        (
            lambda users: users.create(**{**NEW, "invite_mode": "mail"}),
            ["'none', 'email_link', 'temporary_password'"],
        ),
        (lambda users: users.delete(user_id="ada@acme.com"), ["users.get", "emails="]),
        (lambda users: users.bulk_delete(user_ids=["x", "a@b.c"]), ["user_ids[1]", "emails="]),
        (lambda users: users.bulk_delete(emails="a@b.c"), ["emails", "list"]),
        (lambda users: users.update(user_id="x"), ["name", "is_developer", "at least one"]),
        (lambda users: users.iter(created_after="soon"), ["created_after", "30 days", "2026-03-01"]),
    ],
)
def test_refusals_say_what_is_wanted(
    connect: Connect, call: Callable[[Any], object], words: list[str]
) -> None:
    """A refusal names the argument and what would be right."""
    with pytest.raises(InvalidArgumentError) as caught:
        call(connect([]).users)
    for word in words:
        assert word in str(caught.value)


def test_everything_is_keyword_only(connect: Connect) -> None:
    """No argument can be given by its place, so none can be mistaken for another."""
    client = connect([])
    for method in ("get", "delete", "resend_invitation", "reset_password", "list", "iter", "bulk_delete"):
        with pytest.raises(TypeError):
            getattr(client.real.users, method)("x")


def test_coroutine_functions_cannot_report(connect: Connect) -> None:
    """A callback that would have to be awaited is refused: it would never run."""

    async def on_result(result: object) -> None: ...

    client = connect([])
    with pytest.raises(InvalidArgumentError, match="coroutine"):
        client.users.bulk_delete(user_ids=["x"], on_result=on_result)
    assert client.recorder.sent == []


def test_a_failing_iterable(connect: Connect) -> None:
    """What the caller's own iterable raises is the caller's to see, and nothing was sent."""

    def ids() -> Any:
        yield "VXNlcjox"
        raise LookupError("mine")

    client = connect([])
    with pytest.raises(LookupError, match="mine"):
        client.users.bulk_delete(user_ids=ids())
    assert client.recorder.sent == []


@pytest.mark.parametrize("name", ["", "owner", None, 7])
def test_predefined_role_builder(name: Any) -> None:
    """The builder refuses a role that does not exist."""
    with pytest.raises(InvalidArgumentError, match="'admin', 'member', 'annotator'"):
        assign_predefined_role(name)


@pytest.mark.parametrize("role_id", ["", "  ", None, 7])
def test_custom_role_builder(role_id: Any) -> None:
    """The builder refuses a blank id."""
    with pytest.raises(InvalidArgumentError):
        assign_custom_role(role_id)
