"""Which user an address names, whatever else the account holds."""

from __future__ import annotations

from typing import Any

import pytest

from arize_users import AmbiguousEmailError, ArizeError, User
from arize_users._users.addresses import Matches, by_folded_address, folded


def person(user_id: str, email: str, **fields: Any) -> User:
    """A user of whom little is known."""
    return User(id=user_id, email=email, **fields)


UPPER, LOWER = person("u1", "Mira@acme.com"), person("u5", "mira@acme.com")


def search(address: str, *pages: list[User]) -> Matches:
    """Feed a search one page after another, until nothing can change its result."""
    matches = Matches(address)
    for page in pages:
        matches.add(page)
        if matches.is_settled:
            break
    return matches


@pytest.mark.parametrize(
    "pages", [[[UPPER, LOWER]], [[LOWER, UPPER]], [[UPPER], [LOWER]], [[LOWER], [UPPER]]]
)
def test_exact_spelling(pages: list[list[User]]) -> None:
    """The user with the exact spelling is found, in whatever order and on whichever page twins come."""
    assert search("Mira@acme.com", *pages).result() == UPPER
    assert search("mira@acme.com", *pages).result() == LOWER


def test_only_one_who_matches() -> None:
    """Without an exact spelling, the only user whose ASCII letters match in another case is found."""
    others = [person("u2", "x.mira@acme.com"), person("u3", "mira@acme.com.au")]
    assert search("MIRA@acme.com", [*others, UPPER], others).result() == UPPER
    assert search("MIRA@acme.com", others).result() is None


def test_two_who_match() -> None:
    """Two who match equally well are an error that says both ids, and neither is given."""
    with pytest.raises(
        AmbiguousEmailError, match=r"'Mira@acme.com' .*'u1'.*'mira@acme.com' .*'u5'.* id"
    ) as caught:
        search("MIRA@acme.com", [UPPER], [LOWER]).result()
    assert isinstance(caught.value, ArizeError)
    assert caught.value.email == "MIRA@acme.com"
    assert caught.value.user_ids == ("u1", "u5")


def test_exact_spelling_twice() -> None:
    """Two users with the very same address are ambiguous, too."""
    with pytest.raises(AmbiguousEmailError) as caught:
        search("mira@acme.com", [LOWER, person("u9", "mira@acme.com")]).result()
    assert caught.value.user_ids == ("u5", "u9")


def test_listed_twice() -> None:
    """A user on two pages is one user, with an id or without."""
    bare = User(email="Mira@acme.com", name="Mira")
    assert search("MIRA@acme.com", [UPPER], [UPPER]).result() == UPPER
    assert search("MIRA@acme.com", [bare], [bare]).result() == bare


def test_users_without_an_id() -> None:
    """A user listed without an id counts: one is found, two are ambiguous."""
    bare = User(email="mira@acme.com", name="Mira")
    assert search("MIRA@acme.com", [bare]).result() == bare
    with pytest.raises(AmbiguousEmailError, match="no id") as caught:
        search("MIRA@acme.com", [bare, UPPER]).result()
    assert caught.value.user_ids == ("u1",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kate@x", "\u212aate@x"),
        ("istanbul@x", "İstanbul@x"),
        ("ilk@x", "\u0131lk@x"),
        ("strasse@x", "straße@x"),
    ],
)
def test_letters_beyond_ascii(one: str, other: str) -> None:
    """Letters beyond ASCII are themselves alone: a Kelvin sign is no k, ß is not ss, ı and İ are no i."""
    for asked, held in ((one, other), (other, one)):
        assert search(asked, [person("u1", held)]).result() is None
    assert search(one, [person("u1", one), person("u2", other)]).result() == person("u1", one)
    assert search(one.upper(), [person("u2", other)]).result() is None


def test_folding() -> None:
    """Folding lowers A to Z and leaves every other character as it is."""
    assert folded("MIRA.Ünlü+Tag@ACME.com") == "mira.Ünlü+tag@acme.com"
    assert folded("ÄΣİ\u212a@X") == "ÄΣİ\u212a@x"


def test_index() -> None:
    """Users are indexed by folded address, in their order; one without an address is in no list."""
    assert by_folded_address([UPPER, User(id="u2"), LOWER]) == {"mira@acme.com": [UPPER, LOWER]}
