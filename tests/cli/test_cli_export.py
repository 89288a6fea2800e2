"""What `ax users list` exports: every format, read back as it is; fields, counts, and filters of its own."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from support.answers import page, user

from arize_users import ArizeClient
from arize_users.roster import Roster
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Scripted, Shell, Terminals

NAMES = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "''twice", "'=x", "\\x1b", "'\\x1b"),
    *("line\nbreak", "a\r\nb", "tab\there", "a,b;c", 'say "hi"', "é", "\u202ebidi", "_x000D_"),
]


@pytest.fixture
def people(account: Sandbox) -> list[tuple[str, str]]:
    """The addresses and names of an account with names and addresses that are hard to write."""
    statuses = ("active", "invited", "expired")
    for number, name in enumerate(NAMES):
        account.add_user(email=f"+tag{number}@x.com", name=name, status=statuses[number % 3])
    return [(one.email, one.name) for one in account.users()]


@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "jsonl", "xlsx"])
def test_round_trip(ax: Ax, path: Path, people: list[tuple[str, str]], tmp_path: Path, kind: str) -> None:
    """What `list --all -o roster.*` writes is read back exactly, and planning it gives an empty plan."""
    file = tmp_path / f"roster.{kind}"
    assert ax("list", "--all", "-o", str(file)).err == f"wrote {len(people)} users to {file}\n"
    roster = Roster.read(file)
    assert [(one.email, one.name) for one in roster] == people
    with ArizeClient(base_url=f"sandbox:{path}") as client:
        plan = client.users.plan(roster)
    assert (bool(plan), plan.cannot, plan.unchanged + len(plan.left_alone)) == (False, (), len(people))


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii", "utf-16"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "jsonl"])
def test_standard_output(
    shell: Shell, people: list[tuple[str, str]], kind: str, encoding: str, tmp_path: Path
) -> None:
    """Data on standard output is UTF-8 whatever the encoding of the terminal, and is read back exactly."""
    redirected = "import os; os.dup2(os.open('out', os.O_WRONLY | os.O_CREAT), 1)"
    ran = shell(
        "ax", "users", "list", "--all", "-o", kind, before=redirected, env={"PYTHONIOENCODING": encoding}
    )
    assert ran.code == 0
    named = tmp_path / f"out.{kind}"
    (tmp_path / "out").rename(named)
    assert [(one.email, one.name) for one in Roster.read(named)] == people


def test_excel(ax: Ax, people: list[tuple[str, str]], tmp_path: Path) -> None:
    """Excel has one sheet of text with a header; no cell is a formula."""
    file = tmp_path / "users.xlsx"
    ax("list", "--all", "--fields", "email,name", "-o", str(file))
    header, *rows = openpyxl.load_workbook(file).active.iter_rows()
    assert [cell.value for cell in header] == ["email", "name"]
    assert {cell.data_type for row in rows for cell in row} == {"s"}
    assert len(rows) == len(people)


@pytest.mark.parametrize(("name", "format"), [("a.NDJSON", "jsonl"), ("a.Tsv", "tsv"), ("a.XLSX", "xlsx")])
def test_extensions(ax: Ax, account: Sandbox, tmp_path: Path, name: str, format: str) -> None:
    """A file's extension says its format in any case."""
    assert ax("list", "-o", str(tmp_path / name)).code == 0
    assert len(Roster.read(tmp_path / name, format=format)) == 3


def test_json_lines(ax: Ax, account: Sandbox) -> None:
    """JSON Lines has one user a line, as JSON lists them; a single user and results are lines, too."""
    lines = ax("list", "-o", "jsonl").out.splitlines()
    assert list(map(json.loads, lines)) == ax("list", "-o", "json").json["users"]
    email = json.loads(lines[1])["email"]
    (line,) = ax("get", email, "-o", "jsonl").out.splitlines()
    assert json.loads(line) == json.loads(lines[1])
    (line,) = ax("delete", "-e", email, "-f", "-o", "jsonl").out.splitlines()
    assert json.loads(line)["status"] == "deleted"


def test_excel_is_not_for_a_terminal(terminal: Terminals, account: Sandbox) -> None:
    """Excel is refused at a terminal, in two lines."""
    run = terminal("users", "list", "-o", "xlsx")
    assert run.end() == 2
    assert run.shown.splitlines() == ["error: Excel is not for reading", "hint: Name a file with --output."]


def test_missing_openpyxl(shell: Shell, account: Sandbox) -> None:
    """Without openpyxl nothing is done, and the error says which extra brings it."""
    words = ["ax", "users", "delete", "-e", "owner@sandbox.example", "-f", "-o", "out.xlsx"]
    error, hint = shell(*words, before="import sys; sys.modules['openpyxl'] = None").refused(5)
    assert error.startswith("Excel needs openpyxl, which cannot be loaded")
    assert "arize-users[excel]" in hint
    assert account.audit == []


FIELDS = [
    *("id", "name", "email", "status", "role", "role_type", "role_name", "role_id", "is_developer"),
    "created_at",
]


@pytest.mark.parametrize("fields", ["id,email,status", "status, EMAIL ,id", ",".join(FIELDS), "email,email"])
def test_fields(ax: Ax, account: Sandbox, fields: str, tmp_path: Path) -> None:
    """--fields gives just these, once each and in their order, in every format."""
    wanted = list(dict.fromkeys(one.strip().lower() for one in fields.split(",")))
    assert next(csv.reader(io.StringIO(ax("list", "--fields", fields, "-o", "csv").out))) == wanted
    document = ax("list", "--fields", fields, "-o", "json").json
    assert list(document) == ["users", "pagination"]
    # The callers' roles are predefined: they have no id.
    assert [*document["users"][0]] == [one for one in wanted if one != "role_id"]
    header = ax("list", "--fields", fields).out.splitlines()[0]
    titles = {"is_developer": "Developer", "created_at": "Created", "id": "ID", "role_id": "Role ID"}
    shown = [titles.get(one, one.replace("_", " ").capitalize()) for one in wanted]
    assert header.split() == " ".join(shown).split()
    assert ax("list", "--fields", fields, "-o", str(tmp_path / "users.parquet")).code == 0


def test_fields_of_a_custom_role(ax: Ax, scripted: Scripted) -> None:
    """A role is its object in JSON, and its name, or else its id, in a cell; a missing one is left out."""
    steward = {"type": "custom", "id": "r1", "name": "Steward"}
    scripted.set_answer(
        200, page([user(role=steward), user(role={"type": "custom", "id": "r2"}), {"id": "x"}])
    )
    fields = ["--fields", "role,role_id,role_name"]
    assert ax("list", *fields, "-o", "csv").out.splitlines()[1:] == ["Steward,r1,Steward", "r2,r2,", ",,"]
    assert ax("list", *fields, "-o", "json").json["users"] == [
        {"role": steward, "role_id": "r1", "role_name": "Steward"},
        {"role": {"type": "custom", "id": "r2"}, "role_id": "r2"},
        {},
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("list --fields id,nope", "--fields: 'nope' is not among id, name, email"),
        ("list --fields a,b", "--fields: 'a', 'b' is not among id"),
        ("list --fields ''", "--fields: it is empty"),
        ("list --fields ' , '", "--fields: it is empty"),
        ("list --count --fields id", "--fields does not go with it"),
        ("list --count --limit 3", "--limit does not go with it"),
        ("list --count -o x.csv", "--output does not go with it"),
        ("list --name ''", "--name: is empty"),
        ("list --role ' '", "--role: is empty"),
        ("list --role admin --all --limit 3", "--all lists everyone"),
    ],
)
def test_usage(ax: Ax, scripted: Scripted, line: str, said: str) -> None:
    """Options that cannot be right are refused before any request."""
    ran = ax(*shlex.split(line))
    assert (ran.code, ran.out, scripted.requests) == (2, "", [])
    assert said in ran.err.splitlines()[0]


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ("", 253),
        ("--email user00", 10),
        ("--status invited", 0),
        ("--created-after 2026-03-01T14:00", 130),
        ("--role ADMIN", 1),
        ("--name 'user 1' --email 2@", 11),
    ],
)
def test_count(ax: Ax, crowd: Sequence[str], filters: str, number: int) -> None:
    """--count prints just the number of all who match, over all pages."""
    assert ax("list", "--count", *shlex.split(filters)).out == f"{number}\n"


def test_role_and_name(ax: Ax, account: Sandbox) -> None:
    """--role and --name filter here, and say how many users were read for how many matches."""
    account.add_user(email="a@x.com", name="ÅSA Straße")
    account.add_user(email="b@x.com", name="Bob")
    for part in ("åsa", "A\u030asa", "STRASSE", "sa st"):
        ran = ax("list", "--name", part, "-o", "json")
        assert [one["email"] for one in ran.json["users"]] == ["a@x.com"]
        assert ran.err == "note: --name matched here, not by the API: 5 users read, 1 matched\n"
    ran = ax("list", "--role", "Admin", "--role", "annotator", "--name", "O", "-o", "json")
    assert [one["role"]["name"] for one in ran.json["users"]] == ["admin", "annotator"]
    assert ran.err.startswith("note: --role and --name matched here")


def test_custom_roles(ax: Ax, scripted: Scripted) -> None:
    """A custom role is named by its id or exact name; one called admin is not the predefined one."""
    roles = [
        {"type": "custom", "id": "r1", "name": "Steward"},
        {"type": "custom", "id": "r2", "name": "admin"},
    ]
    people = [user(id=f"u{number}", role=role) for number, role in enumerate(roles)]
    scripted.set_answer(
        200, page([*people, user(id="u2", role={"type": "PREDEFINED", "name": "ADMIN"}), {"id": "x"}])
    )
    for role, found in (
        ("r1", ["u0"]),
        ("Steward", ["u0"]),
        ("steward", []),
        ("admin", ["u2"]),
        ("r2", ["u1"]),
    ):
        ran = ax("list", "--role", role, "-o", "json")
        assert [one["id"] for one in ran.json["users"]] == found


def test_limit_of_matches(ax: Ax, crowd: Sequence[str]) -> None:
    """With a filter of its own, as many users are read as it takes, and more matches are told."""
    ran = ax("list", "--name", "User 24", "--limit", "3", "-o", "json")
    assert [one["name"] for one in ran.json["users"]] == ["User 24", "User 240", "User 241"]
    note, more, command = ran.err.splitlines()
    assert note.startswith("note: --name matched here")
    assert (more, command) == (
        "there are more:",
        "  ax users list --all --name 'User 24' --output json",
    )
    again = ax(*shlex.split(command)[2:])
    assert len(again.json["users"]) == 11
    assert "253 users read, 11 matched" in again.err


def test_part_of_a_filtered_list(ax: Ax, served: SandboxServer, crowd: Sequence[str], tmp_path: Path) -> None:
    """Where it fails on the way, the matches so far are kept, and the command for the rest filters, too."""
    served.sandbox.faults.add("server_error", operation="list_users", nth=3)
    file = tmp_path / "users.csv"
    ran = ax("list", "--all", "--name", "9", "--fields", "name", "-o", str(file))
    (command,) = [line for line in ran.err.splitlines() if line.startswith("  ax users list")]
    assert ran.code == 4
    again = ax(*shlex.split(command)[2:])
    assert again.code == 0
    rows = [
        *Path(f"{file}.partial").read_text().splitlines(),
        *(tmp_path / "users.rest.csv").read_text().splitlines(),
    ]
    assert [row for row in rows if row != "name"] == [f"User {one}" for one in range(250) if "9" in str(one)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ax users list --fields em", ["email"]),
        ("ax users list --role an", ["annotator"]),
    ],
)
def test_completion(shell: Shell, words: str, expected: list[str]) -> None:
    """A shell completes fields and predefined roles."""
    env = {"_AX_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    assert shell("ax", env={**os.environ, **env}).out.split() == expected
