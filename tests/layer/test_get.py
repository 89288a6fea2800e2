"""Getting one user, by id and by email."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from support.account import NOON, Account, Connect
from support.answers import ok, page, user

from arize_users import (
    AmbiguousEmailError,
    CustomUserRole,
    ForbiddenError,
    NotFoundError,
    PredefinedUserRole,
    User,
)
from arize_users.sandbox import Sandbox


def test_by_id(account: Account) -> None:
    """A user is found by id, with every field in the layer's own types."""
    user_id = account.sandbox.add_user(email="Ada@acme.com", name="Ada", role="annotator")
    assert account.users.get(user=user_id) == User(
        id=user_id,
        name="Ada",
        email="Ada@acme.com",
        created_at=NOON,
        status="active",
        role=PredefinedUserRole(name="annotator"),
        is_developer=False,
    )
    assert account.recorder.operations == ["get_user"]


def test_custom_role(account: Account) -> None:
    """A custom role arrives with its id, and its name where the server gives one."""
    account.sandbox.add_custom_role("Um9sZToxMjM=", "admin")
    named = account.sandbox.add_user(email="a@acme.com", name="A", role="Um9sZToxMjM=")
    bare = account.sandbox.add_user(email="b@acme.com", name="B", role="Um9sZTo0NTY=")
    assert account.users.get(user=named).role == CustomUserRole(id="Um9sZToxMjM=", name="admin")
    assert account.users.get(user=bare).role == CustomUserRole(id="Um9sZTo0NTY=")


def test_without_the_permission(connect: Connect, sandbox: Sandbox, case: str) -> None:
    """A key that may not read finds no id, and is told how to see why; by email it is a ForbiddenError."""
    user_id = sandbox.add_user(email="ada@acme.com", name="Ada")
    users = connect(sandbox, case=case, api_key="sandbox-annotator").users
    with pytest.raises(NotFoundError, match="may not read") as caught:
        users.get(user=user_id)
    assert caught.value.error_code == "USER_NOT_FOUND"
    with pytest.raises(ForbiddenError):
        users.get(user="ada@acme.com")


STRANGE_IDS = "a/b a/../b ../x a?b=c a#b %2e%2e a%2Fb a;b a&b ключ a\\b ... ~ - Zm9v+/=="


@pytest.mark.parametrize("user_id", STRANGE_IDS.split())
def test_id_stays_one_segment(connect: Connect, user_id: str) -> None:
    """Whatever an id holds, it is sent whole as one segment of the path."""
    client = connect([ok(user(id=user_id))])
    assert client.users.get(user=user_id).id == user_id
    path = client.recorder.sent[0].path
    assert path.count("/") == 3
    assert path.startswith("/v2/users/")
    assert unquote(path.removeprefix("/v2/users/")) == user_id


@pytest.mark.parametrize("spelling", ["Ada.Lovelace@acme.com", "ADA.LOVELACE@ACME.COM"])
def test_by_email(account: Account, spelling: str) -> None:
    """An email is matched whole, its ASCII letters in any case, among those that merely contain it."""
    for address in ("x.ada.lovelace@acme.com", "ada.lovelace@acme.com.au", "Ada.Lovelace@acme.com"):
        account.sandbox.add_user(email=address, name=address)
    assert account.users.get(user=spelling).email == "Ada.Lovelace@acme.com"
    assert account.recorder.operations == ["list_users"]


def test_email_of_nobody(account: Account) -> None:
    """An email that nobody has is None, of up to 255 characters, also where others contain it."""
    account.sandbox.add_user(email="x.ada@acme.com", name="A")
    assert account.users.get(user="ada@acme.com") is None
    assert account.users.get(user="x" * 246 + "@acme.com") is None


def test_match_on_page_seven(connect: Connect) -> None:
    """The exact address on page 7 of the search takes seven requests, though more pages follow."""
    pages = [
        ok(page([user(id=str(n), email=f"{n}ada@example.com")] * 100, next_cursor=str(n))) for n in range(6)
    ]
    client = connect([*pages, ok(page([user(email="Ada@example.com")], next_cursor="more"))])
    assert client.users.get(user="Ada@example.com").email == "Ada@example.com"
    assert len(client.recorder.sent) == 7


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_twins(connect: Connect, order: list[int]) -> None:
    """Of two addresses that differ in case alone, each exact spelling finds its own user, on any page."""
    twins = [user(id="u1", email="Mira@acme.com"), user(id="u5", email="mira@acme.com")]
    first, second = (twins[number] for number in order)
    pages = [ok(page([first], next_cursor="2")), ok(page([second]))]
    assert connect(pages).users.get(user="Mira@acme.com").id == "u1"
    assert connect(pages).users.get(user="mira@acme.com").id == "u5"


def test_ambiguous(connect: Connect) -> None:
    """An address that two users match equally well is an error with both ids, found on the last page, too."""
    twins = [user(id="u1", email="Mira@acme.com"), user(id="u5", email="mira@acme.com")]
    client = connect([ok(page([twins[0]], next_cursor="2")), ok(page([twins[1]]))])
    with pytest.raises(AmbiguousEmailError, match=r"'u1'.*'u5'.*Give the id") as caught:
        client.users.get(user="MIRA@acme.com")
    assert (caught.value.email, caught.value.user_ids) == ("MIRA@acme.com", ("u1", "u5"))
    assert len(client.recorder.sent) == 2


def test_letters_that_only_look_alike(connect: Connect) -> None:
    """Only the case of ASCII letters is ignored: ß is not ss, a Kelvin sign no k."""
    client = connect([ok(page([user(email="\u212aate@acme.com")])), ok(page([user(email="kate@acme.com")]))])
    assert client.users.get(user="kate@acme.com") is None
    assert client.users.get(user="\u212aate@acme.com") is None
    client = connect([ok(page([user(email="strasse+a&b=c@acme.com")]))])
    assert client.users.get(user="straße+a&b=c@acme.com") is None
    assert client.recorder.sent[0].query["email"] == "straße+a&b=c@acme.com"


def test_users_without_email(connect: Connect) -> None:
    """A user listed without an email, as newer deployments may, does not disturb the search."""
    client = connect([ok(page([user(email=None), user()]))])
    assert client.users.get(user="ada@example.com").email == "ada@example.com"
