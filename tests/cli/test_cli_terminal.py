"""The commands at a terminal: prompts, colours, progress, and Ctrl-C at the moments that matter."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Terminals

ADA = "-n Ada -e ada@example.com"
CTRL_C, CTRL_D = "\x03", "\x04"


def test_colours(terminal: Terminals, jane: str) -> None:
    """At a terminal the status is coloured; NO_COLOR and a dumb terminal are respected."""
    run = terminal("users", "list")
    assert run.end() == 0
    assert "\x1b[32mactive" in run.raw
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        run = terminal("users", "list", env=env)
        assert run.end() == 0
        assert "\x1b" not in run.raw


@pytest.mark.parametrize("columns", [40, 80])
def test_width(terminal: Terminals, jane: str, columns: int) -> None:
    """The table is at most as wide as the terminal, with whole ids; a note names what is left out."""
    run = terminal("users", "list", columns=columns)
    assert run.end() == 0
    note, *table = run.shown.splitlines()
    assert note.startswith("note: there is no room for ")
    assert "Created; " in note
    assert max(map(len, table)) <= columns
    assert jane in run.shown.split()


def test_no_width(terminal: Terminals, jane: str) -> None:
    """Where not even addresses have room beside the ids, each user is written out, nothing left out."""
    run = terminal("users", "list", columns=20)
    assert run.end() == 0
    for label, text in (("ID", jane), ("Email", "jane@example.com"), ("Status", "active")):
        assert f"{label}: {text}" in run.shown.splitlines()
    assert "no room" not in run.shown


@pytest.mark.parametrize("option", ["--id", "--email"])
def test_delete_asks(terminal: Terminals, account: Sandbox, jane: str, option: str) -> None:
    """Without --force, `delete` asks first, saying how many users and what else is deleted with them."""
    run = terminal("users", "delete", option, jane if option == "--id" else "jane@example.com")
    question = run.until("Delete 1 user? [y/N]")
    assert "1 user for good" in question
    for lost in ("organization and space memberships", "API keys", "role bindings"):
        assert lost in question
    assert account.user(jane).status == "active"
    run.type("y\n")
    assert run.end() == 0
    assert re.search(r"Deleting .* 1/1", run.shown)
    assert run.shown.splitlines()[-1] == "1 deleted"
    assert account.user(jane).status == "inactive"


@pytest.mark.parametrize("answer", ["n\n", "\n", "yeah\n", CTRL_D, CTRL_C])
def test_anything_but_yes(terminal: Terminals, account: Sandbox, jane: str, answer: str) -> None:
    """Anything but yes deletes nobody; the default is no."""
    run = terminal("users", "delete", "--id", jane)
    run.until("[y/N]")
    run.type(answer)
    assert run.end() == (130 if answer == CTRL_C else 1)
    said = {CTRL_D: "hint: Nothing was done.", CTRL_C: "interrupted; nothing was changed"}.get(
        answer, "nothing was deleted"
    )
    assert run.shown.splitlines()[-1].endswith(said)
    assert account.audit == []


def test_question_names_a_few(terminal: Terminals, account: Sandbox) -> None:
    """The question names the first ten users, and counts the rest."""
    ids = account.add_users(25)
    run = terminal("users", "delete", "--id", ",".join(ids))
    question = run.until("Delete 25 users? [y/N]")
    assert ids[9] in question
    assert ids[10] not in question
    assert "and 15 more" in question
    run.type("\n")
    assert run.end() == 1


def test_force_does_not_ask(terminal: Terminals, jane: str, tmp_path: Path) -> None:
    """--force deletes without a question; with the results in a file, the terminal shows only messages."""
    run = terminal("users", "delete", "--id", jane, "--force", "-o", "results.json")
    assert run.end() == 0
    assert json.loads((tmp_path / "results.json").read_text())["results"][0]["status"] == "deleted"
    assert "[y/N]" not in run.shown
    assert "wrote 1 result to results.json" in run.shown


def test_interrupted_delete(terminal: Terminals, served: SandboxServer) -> None:
    """Ctrl-C during a bulk delete shows what was done and what was not, true to the server; exit code 130."""
    account = served.sandbox
    ids = account.add_users(40)
    # After this answer every worker waits for 50 seconds, so the delete cannot end before Ctrl-C.
    account.faults.add("rate_limit", operation="delete_user", nth=12, retry_after=50)
    command = ["users", "delete", "--id", ",".join(ids), "--force", "-o", "json", "-v"]
    run = terminal(*command, columns=200, env={"ARIZE_MAX_RETRIES": "1"})
    run.until("retry 1 of 1")
    run.type(CTRL_C)
    assert run.end() == 130
    (document,) = re.findall(r"^\{\n.*^\}$", run.shown, re.MULTILINE | re.DOTALL)
    results = json.loads(document)["results"]
    assert [one["user_id"] for one in results] == ids
    deleted = [one["user_id"] for one in results if one["status"] == "deleted"]
    assert [one for one in ids if account.user(one).status == "inactive"] == deleted
    # One was refused and waited to be tried again.
    rest = Counter(one["status"] for one in results if one["status"] != "deleted")
    assert rest == {"failed": 1, "not_attempted": 39 - len(deleted)}
    assert f"{len(deleted)} deleted, 1 failed, {39 - len(deleted)} not attempted\ninterrupted\n" in run.shown


@pytest.mark.parametrize(
    ("command", "operation", "said"),
    [
        ("update x -n Ada", "update_user", "changed all the same: `ax users get x` shows"),
        (f"create {ADA} -r member --invite-mode none", "create_user", "`ax users get ada@example.com` shows"),
    ],
)
def test_interrupted_twice(
    terminal: Terminals, served: SandboxServer, command: str, operation: str, said: str
) -> None:
    """A second Ctrl-C ends a command at once; what may have been done is said, with how to see it."""
    served.sandbox.faults.add("rate_limit", operation=operation, retry_after=50)
    run = terminal("users", *command.split(), "-v", env={"ARIZE_MAX_RETRIES": "1"})
    run.until("retry 1 of 1 in 50.00 s\r\n")
    run.type(CTRL_C)
    run.until("a second signal ends the wait")
    run.type(CTRL_C)
    assert run.end() == 130
    assert said in run.shown
    assert run.shown.splitlines()[-1] == "interrupted"


def test_create_asks(terminal: Terminals, account: Sandbox) -> None:
    """At a terminal `create` asks for what is missing, and again after an answer that is not valid."""
    run = terminal("users", "create", "--role", "member")
    for shown, typed in (
        ("Full name:", ""),
        ("this cannot be left empty", None),
        ("Full name:", "Ada Lovelace"),
        ("Email:", "ada@example.com"),
        ("Invite mode (none, email_link, temporary_password):", "carrier pigeon"),
        ("give one of none, email_link, temporary_password", None),
        ("Invite mode", "None"),
    ):
        run.until(shown)
        if typed is not None:
            run.type(f"{typed}\n")
    assert run.end() == 0
    (user,) = [user for user in account.users() if user.email == "ada@example.com"]
    assert (user.name, user.role["name"], user.status) == ("Ada Lovelace", "member", "active")


@pytest.mark.parametrize(("key", "code"), [(CTRL_C, 130), (CTRL_D, 1)])
def test_create_is_left(terminal: Terminals, account: Sandbox, key: str, code: int) -> None:
    """Ctrl-C or Ctrl-D at a question creates no user."""
    run = terminal("users", "create")
    run.until("Full name:")
    run.type(key)
    assert run.end() == code
    assert account.audit == []


def test_settings_come_before_questions(terminal: Terminals) -> None:
    """A missing key is an error before the first question."""
    run = terminal("users", "create")
    assert run.end() == 1
    assert "no API key is set" in run.shown


def test_all_counts(terminal: Terminals, account: Sandbox) -> None:
    """Paging through many users shows a running count, and clears it at the end."""
    account.add_users(250)
    run = terminal("users", "list", "--all", "-o", "users.csv")
    assert run.end() == 0
    assert "\r100 users …" in run.raw
    assert "\r200 users …\r253 users …\r\x1b[K" in run.raw
    assert run.shown.splitlines()[-1] == "wrote 253 users to users.csv"


def test_all_is_interrupted(terminal: Terminals, served: SandboxServer, tmp_path: Path) -> None:
    """Ctrl-C while a page is awaited keeps the pages before it, and the command shown gives the rest."""
    served.sandbox.add_users(250)
    served.sandbox.faults.add("rate_limit", operation="list_users", nth=3, retry_after=50)
    arguments = ["users", "list", "--all", "-o", "users.csv"]
    run = terminal(*arguments, columns=200, env={"ARIZE_MAX_RETRIES": "2"})
    run.until("200 users …")
    run.type(CTRL_C)
    assert run.end() == 130
    *_, wrote, told, command, said = run.shown.splitlines()
    assert wrote.endswith("wrote 200 users to users.csv.partial")
    assert (told, said) == ("the rest:", "interrupted; nothing was changed")
    assert not (tmp_path / "users.csv").exists()
    served.sandbox.faults.clear()
    again = terminal(*shlex.split(command)[1:])
    assert again.end() == 0
    parts = [
        (tmp_path / name).read_text().splitlines()[1:] for name in ("users.csv.partial", "users.rest.csv")
    ]
    assert len({line.partition(",")[0] for part in parts for line in part}) == sum(map(len, parts)) == 253


def test_parquet_is_not_for_a_terminal(terminal: Terminals, account: Sandbox) -> None:
    """Parquet is refused at a terminal, in two lines."""
    run = terminal("users", "list", "-o", "parquet")
    assert run.end() == 2
    assert run.shown.splitlines() == ["error: parquet is not for reading", "hint: Name a file with --output."]
