"""Listing one page of users."""

from __future__ import annotations

import pytest
from support.account import CALLERS, Account

from arize_users import UserStatus


def test_page(account: Account) -> None:
    """A page has the users, oldest first, and says whether another follows."""
    account.sandbox.add_users(5)
    page = account.users.list(limit=3)
    assert [user.email for user in page] == CALLERS
    assert page.users == tuple(page)
    assert len(page) == 3
    assert page.pagination.has_more
    rest = account.users.list(limit=100, cursor=page.pagination.next_cursor)
    assert [user.email for user in rest] == [f"user0000{n}@example.com" for n in range(1, 6)]
    assert not rest.pagination.has_more
    assert rest.pagination.next_cursor is None


def test_defaults(account: Account) -> None:
    """Without arguments the page has the first 50 users, and nothing is filtered."""
    account.sandbox.add_users(60)
    assert len(account.users.list()) == 50
    assert account.sent[0].query == {"limit": "50"}


@pytest.mark.parametrize("email", ["@ACME.com", "acme", "Lovelace+a", "100%", "_x_", "ä&ö=#?/ ü", "x" * 255])
def test_email_filter(account: Account, email: str) -> None:
    """The email filter is a substring, ignoring case, in which no character is special."""
    wanted = ["one.100%@acme.com", "lovelace+a_x_@ACME.com", "ä&ö=#?/ ü@acme.com"]
    for address in [*wanted, "1000@example.com", "xx@example.com"]:
        account.sandbox.add_user(email=address, name="A")
    expected = [address for address in wanted if email.lower() in address.lower()]
    assert [user.email for user in account.users.list(email=email)] == expected
    assert account.sent[0].query["email"] == email


def test_no_filter(account: Account) -> None:
    """None is no filter, and is not sent."""
    assert len(account.users.list(email=None, status=None, cursor=None)) == 3
    assert account.sent[0].query == {"limit": "50"}


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (None, ["active", "invited", "expired"]),
        ("active", ["active"]),
        ("INVITED", ["invited"]),
        (UserStatus.EXPIRED, ["expired"]),
        (["Active", "invited"], ["active", "invited"]),
        ((UserStatus.EXPIRED, "EXPIRED"), ["expired"]),
        ({"active"}, ["active"]),
        (lambda: iter(["invited", "expired", "INVITED"]), ["invited", "expired"]),
    ],
)
def test_status_filter(account: Account, status: object, found: list[str]) -> None:
    """One status or several, in any case, filter and are sent once each; blocked users are never listed."""
    for one in ("active", "invited", "expired", "inactive"):
        account.sandbox.add_user(email=f"{one}@acme.com", name="A", status=one)
    page = account.users.list(email="@acme.com", status=status() if callable(status) else status)
    assert [user.email for user in page] == [f"{one}@acme.com" for one in found]
    assert account.sent[0].statuses == ([] if len(found) == 3 else [account.say(one) for one in found])
    assert len(account.sent) == 1
