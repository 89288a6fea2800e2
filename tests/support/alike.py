"""Accounts whose addresses are hard to tell apart, as hypothesis draws them, and a server for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx
from attrs import Factory, define, frozen
from hypothesis import strategies as st

from .answers import Reply, ok, page, problem

ALIKE = ["kK\u212a", "iI\u0130\u0131", "sS\u017f\u00df\u1e9e", "aAäÄ", "\u03c3\u03c2\u03a3", "o"]
"""Letters that some rule of case takes for one another: the Kelvin sign, dotless i, sharp s, sigma."""

FOLDS: list[Callable[[str], str]] = [str.lower, str.casefold, lambda text: text.encode().lower().decode()]
"""How a server may ignore case in its filter."""


def ascii_folded(address: str) -> str:
    """Lower A to Z alone, by another way than the client does."""
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in address)


@frozen
class AlikeAccount:
    """Users in list order, as documents, and how their server lists them."""

    users: list[dict[str, str]]
    listed: list[int]
    """The places of the users in the list: the list may move, so that one is shown twice."""
    page_size: int
    fold: Callable[[str], str]

    def exact(self, spelling: str) -> list[dict[str, str]]:
        """Give the users with this very address."""
        return self._distinct(lambda email: email == spelling)

    def matching(self, spelling: str) -> list[dict[str, str]]:
        """Give the users whom the spelling may mean: one of them is meant, and several are ambiguous."""
        return self.exact(spelling) or self._distinct(
            lambda email: ascii_folded(email) == ascii_folded(spelling)
        )

    def _distinct(self, matches: Callable[[str], bool]) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for one in self.users:
            if matches(one.get("email", "")) and one not in found:
                found.append(one)
        return found


def _spellings(classes: list[str]) -> st.SearchStrategy[str]:
    local = st.tuples(*map(st.sampled_from, classes)).map("".join)
    return st.builds("{}@{}".format, local, st.sampled_from(["kx.org", "Kx.org", "\u212ax.org"]))


@st.composite
def alike_accounts(draw: st.DrawFn) -> tuple[AlikeAccount, list[str]]:
    """Draw an account, some of whose users lack an id or an email, and a few spellings to ask for."""
    spelling = _spellings(draw(st.lists(st.sampled_from(ALIKE), min_size=1, max_size=2)))
    users = [
        {"id": f"u{number}", "email": email}
        for number, email in enumerate(draw(st.lists(spelling, min_size=1, max_size=6)))
    ]
    for one in users:
        one.pop(draw(st.sampled_from([*[""] * 8, "id", "email"])), None)
    again = draw(st.lists(st.integers(0, len(users) - 1), max_size=2))
    account = AlikeAccount(
        users, [*range(len(users)), *again], draw(st.integers(1, 4)), draw(st.sampled_from(FOLDS))
    )
    return account, draw(st.lists(spelling, min_size=1, max_size=4))


@define
class AlikeServer:
    """The API of such an account, as far as finding and deleting users needs it."""

    account: AlikeAccount
    deleted: list[str] = Factory(list)
    """The ids of the users who were deleted, in order."""

    def __call__(self, request: httpx.Request) -> Reply:
        if request.url.path == "/v2/users":
            return self._list(request.url.params)
        user_id = unquote(request.url.path.rpartition("/")[2])
        user = next((one for one in self.account.users if one.get("id") == user_id), None)
        if user is None:
            return problem(404)
        if request.method != "DELETE":
            return ok(user)
        self.deleted.append(user_id)
        return ok()

    def _list(self, query: Any) -> Reply:
        fold, start = self.account.fold, int(query.get("cursor", 0))
        users = [self.account.users[place] for place in self.account.listed]
        wanted = query.get("email", "")
        # A user without an email may be listed as well.
        found = [one for one in users if fold(wanted) in fold(one.get("email", wanted))]
        end = start + self.account.page_size
        return ok(page(found[start:end], next_cursor=str(end) if end < len(found) else None))
