"""``Roster(people)``: what it checks, who is one person, and who only looks alike."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from support.roster_files import HEADER, problems, read, refused
from support.rosters import person

from arize_users import CustomUserRole, InvalidArgumentError, NewUser, PredefinedUserRole, UnknownUserRole
from arize_users.roster import Roster

NFC, NFD = "jos\xe9@example.com", "jose\u0301@example.com"
TWINS = [
    ("Mira.Voss@example.com", "mira.voss@EXAMPLE.com", "the addresses differ in case alone"),
    ("mira@example.com", "mira@example.com", "the same address"),
    (NFC, NFD, "the addresses are the same in NFC"),
    ("ada@b\xfccher.example", "ada@xn--bcher-kva.example", "once in Unicode and once in punycode"),
    ("ada@B\xdcCHER.example", "ADA@xn--bcher-kva.EXAMPLE", "once in Unicode and once in punycode"),
    ("ada@bu\u0308cher.example", "ada@b\xfccher.example", "the addresses are the same in NFC"),
]


def test_people() -> None:
    """A roster holds each person as they are sent, in the order given, out of any iterable."""
    custom = CustomUserRole(id=" r1 ", name=" Steward ", extra={"x": 1})
    roster = Roster(
        iter(
            [
                person(" Ada@Example.com ", " Jose\u0301\n", role="ADMIN", invite_mode="NONE"),
                person("bob@example.com", role=custom, is_developer=False),
            ]
        )
    )
    ada, bob = roster
    assert (ada.email, ada.name, ada.invite_mode) == ("Ada@Example.com", "Jos\xe9", "none")
    assert ada.role == PredefinedUserRole(name="admin")
    assert bob.role == CustomUserRole(id="r1", name="Steward")
    assert (bob.invite_mode, bob.is_developer) == ("email_link", False)
    assert (len(roster), roster.source, roster.problems, roster.inactive, roster.notes) == (
        2,
        None,
        (),
        (),
        (),
    )
    assert (repr(roster), repr(Roster([ada]))) == ("Roster(2 people)", "Roster(1 person)")
    assert roster.mentioned == {"ada@example.com", "bob@example.com"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "Ada <ada@example.com>", "has a name or brackets"),
        ("email", None, "expected text"),
        ("email", f"{'a' * 250}@example.com", "at most 255"),
        ("name", " ", "is empty"),
        ("name", "A" * 256, "at most 255"),
        ("name", "\ud800", "not valid Unicode"),
        ("role", "boss", "'boss' is not one of"),
        ("role", None, "expected a role name"),
        ("role", CustomUserRole(id=""), "empty id"),
        ("role", UnknownUserRole(data={}), "expected a role name"),
        ("invite_mode", "mail", "'mail' is not one of"),
        ("is_developer", "yes", "expected True or False"),
    ],
)
def test_bad_person(field: str, value: Any, said: str) -> None:
    """Somebody who cannot be created as given is refused before anything, with field and place."""
    with pytest.raises(InvalidArgumentError) as caught:
        Roster(
            [person(), person("bob@example.com", **{field: value} if field != "email" else {})]
            if field != "email"
            else [person(), person(value)]
        )
    assert (caught.value.argument, caught.value.index) == ("people", 1)
    assert str(caught.value).startswith(f"people[1]: {field}: ")
    assert said in str(caught.value)


def test_all_bad_people_at_once() -> None:
    """Everything that is wrong with anybody is told at once, in order, twins among it."""
    given: list[Any] = [
        NewUser(email="a", name="", role="x", invite_mode="y", is_developer=1),  # type: ignore[arg-type]
        "ada@example.com",
        person("bob@example.com"),
        person("cy@example.com"),
        person("BOB@example.com"),
    ]
    with pytest.raises(InvalidArgumentError) as caught:
        Roster(given)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [f"people[{n}]" for n in (0, 1, 2, 4)]
    assert all(f"{field}: " in lines[0] for field in ("email", "name", "role", "invite_mode", "is_developer"))
    assert lines[2] == "people[2]: is the same person as people[4] (the addresses differ in case alone)"


@pytest.mark.parametrize("given", ["ada@example.com", b"x", 5, None])
def test_no_people(given: Any) -> None:
    """What is no iterable of people is refused."""
    with pytest.raises(InvalidArgumentError) as caught:
        Roster(given)
    assert caught.value.argument == "people"


@pytest.mark.parametrize(("one", "other", "how"), TWINS)
def test_twins(one: str, other: str, how: str) -> None:
    """Two rows for one person are refused together, however the address is spelled; each names the other."""
    text = HEADER + f"{one},A,member\nbob@example.com,Bob,member\n{other},B,admin\n"
    told = problems(text)
    assert list(told) == [2, 4]
    assert told[2].startswith("the same person as line 4 (")
    assert told[4].startswith("the same person as line 2 (")
    assert how in told[2]
    assert [row.name for row in read(text, skip_invalid=True)] == ["Bob"]
    with pytest.raises(InvalidArgumentError) as caught:
        Roster([person(one), person(other)])
    assert str(caught.value).count("is the same person as people[") == 2


def test_three_rows_for_one_person() -> None:
    """Each of several rows names all the others, and what else is wrong with it."""
    told = problems(HEADER + "a@x.com,A,member\nA@x.com,A,boss\na@x.com,A,member\n")
    case = "the addresses differ in case alone"
    assert told[2] == f"the same person as line 3 ({case}) and line 4 (the same address)"
    assert told[3].startswith("role: 'boss' is none of ")
    assert told[3].endswith(f"; the same person as line 2 ({case}) and line 4 ({case})")


def test_many_rows_for_one_person() -> None:
    """Where a column holds one address throughout, such as a manager's, the message stays short."""
    told = problems(HEADER + "a@x.com,A,member\n" * 2_000)
    assert len(told) == 2_000
    assert told[2].endswith("line 5 (the same address) and 1,996 more")
    look = problems(HEADER + "kate@x.com,A,member\n\u212aate@x.com,A,member\n" * 500)
    assert sum(map(len, look.values())) < 200_000


def test_twin_of_an_inactive_person() -> None:
    """A person who stands once as active and once as deactivated is refused, too."""
    text = "email,name,role,status\na@x.com,A,member,active\nA@x.com,A,member,deactivated\n"
    assert list(problems(text)) == [2, 3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jose@example.com", NFC),
        ("stra\xdfe@example.com", "strasse@example.com"),
        ("ada+x@example.com", "ada@example.com"),
        ("a.da@example.com", "ada@example.com"),
        ("ada@example.com", "ada@example.co"),
    ],
)
def test_no_twins(one: str, other: str) -> None:
    """Addresses that the API keeps apart are those of two people."""
    assert len(Roster([person(one), person(other)])) == 2


@pytest.mark.parametrize(
    ("letter", "named"),
    [
        ("\u212a", "U+212A KELVIN SIGN"),
        ("\uff4b", "U+FF4B FULLWIDTH LATIN SMALL LETTER K"),
        ("\u043a", "U+043A CYRILLIC SMALL LETTER KA"),
        ("\u03ba", "U+03BA GREEK SMALL LETTER KAPPA"),
        ("\U0001d424", "U+1D424 MATHEMATICAL BOLD SMALL K"),
    ],
)
def test_look_alikes(letter: str, named: str) -> None:
    """An address that looks like another one is told with its code points, and with whom it is alike."""
    text = HEADER + f"{letter}ate@example.com,Kate,member\ntom@example.com,Tom,member\n"
    (note,) = read(text).notes
    assert note == f"line 2: {f'{letter}ate@example.com'!r} holds {named}"
    assert named in "".join(Roster([person(f"{letter}ate@example.com")]).notes)
    beside = text + "kate@example.com,Kate,member\n"
    if unicodedata.normalize("NFC", letter).isascii():  # The Kelvin sign is a K to all but the eyes.
        assert named in str(refused(beside))
    else:
        (note,) = read(beside).notes
        assert note.endswith(f"{named}; line 4 has 'kate@example.com', which looks the same")


def test_no_look_alikes() -> None:
    """Addresses in other scripts, or with accents, are told to nobody."""
    addresses = [
        "\u043f\u043e\u0447\u0442\u0430@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
        NFC,
        NFD[:-1],
    ]
    addresses += ["m\xfcller@b\xfccher.example", "\u4e2d\u6587@example.com"]
    assert Roster([person(one) for one in addresses]).notes == ()


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("o\u2019neil@example.com", "U+2019 RIGHT SINGLE QUOTATION MARK"),
        ("\u200bada@example.com", "U+200B ZERO WIDTH SPACE"),
        ("ada\uff20example.com", "U+FF20 FULLWIDTH COMMERCIAL AT"),
        ("ada@exam\xadple.com", "U+00AD SOFT HYPHEN"),
        ("ada@example\u3002com", "U+3002 IDEOGRAPHIC FULL STOP"),
    ],
)
def test_refused_look_alikes(address: str, named: str) -> None:
    """An address that cannot be one is refused with the code points of what nobody sees in it."""
    assert named in problems(HEADER + f"{address},Ada,member\n")[2]
    with pytest.raises(InvalidArgumentError, match=named.replace("+", r"\+")):
        Roster([person(address)])


def test_curly_apostrophe_beside_a_straight_one() -> None:
    """A refused address is told with the one that it looks like."""
    error = refused(HEADER + "o\u2019neil@example.com,Curly,member\no'neil@example.com,Straight,member\n")
    assert [one.line for one in error.problems] == [2]
    assert '; line 3 has "o\'neil@example.com", which looks the same' in str(error)


def test_names() -> None:
    """Names are in NFC without blanks around them; invisible and lost characters in them are told."""
    roster = read(
        HEADER
        + "a@x.com,  Jose\u0301 \xa0,member\nb@x.com,B\u200bo\u202eb,member\nc@x.com,J\ufffdrg,member\n"
    )
    assert [one.name for one in roster] == ["Jos\xe9", "B\u200bo\u202eb", "J\ufffdrg"]
    assert roster.notes == (
        "line 3: the name holds U+200B ZERO WIDTH SPACE, U+202E RIGHT-TO-LEFT OVERRIDE",
        "line 4: the name holds U+FFFD REPLACEMENT CHARACTER",
    )


def test_all_twins_of_a_file() -> None:
    """A file with twins in five ways tells all of them at once."""
    text = HEADER + "".join(
        f"{address},X,member\n"
        for address in (
            *("Mira.Voss@example.com", "mira.voss@EXAMPLE.com", NFC, NFD, "\u212aate@example.com"),
            *("kate@example.com", "ada@b\xfccher.example", "ada@xn--bcher-kva.example"),
            *("o\u2019neil@example.com", "o'neil@example.com"),
        )
    )
    error = refused(text)
    assert {2, 3, 4, 5, 8, 9, 10} <= {one.line for one in error.problems}
    assert 11 not in {one.line for one in error.problems}
    assert "U+212A KELVIN SIGN" in str(error)
    assert "U+2019 RIGHT SINGLE QUOTATION MARK" in str(error)
