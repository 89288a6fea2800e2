"""Rosters from JSON and JSON Lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.roster_files import people, problems, read, refused

from arize_users import CustomUserRole, PredefinedUserRole

ADA = {"email": "ada@example.com", "name": "Ada", "role": "member"}


@pytest.mark.parametrize(
    "document",
    [
        [ADA],
        {"users": [ADA]},
        {"pagination": {"has_more": False}, "users": [ADA]},
        [{" Email": "ada@example.com ", "NAME": " Ada", "Role": "MEMBER", "is_developer": None}],
        [ADA | {"role": {"type": "PREDEFINED", "name": "MEMBER"}}],
        [{"email": "ada@example.com", "name": "Ada", "role_name": "member", "role_id": None}],
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_json(document: Any, indent: int | None) -> None:
    """People stand in a list, or under users as `list` writes them; keys are in any case, null is nothing."""
    for format in ("json", None):
        (person,) = read(json.dumps(document, indent=indent), format=format)
        assert (person.email, person.name, person.is_developer) == ("ada@example.com", "Ada", None)
        assert person.role == PredefinedUserRole(name="member")


def test_json_lines() -> None:
    """JSON Lines have one person a line; blank lines count as lines, and nothing else."""
    text = "\n".join(["", json.dumps(ADA), "", json.dumps(ADA | {"email": "bob@example.com"}), ""])
    for format in ("jsonl", None):
        assert people(read(text, format=format)) == [
            (2, "ada@example.com", "Ada"),
            (4, "bob@example.com", "Ada"),
        ]
    assert people(read(json.dumps(ADA))) == [(1, "ada@example.com", "Ada")]


def test_our_own_export() -> None:
    """What `list` writes is read with its statuses, and with custom roles by their ids."""
    custom = {"type": "CUSTOM", "id": "r1", "name": "admin"}
    users = [
        ADA | {"id": "u1", "status": "EXPIRED", "role": custom, "is_developer": True, "created_at": "2024"},
        ADA | {"id": "u2", "status": "inactive", "email": "bob@example.com", "created_at": "2024"},
    ]
    roster = read(json.dumps({"users": users, "pagination": {"has_more": False}}))
    (entry,) = roster.entries
    assert (entry.status, entry.person.is_developer) == ("expired", True)
    assert entry.person.role == CustomUserRole(id="r1", name="admin")
    assert [why for _, why in roster.inactive] == ["status is inactive"]
    assert (roster.notes, roster.is_partial) == ((), False)


def test_one_page() -> None:
    """A page after which more follow does not hold everybody, and the roster says so."""
    roster = read(json.dumps({"users": [ADA], "pagination": {"has_more": True, "next_cursor": "x"}}))
    assert (len(roster), roster.is_partial) == (1, True)
    assert "does not hold everybody" in roster.notes[0]


def test_bad_people() -> None:
    """Values of a wrong kind, fields given twice and what is no object make bad rows, with their lines."""
    text = (
        '[{"email": "ada@example.com", "name": 5, "role": ["member"], "is_developer": "maybe"},\n'
        ' {"email": {"value": "x"}, "name": true, "role": null, "is_developer": 2},\n'
        '\n "ada@example.com", 5, null,\n'
        ' {"email": "a@example.com",\n  "Email": "b@example.com", "name": "A", "role": "member"},\n'
        ' {"email": "ok@example.com", "name": "Ok", "role": "member", "is_developer": 1}, {}, ["x"]]'
    )
    told = refused(text).problems
    assert [one.line for one in told] == [1, 2, 4, 4, 4, 5, 7, 7]
    assert [one.email for one in told][2:] == ["ada@example.com", None, None, "b@example.com", None, None]
    assert told[6].reason == "number 8: has no email; has no name; has no role"
    assert told[0].reason.startswith("number 1: name is a number (5), where text is needed; role is a list")
    assert "email is an object" in told[1].reason
    assert "is_developer is a number (2), where true or false is needed" in told[1].reason
    assert [one.reason for one in told[2:5]] == [f"number {number}: is no object" for number in (3, 4, 5)]
    assert told[5].reason == "number 6: has a field twice: email"
    (person,) = read(text, skip_invalid=True)
    assert (person.email, person.is_developer) == ("ok@example.com", True)


def test_people_on_one_line() -> None:
    """People on one line of JSON are told apart by their numbers, also twins and look-alikes."""
    text = json.dumps(
        [ADA, ADA | {"role": "boss"}, ADA | {"email": "\u212aim@example.com"}, ADA | {"email": "x"}]
    )
    error = refused(text)
    same = "line 1 (number {}) (the same address)"
    assert [one.reason for one in error.problems] == [
        f"number 1: the same person as {same.format(2)}",
        "number 2: role: 'boss' is none of admin, member, annotator; a custom role is given by its id, in "
        f"role_id; the same person as {same.format(1)}",
        "number 4: email: 'x' is not an email address: it has no @",
    ]
    assert "note: line 1 (number 3): '\u212aim@example.com' holds U+212A KELVIN SIGN" in str(error)
    assert [person.email for person in read(text, skip_invalid=True)] == ["\u212aim@example.com"]


def test_lines_of_json_lines() -> None:
    """A line that is no JSON is a bad row; the others are read."""
    text = json.dumps(ADA) + "\n{bad}\n" + json.dumps(ADA | {"email": "bob@example.com"}) + "\n"
    assert list(problems(text, format="jsonl")) == [2]


@pytest.mark.parametrize(
    ("text", "format", "line"),
    [
        ('[{"email": "ada@example.com"},\n {"email": "bo', "json", 2),
        ('[{"email": "ada@example.com"},\n', "json", 2),
        ('{"users": [\n{"email": "ada@example.com"}\n]', "json", 3),
        ('{"users": [\n{"email": "ada@example.com", "name":', "json", 2),
        ("[", "json", 1),
        ('{"email": "ada@example.com"}\n{"email": "b', "jsonl", 2),
    ],
)
def test_cut_off(text: str, format: str, line: int) -> None:
    """A file that ends too early is refused as incomplete, with its line, and gives nobody."""
    error = str(refused(text, format=format, skip_invalid=True))
    assert "incomplete" in error
    assert f"line {line}" in error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"email": "a",}]', "is no JSON: line 1: "),
        ('[\n{"email": "a"} {"email": "b"}]', "is no JSON: line 2: expected , or ]"),
        (" \n", "is empty"),
        ("[]\n[]", "is no JSON: line 2: something stands behind the end"),
        ('{"value": [], "count": 0}', "without a list of users; it has value, count"),
        ('{"users": {}}', "without a list of users"),
        ('{"users": [], "users": []}', "is no JSON: line 1: it has 'users' twice"),
        ("5", "is no list of people"),
        ("[" * 100_000, "is no JSON: line 1: it is nested too deeply"),
        ("{5: 1}", "is no JSON: line 1"),
        (f"[{'9' * 5000}]", "is no JSON: line 1"),
    ],
)
def test_no_people(text: str, said: str) -> None:
    """What is no JSON, or JSON of something else, is refused as a whole, with its line or shape."""
    assert said in str(refused(text, format="json"))


def test_foreign_export() -> None:
    """A foreign export gives one message with its columns, and the values of those about inactivity."""
    documents = [
        {"mail": "a@example.com", "displayName": "A", "accountEnabled": False},
        {"mail": "b@example.com", "displayName": "B", "accountEnabled": True},
    ]
    error = str(refused(json.dumps(documents)))
    assert "has no column for email, name or role" in error
    assert "its columns: mail, displayName, accountEnabled (false 1, true 1)" in error
    assert "--map email=mail --map name=displayName" in error


def test_nobody() -> None:
    """A list of nobody is an empty roster."""
    assert [len(read(text, format="json")) for text in ("[]", '{"users": []}')] == [0, 0]


def test_unpaired_surrogate() -> None:
    """Half a character, which JSON can hold and no request can, makes a bad row."""
    assert "not valid Unicode" in problems('[{"email":"a@x.com","name":"\\ud800","role":"member"}]')[1]
