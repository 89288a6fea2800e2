"""What a shell and a notebook show of pages and clients, and frames of all users."""

from __future__ import annotations

import errno
import io
import re
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from threading import Thread
from typing import Any

import pandas
import pytest
from support.account import CALLERS, Account, Connect
from support.answers import ok, page, problem, user

from arize_users import (
    USER_COLUMNS,
    ArizeClient,
    AsyncArizeClient,
    CustomUserRole,
    InvalidArgumentError,
    Pagination,
    PredefinedUserRole,
    ServerError,
    User,
    UserPage,
)

LAST = Pagination(has_more=False)
FOREIGN = "<script>alert(1)</script>&amp;\"'$x$ \ud800 \u202e\x1b[31m"


def _users(count: int) -> tuple[User, ...]:
    return tuple(User(id=f"id{number}", name="A", email=f"{number}@acme.com") for number in range(count))


@pytest.mark.parametrize(
    ("users", "has_more", "text"),
    [
        ((), False, "UserPage(0 users, has_more=False)"),
        (_users(1), False, "UserPage(1 user, has_more=False, first='0@acme.com', last='0@acme.com')"),
        (_users(100), True, "UserPage(100 users, has_more=True, first='0@acme.com', last='99@acme.com')"),
        ((User(id="x"),), False, "UserPage(1 user, has_more=False, first=None, last=None)"),
    ],
    ids=["none", "one", "many", "no-email"],
)
def test_repr_of_a_page(users: tuple[User, ...], has_more: bool, text: str) -> None:
    """A page is shown by how many users it has, whether more follow, and its first and last address."""
    shown = UserPage(users=users, pagination=Pagination(has_more=has_more, next_cursor="c"))
    assert repr(shown) == str(shown) == text


def test_repr_of_a_page_stays_short() -> None:
    """A page stays one short line, however long the addresses that a server sends."""
    users = (User(email="a\n\x1b[31m" + "b" * 9000), *_users(98), User(email="\u202e" * 9000))
    shown = repr(UserPage(users=users, pagination=LAST, extra={"more": "x" * 9000}))
    assert len(shown) < 250
    assert shown.isprintable()


def test_a_page_is_a_sequence() -> None:
    """A page takes an index, a slice, which gives a tuple, `in`, `reversed` and `index`."""
    users = _users(5)
    found = UserPage(users=users, pagination=LAST)
    assert (found[0], found[-1]) == (users[0], users[4])
    assert (found[1:3], found[::-1], found[9:]) == (users[1:3], users[::-1], ())
    assert users[3] in found
    assert User(id="other") not in found
    assert "0@acme.com" not in found
    assert (tuple(reversed(found)), found.index(users[2]), found.count(users[2])) == (users[::-1], 2, 1)
    with pytest.raises(IndexError):
        found[5]


class _Table(HTMLParser):
    """Reads a table as a browser does."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[Any] = []
        self.cells: dict[str, list[str]] = {"td": [], "th": [], "caption": []}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag in self.cells:
            self.cells[tag].append("")

    def handle_data(self, data: str) -> None:
        self.cells[self.tags[-1]][-1] += data


def _html(found: UserPage) -> str:
    html: Any = found._repr_html_()
    assert isinstance(html, str)
    return html


def test_table_of_a_page() -> None:
    """A notebook shows a page as a table with a row for each user and the columns of a frame."""
    role = CustomUserRole(id="r1", name="Auditor")
    created_at = datetime(2024, 1, 1, tzinfo=UTC)
    one = User(id="x", name="Ada", email="a@b.c", status="ACTIVE", role=role, created_at=created_at)
    table = _Table(_html(UserPage(users=(one, User()), pagination=LAST)))
    assert tuple(table.cells["th"]) == USER_COLUMNS
    ada = ["x", "Ada", "a@b.c", "active", "custom", "Auditor", "r1", "", "2024-01-01 00:00:00+00:00"]
    assert table.cells["td"] == [*ada, *[""] * len(USER_COLUMNS)]
    assert table.cells["caption"] == ["2 users, has_more=False"]


def test_foreign_text_in_a_table() -> None:
    """No text of a server becomes markup, a formula, reversed text, or bytes that a notebook cannot send."""
    roles = [CustomUserRole(id=FOREIGN, name=FOREIGN), PredefinedUserRole(name=FOREIGN)]
    users = tuple(User(id=FOREIGN, name=FOREIGN, email=FOREIGN, status=FOREIGN, role=role) for role in roles)
    html = _html(UserPage(users=users, pagination=Pagination(has_more=True, next_cursor=FOREIGN)))
    table = _Table(html)
    assert set(table.tags) == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert table.attributes == [("class", "tex2jax_ignore mathjax_ignore")]
    assert table.cells["td"][1] == FOREIGN[:-8] + r"\ud800 \u202e\x1b[31m"
    html.encode()


def test_bounds_of_a_table() -> None:
    """A table shows the first twenty users, says how many it leaves out, and cuts a long text."""
    users = tuple(User(name="<" * 5000, email=one.email) for one in _users(100))
    html = _html(UserPage(users=users, pagination=LAST))
    table = _Table(html)
    assert table.tags.count("tr") == 21
    assert table.cells["caption"] == ["100 users, 80 of them not shown, has_more=False"]
    assert table.cells["td"][1] == "<" * 79 + "…"
    assert len(html) < 20_000


@pytest.mark.parametrize("kind", [ArizeClient, AsyncArizeClient])
def test_repr_of_a_client(kind: Any) -> None:
    """A client shows its endpoint, and its users of the key, too, no more than `ax settings` does."""
    key, url = "ak-0123456789abcdefghij-wxyz", "https://api.eu-west-1a.arize.com"
    client = kind(api_key=key, region="EU", headers={"x-secret": "geheim"}, proxy="http://u:geheim@p:1")
    shown = f"(base_url={url!r}, api_key='ak-0...wxyz')"
    assert repr(client) == f"{kind.__name__}(base_url={url!r})"
    assert repr(client.users) == f"{type(client.users).__name__}{shown}"
    assert repr(client.with_options(timeout=1).users) == repr(client.users)
    assert "[hidden]" in repr(kind(api_key="short-enough-to-guess").users)


def test_frame_of_all_users(account: Account) -> None:
    """to_df reads all users that match, the oldest first, into the frame that a page of them gives."""
    account.sandbox.add_users(230, mix=True)
    filters = {"email": "user", "status": ["active", "invited"], "created_before": "2030-01-01"}
    frame = account.users.to_df(**filters, page_size=50)
    users = list(account.users.iter(**filters))
    assert 100 < len(frame) == len(users) < 230
    assert list(frame["email"]) == [one.email for one in users]
    expected = UserPage(users=tuple(users), pagination=LAST)
    pandas.testing.assert_frame_equal(frame, expected.to_df())
    upper = account.users.to_df(**filters, prefetch=True, case="upper")
    pandas.testing.assert_frame_equal(upper, expected.to_df(case="upper"))
    assert set(upper["status"]) == {"ACTIVE", "INVITED"}
    empty = account.users.to_df(email="nobody")
    assert (len(empty), tuple(empty.columns)) == (0, USER_COLUMNS)


def test_frame_from_a_cursor(account: Account) -> None:
    """A frame can begin where a page or an error says that a list goes on."""
    cursor = account.users.list(limit=1).pagination.next_cursor
    assert list(account.users.to_df(cursor=cursor)["email"]) == CALLERS[1:]


def test_progress_bar(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """Where tqdm is installed, a bar on standard error counts the users; progress=False shows none."""
    account.sandbox.add_users(20)
    account.users.to_df(page_size=5)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.search(r"Reading users: 23 users \[", shown.err)
    account.users.to_df(progress=False)
    assert capsys.readouterr().err == ""


def test_frame_without_tqdm(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without tqdm the frame is the same, and there is no bar."""
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert list(account.users.to_df()["email"]) == CALLERS
    assert capsys.readouterr() == ("", "")


class _Full(io.StringIO):
    """A stream that cannot be written to, such as one on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def _closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [None, _closed(), _Full()], ids=["none", "closed", "full"])
def test_frame_where_no_bar_can_be_shown(
    account: Account, monkeypatch: pytest.MonkeyPatch, stream: Any
) -> None:
    """A standard error that is missing, closed or full keeps the bar away, and not the frame."""
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(account.users.to_df()["email"]) == CALLERS


def test_frames_of_threads_where_no_bar_can_be_shown(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar that cannot be written keeps no other thread from reading a frame."""
    monkeypatch.setattr(sys, "stderr", _Full())
    account.users.to_df()
    other = Thread(target=account.users.to_df, daemon=True)
    other.start()
    other.join(10)
    assert not other.is_alive()


def test_frame_that_fails_on_the_way(connect: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    """An error on the way is the one of iter, with the cursor to go on from, and ends the bar's line."""
    first = ok(page([user()], next_cursor="c1"))
    client = connect([first, *[problem(500)] * 3], judged=False, max_retries=0)
    with pytest.raises(ServerError) as caught:
        client.users.to_df(page_size=1)
    assert caught.value.cursor == "c1"
    assert capsys.readouterr().err.endswith("\n")


def test_frame_that_cannot_be_made(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong case and a pandas that is not installed are told before anything is sent."""
    with pytest.raises(InvalidArgumentError, match="case: 'title'"):
        account.users.to_df(case="title")
    with pytest.raises(InvalidArgumentError, match="status: 'activ'"):
        account.users.to_df(status="activ")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"arize-users\[df\]"):
        account.users.to_df()
    assert account.sent == []
