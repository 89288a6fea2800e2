"""What the columns of a file are: foreign exports, maps, who is inactive, and passwords."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from support.roster_files import HEADER, people, problems, read, refused, sheet

from arize_users import CustomUserRole, InvalidArgumentError, PredefinedUserRole, RosterError
from arize_users.roster import Roster

ENTRA = (
    "version:v1.0,,,\r\n"
    "Email address to invite [inviteeEmail] Required,Redirection url [inviteRedirectURL] Required,"
    "Send invitation message (true or false) [sendEmail],Customized message [customizedMessageBody]\r\n"
    "mira.voss@example.com,https://portal.example.com,TRUE,Hello\r\n"
)
OKTA = (
    "login,firstName,lastName,middleName,email,secondEmail,displayName\n"
    "mvoss,Mira,Voss,,mira.voss@example.com,mira@home.example,\n"
    "tlind,Tomas,Lind,,tomas.lind@example.com,,Tomas L.\n"
)
MOODLE = "username,firstname,lastname,email\nmvoss,Mira,Voss,mira.voss@example.com\n"
CANVAS = (
    "user_id,login_id,full_name,email,status\n"
    "1001,mvoss,Mira Voss,mira.voss@example.com,active\n"
    "1002,tlind,Tomas Lind,tomas.lind@example.com,deleted\n"
)
MICROSOFT = (
    "userPrincipalName,displayName,accountEnabled,userType\n"
    "mira@example.com,Mira Voss,True,Member\ntomas@example.com,Tomas Lind,False,Member\n"
)


@pytest.mark.parametrize(
    ("text", "lacks", "columns", "advice"),
    [
        (
            ENTRA,
            "no column for email, name or role",
            "Email address to invite [inviteeEmail] Required, Redirection url [inviteRedirectURL] Required, "
            "Send invitation message (true or false) [sendEmail], Customized message [customizedMessageBody]",
            ["--map 'email=Email address to invite [inviteeEmail] Required'"],
        ),
        (
            OKTA,
            "no column for name or role",
            "login, firstName, lastName, middleName, email, secondEmail, displayName",
            ["join firstName and lastName into one that is called name"],
        ),
        (
            MOODLE,
            "no column for name or role",
            "username, firstname, lastname, email",
            ["join firstname and lastname into one"],
        ),
        (
            CANVAS,
            "no column for name or role",
            "user_id, login_id, full_name, email, status (active 1, deleted 1)",
            ["--map name=full_name"],
        ),
        (
            MICROSOFT,
            "no column for email, name or role",
            "userPrincipalName, displayName, accountEnabled (True 1, False 1), userType",
            ["--map email=userPrincipalName --map name=displayName"],
        ),
        (
            "email,full name\na@example.com,A\n",
            "no column for name or role",
            "email, full name",
            ["'name=full name'"],
        ),
        ("email,name\na@example.com,A\n", "no column for role", "email, name", []),
    ],
)
def test_foreign_export(text: str, lacks: str, columns: str, advice: list[str]) -> None:
    """A foreign export gives one complete message: what it lacks, has and needs, and what to do."""
    error = refused(text)
    for part in (f" has {lacks}\n", f"  its columns: {columns}\n", "needed:      email, name, role", *advice):
        assert str(error).count(part) == 1
    assert "a role has to be given for each person" in str(error)
    assert error.problems == ()
    with pytest.raises(RosterError):
        read(text, skip_invalid=True)


def test_foreign_export_says_all() -> None:
    """Columns that are missing, doubled and mapped from nowhere are told in the same message."""
    text = "Email,e-mail,email ,name\na@example.com,,b@example.com,A\n"
    error = str(refused(text, columns={"name": "Full Name"}))
    assert (
        "no column for role; more than one column for email: columns 1 and 3; no column 'Full Name'" in error
    )


@pytest.mark.parametrize("given", ["Display Name", " display   name ", "DISPLAY NAME"])
def test_map(given: str) -> None:
    """A map takes a field from the file's own header, in any case and whatever its blanks are."""
    text = "Mail;Display Name;Access;name\nada@example.com;Ada;ADMIN;wrong\n"
    roster = read(text, columns={"email": "mail", "Name": given, "role": "access"})
    assert people(roster) == [(2, "ada@example.com", "Ada")]
    assert roster.notes == ("columns not read: name",)


def test_mapped_foreign_export() -> None:
    """A foreign export is read with a map: its first line is no person, its deleted people are inactive."""
    text = ENTRA.replace("Customized message [customizedMessageBody]", "role,name").replace(
        "Hello", "member,Mira"
    )
    roster = read(text, columns={"email": "Email address to invite [inviteeEmail] Required"})
    assert people(roster) == [(3, "mira.voss@example.com", "Mira")]
    assert roster.notes[0] == "line 1, 'version:v1.0', is a mark of a program and no person: not read"
    canvas = read(
        CANVAS.replace("user_id", "role").replace("100", "member").replace("member1", "member"),
        columns={"name": "full_name"},
        skip_invalid=True,
    )
    assert people(canvas) == [(2, "mira.voss@example.com", "Mira Voss")]
    assert [(one.person.email, why) for one, why in canvas.inactive] == [
        ("tomas.lind@example.com", "status is deleted")
    ]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"mail": "x"}, "'mail' is no field of a person"),
        ({"email": ""}, "the header for email is ''"),
        ({"email": None}, "the header for email is None"),
        ({"name": "Temporary Password"}, "names a column of secrets"),
        ({5: "x"}, "5 is no field"),
        ("email=x", "expected a mapping"),
    ],
)
def test_bad_map(columns: Any, said: str) -> None:
    """A map that cannot be right is refused before the file is opened."""
    with pytest.raises(InvalidArgumentError) as caught:
        Roster.read("nowhere.csv", columns=columns)
    assert (caught.value.argument, said in str(caught.value)) == ("columns", True)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Status", "Suspended"),
        ("status", "DEPROVISIONED"),
        ("Account Status", "Inactive (left in May)"),
        ("Status [READ ONLY]", "Deactivated"),
        ("employmentStatus", "Terminated"),
        ("state", "not active"),
        ("Status", "left"),
        ("Status", "expired"),
        ("accountEnabled", "False"),
        ("account_enabled", "no"),
        ("Active", "0"),
        ("isActive", "FALSE"),
        ("enabled", "n"),
        ("suspended", "TRUE"),
        ("Suspended", "1"),
        ("is_deleted", "yes"),
        ("deactivated", "x"),
        ("deleted_at", "2024-01-01T00:00:00Z"),
        ("softDeletionTimestamp", "2024-01-01"),
        ("terminationDate", "01.02.2024"),
        ("blocked", "true"),
        ("archived", "Yes"),
        ("Active Status", "No"),
        ("Block credential", "True"),
        ("Sign in blocked", "yes"),
        ("accountEnabled", "FAUX"),
        ("Konto aktiviert", "Nein"),
        ("Status", "Ausgetreten"),
        ("Account Status", "closed"),
    ],
)
def test_inactive(header: str, value: str) -> None:
    """Whom the file itself calls inactive is no person of the roster, even when every other column fits."""
    text = f"email,name,role,{header}\nada@example.com,Ada,member,{value}\nbob@example.com,Bob,member,\n"
    roster = read(text)
    assert people(roster) == [(3, "bob@example.com", "Bob")]
    ((entry, why),) = roster.inactive
    assert (entry.line, entry.person.email, why) == (2, "ada@example.com", f"{header} is {value}")
    (note,) = roster.notes
    assert note.startswith(f"columns not read: {header} (")
    assert f"{value} 1" in note
    assert "1 inactive" in repr(roster)
    assert len(read(text, include_inactive=True)) == 2


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Status", "Active"),
        ("status", "STAGED"),
        ("accountEnabled", "True"),
        ("active", "yes"),
        ("suspended", "False"),
        ("suspended", "0"),
        ("deleted_at", "null"),
        ("Termination Date", "0000-00-00"),
        ("Active Status", "Yes"),
        ("accountEnabled", "VRAI"),
        ("deactivated", "no"),
        ("department", "deleted items"),
        ("State", "CA"),
    ],
)
def test_not_inactive(header: str, value: str) -> None:
    """Any other value, and any other column, calls nobody inactive."""
    roster = read(f"email,name,role,{header}\nada@example.com,Ada,member,{value}\n")
    assert (len(roster), roster.inactive) == (1, ())


def test_inactive_in_json() -> None:
    """True and False of JSON say who is inactive, too, and nothing else of such a person has to be right."""
    documents = [
        {"email": "ada@example.com", "name": "Ada", "role": "member", "accountEnabled": True},
        {"email": "bob@example.com", "role": "", "accountEnabled": False},
    ]
    roster = read(json.dumps(documents))
    assert [one.person.email for one, _ in roster.inactive] == ["bob@example.com"]
    assert len(roster) == 1
    bad = "email,name,role,Status\nbob@,Bob,member,deleted\n"
    assert list(problems(bad)) == [2]


def test_values_of_status() -> None:
    """Values that say who is inactive are counted, the most frequent first, and rare ones together."""
    rows = "".join(f"p{n}@example.com,P,member,{'active' if n < 5 else f'kind {n}'}\n" for n in range(15))
    (note,) = read("email,name,role,Status\n" + rows).notes
    assert "Status (active 5, kind 5 1, " in note
    assert note.endswith(", 5 other values)")


OWN = "id,name,email,status,role_type,role_name,role_id,is_developer,created_at\n"


def test_our_own_export() -> None:
    """In our own export the status is known, and no column is left over; a blocked user is inactive."""
    roster = read(
        OWN
        + "u1,Ada,ada@example.com,active,predefined,member,,true,2024-01-01T12:00:00Z\n"
        + "u2,Bob,bob@example.com,EXPIRED,CUSTOM,admin,r1,false,2024-01-01T12:00:00Z\n"
        + "u3,Cy,cy@example.com,inactive,predefined,member,,true,2024-01-01T12:00:00Z\n"
        + "u4,Di,di@example.com,invited,PREDEFINED,ADMIN,,,2024-01-01T12:00:00Z\n"
    )
    assert [(one.person.name, one.status, one.person.role) for one in roster.entries] == [
        ("Ada", "active", PredefinedUserRole(name="member")),
        ("Bob", "expired", CustomUserRole(id="r1", name="admin")),
        ("Di", "invited", PredefinedUserRole(name="admin")),
    ]
    assert [(one.person.name, why) for one, why in roster.inactive] == [("Cy", "status is inactive")]
    assert roster.notes == ()
    assert {"u1", "u2", "u3", "u4", "ada@example.com"} <= roster.mentioned
    (short,) = read("email,name,role_name,status,id\nada@example.com,Ada,member\n").entries
    assert short.status is None


def test_mentioned() -> None:
    """The roster knows every address that stands anywhere in the file, but not what may be a password."""
    roster = read(
        "email,name,role,secondEmail,Password,Manager\n"
        "ADA@example.com,Ada,member,,p@ss.word,Eve <eve@example.com>\n"
        "bob@,Bob,boss,bob@home.example,,\n",
        skip_invalid=True,
    )
    assert roster.mentioned == {"ada@example.com", "eve@example.com", "bob@home.example"}


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("o'neil@example.com", "o'neil@example.com"),
        ("'ola@example.com'", "ola@example.com"),
        ("Ask ola@example.com.", "ola@example.com"),
        ("ola@example.com/kim@example.com", "kim@example.com"),
        ("SMTP:ola@example.com;smtp:kim@example.com", "kim@example.com"),
    ],
)
def test_mentioned_in_a_text(cell: str, named: str) -> None:
    """An address is found in whatever text it stands in, so that nobody who is named passes for missing."""
    assert named in read(f"email,name,role,alias\nada@example.com,Ada,member,{cell}\n").mentioned


def test_long_cells() -> None:
    """A photo in a cell, or what is all dots, takes no time to be looked through for addresses."""
    text = f"email,name,role,photo\nada@example.com,Ada,member,{'A' * 10**6}@,x\n"
    assert len(problems(text)) == 1


@pytest.mark.parametrize("header", ["id,created_at", "role_type,created_at"])
def test_another_system_with_our_columns(header: str) -> None:
    """A status that is none of ours shows that a file is not our own export: its values are named then."""
    text = f"email,name,role,status,{header}\n" + "".join(
        f"{name}@example.com,{name},member,{status},,2024-01-01\n"
        for name, status in [("ada", "ACTIVE"), ("bob", "LOCKED_OUT"), ("cy", "expired"), ("di", "deleted")]
    )
    roster = read(text)
    assert [one.name for one in roster] == ["ada", "bob"]
    assert "status (ACTIVE 1, LOCKED_OUT 1, expired 1, deleted 1)" in roster.notes[0]


def test_title_above_the_header() -> None:
    """Where a title stands above the header, as in reports, the one hint is to delete it."""
    error = refused("Users of 2026-03-01\n\nemail,name,role\nada@example.com,Ada,member\n")
    assert error.hint == "Line 3 looks like the header: delete what stands above it."


SECRET = "hunter2"


@pytest.mark.parametrize(
    "header",
    [
        "password",
        "Password",
        "temporary_password",
        "Passwort",
        "initial pwd",
        "User Password [Required]",
        "secret",
        "API Token",
        "pass",
    ],
)
def test_passwords(header: str) -> None:
    """What may be a password is in no message, note or repr, wherever the columns of a row are shifted to."""
    rows = [
        f"ada@example.com,Ada,member,{SECRET}",
        f"bob@example.com,Voss, Bob,member,{SECRET}",
        f"{SECRET},{SECRET},{SECRET},x",
        f"di@example.com,Di,member,{SECRET},,,",
        f"cy@example.com,Cy,{SECRET},",
    ]
    text = f"email,name,role,{header}\n" + "\n".join(rows) + "\n"
    roster = read(text, skip_invalid=True)
    error = refused(text)
    foreign = refused(text.replace("role", "Status"))
    marked = read(
        text.replace("role", "role,suspended").replace("member", f"member,{SECRET}"), skip_invalid=True
    )
    kept = [
        str(error),
        repr(error),
        repr(error.problems),
        repr(error.rejects),
        str(foreign),
        str(roster.notes),
    ]
    kept += [repr(marked.inactive), repr(marked.notes), repr(marked.problems)]
    kept += [repr(roster), repr(roster.entries), repr(roster.problems), repr(roster.mentioned)]
    assert not [text for text in kept if SECRET in text]
    assert [one.line for one in error.problems] == [3, 4, 6]
    assert "1 that may hold secrets" in roster.notes[0]
    assert SECRET not in "".join(map(str, error.problems))


def test_not_passwords() -> None:
    """A column is named where its header only resembles that of a password."""
    assert read("email,name,role,Secretary,passport\nada@example.com,Ada,member,,\n").notes == (
        "columns not read: Secretary, passport",
    )


def test_foreign_text_in_messages() -> None:
    """Headers and values of a file stand in messages on one line, without control characters, and cut."""
    header = "x\x1b[31m\u202e" + "y" * 200
    text = f'email,{header},"a\nb",Status\nada@example.com,,,"z\x07"\n'
    message = str(refused(text))
    assert message.count("\n") == 3
    assert not set(message) & set("\x1b\u202e\x07")
    assert "x\\x1b[31m\\u202eyyy" in message
    assert "y" * 90 not in message


@pytest.mark.parametrize(
    ("columns", "cells", "role"),
    [
        ("role", "MEMBER", PredefinedUserRole(name="member")),
        ("role_name", "annotator", PredefinedUserRole(name="annotator")),
        ("role_id", "r1", CustomUserRole(id="r1")),
        ("role,role_id", "Steward,r1", CustomUserRole(id="r1", name="Steward")),
        ("role,role_id", ",r1", CustomUserRole(id="r1")),
        ("role,role_id", "admin,", PredefinedUserRole(name="admin")),
        ("role_name,role_id", "admin,r1", CustomUserRole(id="r1", name="admin")),
        ("role_type,role,role_id", "custom,admin,r1", CustomUserRole(id="r1", name="admin")),
        ("role,role_name", "admin,ADMIN", PredefinedUserRole(name="admin")),
    ],
)
def test_roles(columns: str, cells: str, role: object) -> None:
    """A role is a predefined name in any case, or the id of a custom role, in columns as `list` has them."""
    (person,) = read(f"email,name,{columns}\nada@example.com,Ada,{cells}\n")
    assert person.role == role


@pytest.mark.parametrize(
    ("columns", "cells", "said"),
    [
        ("role", "", "has no role"),
        ("role", "boss", "'boss' is none of admin, member, annotator; a custom role is given by its id"),
        ("role,role_id", "member,r1", "role_id names a custom role: give one of them"),
        ("role,role_name", "member,admin", "they contradict each other"),
        ("role_type,role,role_id", "predefined,member,r1", "role_type is predefined"),
        ("role_type,role", "custom,admin", "has no role_id"),
        ("role_type,role", "group,admin", "'group' is neither predefined nor custom"),
    ],
)
def test_bad_roles(columns: str, cells: str, said: str) -> None:
    """A role is never guessed: one that is missing, unknown or contradicts itself makes a bad row."""
    assert said in problems(f"email,name,{columns}\nada@example.com,Ada,{cells}\n")[2]


@pytest.mark.parametrize(
    ("cell", "flag"),
    [("true", True), ("YES", True), ("1", True), ("False", False), ("no", False), ("0", False), ("", None)],
)
def test_is_developer(cell: str, flag: bool | None) -> None:
    """A flag is true, false, yes, no, 1 or 0 in any case; an empty cell leaves it open."""
    (person,) = read(f"email,name,role,Is Developer\nada@example.com,Ada,member,{cell}\n")
    assert person.is_developer is flag


def test_defaults_of_an_invitation() -> None:
    """An invite mode is taken in any case, and an empty one is a mail with a link."""
    text = "email,name,role,invite_mode\na@example.com,A,member,\nb@example.com,B,member,Temporary_Password\n"
    assert [str(person.invite_mode) for person in read(text)] == ["email_link", "temporary_password"]


def test_error_is_data() -> None:
    """The error of a file is an argument's error that survives pickling with all that it holds."""
    for content in (
        HEADER + "ada@example.com,Ada,\n",
        '[{"email": "ada@example.com", "name": 5, "name": 6}, 7]',
        sheet(("email", "name", "role"), ("ada@example.com", 5, "member")),
    ):
        error = refused(content)
        copied = pickle.loads(pickle.dumps(error))
        assert isinstance(copied, InvalidArgumentError)
        assert (str(copied), copied.problems, copied.rejects) == (str(error), error.problems, error.rejects)
