"""The same commands at a real terminal: prompts, colours, progress, Ctrl-C."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Terminals

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
    """The table is as wide as the terminal at most, with whole ids; what is left out is said."""
    run = terminal("users", "list", columns=columns)
    assert run.end() == 0
    note, *table = run.shown.splitlines()
    assert note.startswith("note: there is no room for ")
    assert "Created; " in note
    assert max(map(len, table)) <= columns
    assert jane in run.shown.split()


@pytest.mark.parametrize(
    "arguments", [["--id", "usr_abc123"], ["--email", "jane@example.com"]], ids=["id", "email"]
)
def test_delete_as_on_the_page(
    terminal: Terminals, account: Sandbox, jane: str, arguments: list[str]
) -> None:
    """The page's examples without --force ask first, saying how many and what the cascade is."""
    named = [jane if word == "usr_abc123" else word for word in arguments]
    run = terminal("users", "delete", *named)
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


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("n\n", 1, "nothing was deleted"),
        ("\n", 1, "nothing was deleted"),
        ("yeah\n", 1, "nothing was deleted"),
        (CTRL_D, 1, "hint: Nothing was done."),
        (CTRL_C, 130, "interrupted"),
    ],
)
def test_anything_but_yes(
    terminal: Terminals, account: Sandbox, jane: str, answer: str, code: int, said: str
) -> None:
    """Anything but yes deletes nobody; the default is no."""
    run = terminal("users", "delete", "--id", jane)
    run.until("[y/N]")
    run.type(answer)
    assert run.end() == code
    assert run.shown.splitlines()[-1].endswith(said)
    assert account.audit == []


def test_question_names_a_few(terminal: Terminals, account: Sandbox) -> None:
    """The question names the first users, and counts the rest."""
    ids = account.add_users(25)
    run = terminal("users", "delete", "--id", ",".join(ids))
    question = run.until("Delete 25 users? [y/N]")
    assert ids[9] in question
    assert ids[10] not in question
    assert "and 15 more" in question
    run.type("\n")
    assert run.end() == 1


def test_question_is_not_data(terminal: Terminals, account: Sandbox, jane: str, tmp_path: Path) -> None:
    """With the results in a file, prompt, progress and summary are all that the terminal shows."""
    run = terminal("users", "delete", "--id", jane, "-o", "results.json")
    run.until("[y/N]")
    run.type("YES\n")
    assert run.end() == 0
    assert json.loads((tmp_path / "results.json").read_text())["results"][0]["status"] == "deleted"
    assert "wrote 1 result to results.json" in run.shown


def test_force_does_not_ask(terminal: Terminals, jane: str) -> None:
    """--force deletes without a question at a terminal too."""
    run = terminal("users", "delete", "--id", jane, "--force")
    assert run.end() == 0
    assert "[y/N]" not in run.shown


def test_interrupted_batch(terminal: Terminals, served: SandboxServer) -> None:
    """Ctrl-C in the middle shows what was done and what was not, true to the server, and exits 130."""
    account = served.sandbox
    ids = account.add_users(40)
    # After this answer every worker waits for 50 seconds, so the batch cannot end before Ctrl-C.
    account.faults.add("rate_limit", operation="delete_user", nth=12, retry_after=50)
    run = terminal(
        *("users", "delete", "--id", ",".join(ids), "--force", "-o", "json", "-v"),
        columns=200,
        env={"ARIZE_MAX_RETRIES": "1"},
    )
    run.until("retry 1 of 1")
    run.type(CTRL_C)
    assert run.end() == 130
    results = json.loads(re.search(r"^\{\n.*^\}$", run.shown, re.MULTILINE | re.DOTALL)[0])["results"]
    done = [one["user_id"] for one in results]
    deleted = [one["user_id"] for one in results if one["status"] == "deleted"]
    # The one that was refused was waiting to be tried again.
    assert len(done) - len(deleted) <= 1
    assert len(deleted) >= 11
    _, _, tail = run.shown.partition("interrupted; ")
    count, *pending = tail.splitlines()
    assert count == f"{len(pending)} not attempted:"
    pending = [one.strip() for one in pending]
    assert [one for one in ids if one in done] == done
    assert [one for one in ids if one not in done] == pending
    assert [one for one in ids if account.user(one).status == "inactive"] == deleted


def test_interrupted_list(terminal: Terminals, served: SandboxServer) -> None:
    """Ctrl-C elsewhere is one line and exit code 130, without a traceback."""
    served.sandbox.faults.add("rate_limit", operation="list_users", retry_after=50)
    run = terminal("users", "list", "-v", env={"ARIZE_MAX_RETRIES": "1"})
    run.until("retry 1 of 1")
    run.type(CTRL_C)
    assert run.end() == 130
    assert run.shown.splitlines()[-1].endswith("interrupted")
    assert "Traceback" not in run.shown


def test_interrupted_create(terminal: Terminals, served: SandboxServer) -> None:
    """Ctrl-C while somebody is created says that it may have happened, and how to see."""
    served.sandbox.faults.add("rate_limit", operation="create_user", retry_after=50)
    create = [
        "users",
        "create",
        "-n",
        "Ada",
        "-e",
        "ada@example.com",
        "-r",
        "member",
        "--invite-mode",
        "email_link",
        "-v",
    ]
    run = terminal(*create, env={"ARIZE_MAX_RETRIES": "1"})
    run.until("retry 1 of 1")
    run.type(CTRL_C)
    assert run.end() == 130
    assert "ada@example.com may have been created: `ax users get ada@example.com` shows it" in run.shown


def test_create_asks(terminal: Terminals, account: Sandbox) -> None:
    """At a terminal `create` asks for what is missing, and again when an answer will not do."""
    run = terminal("users", "create", "--role", "member")
    run.until("Full name:")
    run.type("\n")
    run.until("this cannot be left empty")
    run.until("Full name:")
    run.type("Ada Lovelace\n")
    run.until("Email:")
    run.type("ada@example.com\n")
    run.until("Invite mode (none, email_link, temporary_password):")
    run.type("carrier pigeon\n")
    run.until("one of none, email_link, temporary_password")
    run.until("Invite mode")
    run.type("None\n")
    assert run.end() == 0
    (user,) = [user for user in account.users() if user.email == "ada@example.com"]
    assert (user.name, user.role["name"], user.status) == ("Ada Lovelace", "member", "active")


@pytest.mark.parametrize(("key", "code"), [(CTRL_C, 130), (CTRL_D, 1)])
def test_create_is_left(terminal: Terminals, account: Sandbox, key: str, code: int) -> None:
    """Leaving a question creates nobody."""
    run = terminal("users", "create")
    run.until("Full name:")
    run.type(key)
    assert run.end() == code
    assert account.audit == []


def test_settings_come_before_questions(terminal: Terminals) -> None:
    """Nobody answers four questions to learn that there is no key."""
    run = terminal("users", "create")
    assert run.end() == 1
    assert "no API key is set" in run.shown


def test_all_counts(terminal: Terminals, account: Sandbox) -> None:
    """Paging through many users shows how far it is, and leaves no trace of that."""
    account.add_users(250)
    run = terminal("users", "list", "--all", "-o", "users.csv")
    assert run.end() == 0
    assert "\r100 users …" in run.raw
    assert "\r200 users …\r\x1b[K" in run.raw
    assert run.shown.splitlines()[-1] == "wrote 253 users to users.csv"


def test_parquet_is_not_for_a_terminal(terminal: Terminals, account: Sandbox) -> None:
    """Parquet is refused at a terminal, in two lines."""
    run = terminal("users", "list", "-o", "parquet")
    assert run.end() == 2
    assert run.shown.splitlines() == ["error: parquet is not for reading", "hint: Name a file with --output."]
