"""Which user an email address names: the exact spelling first, else ASCII letters in any case.

Two users who match are never told apart by guessing: their address is ambiguous.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from ..errors import AmbiguousEmailError
from ..types import User

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def folded(address: str) -> str:
    """Lower the ASCII letters of an address alone.

    str.lower() and str.casefold() fold more than that: the Kelvin sign to "k", "ß" to "ss".
    """
    return address.lower() if address.isascii() else address.translate(_ASCII_LOWER)


def identity_key(address: str) -> str:
    """Give a text that is the same for all spellings of an address that one person may have.

    Beyond the case of ASCII letters, these are the composed and the decomposed form of a letter, and a
    domain in Unicode and in punycode. To the API they are different addresses: who has the one is not acted
    on by the other, but neither taken for somebody else.
    """
    if address.isascii():
        return address.lower()
    local, at, domain = address.rpartition("@")
    composed = unicodedata.normalize("NFC", folded(unicodedata.normalize("NFD", local)))
    return f"{composed}{at}{_ascii_domain(domain)}"


@lru_cache(maxsize=1024)
def _ascii_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:  # No name of the net; whatever it is, its forms are one.
        return unicodedata.normalize("NFC", folded(unicodedata.normalize("NFD", domain)))


def spellings(address: str) -> list[str]:
    """Give the other spellings of an address by which `identity_key` is the same, but for the case."""
    local, _, domain = address.rpartition("@")
    if address.isascii() and "xn--" not in domain.lower():
        return []
    names = {unicodedata.normalize(form, local) for form in ("NFC", "NFD")}
    domains = {unicodedata.normalize(form, domain) for form in ("NFC", "NFD")} | {_ascii_domain(domain)}
    with suppress(UnicodeError):
        domains.add(domain.encode("ascii").decode("idna"))
    return sorted({f"{name}@{one}" for name in names for one in domains} - {address})


def by_folded_address(users: Iterable[User]) -> dict[str, list[User]]:
    """Index users by their folded address; those listed without one are left out."""
    index: dict[str, list[User]] = {}
    for user in users:
        email = getattr(user, "email", None)
        if email:
            index.setdefault(folded(email), []).append(user)
    return index


class Matches:
    """The users whose address matches one spelling, among those that a search has shown so far.

    Feed it whole pages, until `is_settled` or the list's end; `result` is the answer then. Users of other
    addresses may be among them. A user on two pages is one match.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._folded = folded(address)
        self._exact: dict[object, User] = {}
        self._others: dict[object, User] = {}

    def add(self, users: Iterable[User]) -> None:
        """Take in the users of one page."""
        for user in users:
            email = getattr(user, "email", None)
            if not email:
                continue
            if email == self.address:
                self._exact.setdefault(_key(user), user)
            elif folded(email) == self._folded:
                self._others.setdefault(_key(user), user)

    @property
    def is_settled(self) -> bool:
        """Whether no further page can change the result: an exact match ends the search.

        Another one does not: a later page may hold the exact one, or a second.
        """
        return bool(self._exact)

    def result(self) -> User | None:
        """Give the user with the exact spelling, else the only one who matches; None for nobody.

        Raises:
            AmbiguousEmailError: Two users match equally well.
        """
        found = list((self._exact or self._others).values())
        if len(found) > 1:
            raise AmbiguousEmailError(
                f"{len(found)} users match {self.address!r}: {', '.join(map(_named, found))}",
                email=self.address,
                user_ids=[user_id for user in found if (user_id := getattr(user, "id", None))],
                hint="Give the id of the one who is meant.",
            )
        return found[0] if found else None


def _key(user: User) -> object:
    # The list may move between two pages. Without an id, only the same record is known to be the same user.
    return getattr(user, "id", None) or user


def _named(user: User) -> str:
    user_id = getattr(user, "id", None)
    return f"{user.email!r} has the id {user_id!r}" if user_id else f"{user.email!r} has no id"
