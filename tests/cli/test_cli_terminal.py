"""The commands at a terminal: prompts, colours, progress, and Ctrl-C at the moments that matter."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arize_users import UsersClient
from arize_users.cli import create, delete, users
from arize_users.cli.interrupts import DeferredInterrupt
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import PATIENCE, Ax, Terminals

ADA = "-n Ada -e ada@example.com"
MAYBE_CREATED = "ada@example.com may have been created: `ax users get ada@example.com` shows it\n"
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
    said = {CTRL_D: "hint: Nothing was done.", CTRL_C: "interrupted"}.get(answer, "nothing was deleted")
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
    results = json.loads(re.search(r"^\{\n.*^\}$", run.shown, re.MULTILINE | re.DOTALL)[0])["results"]
    done = [one["user_id"] for one in results]
    deleted = [one["user_id"] for one in results if one["status"] == "deleted"]
    # One was refused and waited to be tried again.
    assert len(done) - len(deleted) <= 1
    assert len(deleted) >= 11
    count, *pending = run.shown.partition("interrupted; ")[2].replace(" ", "").splitlines()
    assert count == f"{len(pending)}notattempted:"
    assert [one for one in ids if one in done] == done
    assert [one for one in ids if one not in done] == pending
    assert [one for one in ids if account.user(one).status == "inactive"] == deleted


@pytest.mark.parametrize(
    ("command", "operation", "said"),
    [
        ("list", "list_users", ""),
        ("update x -n Ada", "update_user", ""),
        (f"create {ADA} -r member --invite-mode none", "create_user", MAYBE_CREATED),
    ],
)
def test_interrupted(
    terminal: Terminals, served: SandboxServer, command: str, operation: str, said: str
) -> None:
    """Ctrl-C is one line and exit code 130; of a user who may have been created it says how to see."""
    served.sandbox.faults.add("rate_limit", operation=operation, retry_after=50)
    run = terminal("users", *command.split(), "-v", env={"ARIZE_MAX_RETRIES": "1"})
    run.until("retry 1 of 1 in 50.00 s\r\n")
    run.type(CTRL_C)
    assert run.end() == 130
    assert run.shown.partition("in 50.00 s\n")[2].removeprefix("^C") == f"{said}interrupted\n"


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
    assert (wrote[-37:], told, said) == ("wrote 200 users to users.csv.partial", "the rest:", "interrupted")
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


def _ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _call(function: Callable[[], object], written: list[object]) -> None:
    with DeferredInterrupt() as interrupt:
        written.append(interrupt.call(function))


@pytest.mark.parametrize(
    ("owner", "step", "command", "shown"),
    [
        (create, "deliver", f"create {ADA} -r member --invite-mode temporary_password", "temporary_password"),
        (users, "deliver", "update {jane} -n Janet", '"name": "Janet"'),
        (delete, "deliver", "delete --id {jane} -f", '"status": "deleted"'),
        (UsersClient, "bulk_delete", "delete --id {jane} -f", '"status": "deleted"'),
    ],
)
def test_outcome_survives(
    ax: Ax, jane: str, monkeypatch: pytest.MonkeyPatch, owner: Any, step: str, command: str, shown: str
) -> None:
    """Ctrl-C after a change, before its outcome is written, ends the command once it is written."""
    function = getattr(owner, step)

    def with_ctrl_c(*arguments: Any, **named: Any) -> object:
        if step == "deliver":
            _ctrl_c()
            return function(*arguments, **named)
        results = function(*arguments, **named)
        _ctrl_c()
        return results

    monkeypatch.setattr(owner, step, with_ctrl_c)
    ran = ax(*command.format(jane=jane).split(), "-o", "json")
    counted = "1 deleted\n" if owner in (delete, UsersClient) else ""
    assert (ran.code, ran.err) == (130, f"{counted}interrupted\n")
    assert shown in ran.out


@pytest.mark.parametrize("first", ["the answer", "Ctrl-C"])
def test_no_gap(monkeypatch: pytest.MonkeyPatch, first: str) -> None:
    """An answer that is there counts, even if Ctrl-C came in the same moment."""
    start, written = threading.Thread.start, []

    def start_and_interrupt(thread: threading.Thread) -> None:
        if first == "Ctrl-C":
            _ctrl_c()
        start(thread)
        thread.join()
        _ctrl_c()

    monkeypatch.setattr(threading.Thread, "start", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        _call(lambda: "the outcome", written)
    assert written == ["the outcome"]


def test_call_is_stopped() -> None:
    """Ctrl-C during the call ends the wait for it, and works as before afterwards."""
    before, written, released = signal.getsignal(signal.SIGINT), [], threading.Event()

    def interrupted_call() -> None:
        _ctrl_c()
        released.wait(PATIENCE)

    with pytest.raises(KeyboardInterrupt):
        _call(interrupted_call, written)
    released.set()
    assert written == []
    assert signal.getsignal(signal.SIGINT) is before


def test_error_takes_precedence() -> None:
    """An error that says where the outcome is takes precedence over Ctrl-C."""

    def write() -> None:
        with DeferredInterrupt() as interrupt:
            interrupt.call(int)
            _ctrl_c()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write()


def test_ignored_stays_ignored() -> None:
    """A run that ignores Ctrl-C, as a script's background job does, still ignores it."""
    before, written = signal.signal(signal.SIGINT, signal.SIG_IGN), []
    try:
        _call(_ctrl_c, written)
    finally:
        signal.signal(signal.SIGINT, before)
    assert written == [None]
