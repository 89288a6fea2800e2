"""Users are named by id or by address, whichever is at hand; the program says whom it found."""

from __future__ import annotations

import shlex

import pytest
from support.account import NOON
from support.answers import page, problem, user

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Scripted, Terminals

WRITES = {
    "update {} --full-name Augusta": "update",
    "resend-invitation {}": "resend_invitation",
    "reset-password {}": "reset_password",
}


@pytest.fixture
def ada(account: Sandbox) -> str:
    """The id of Ada, who is active."""
    return account.add_user(email="Ada@example.com", name="Ada King", created_at=NOON)


@pytest.mark.parametrize("address", ["Ada@example.com", "ada@EXAMPLE.com"])
@pytest.mark.parametrize("line", WRITES)
def test_address_for_an_id(ax: Ax, account: Sandbox, line: str, address: str) -> None:
    """Commands about one user take an address in any case, and say name, address and id of that user."""
    status = "invited" if line.startswith("resend") else "active"
    user_id = account.add_user(email="Ada@example.com", name="Ada King", status=status)
    ran = ax(*shlex.split(line.format(address)))
    assert ran.code == 0
    assert ran.err.splitlines()[0] == f"{address} is Ada King <Ada@example.com>, id {user_id}"
    assert [(entry.action, entry.email) for entry in account.audit] == [(WRITES[line], "Ada@example.com")]


@pytest.mark.parametrize("line", WRITES)
def test_id_says_nothing(ax: Ax, account: Sandbox, line: str) -> None:
    """An id is sent as it is: nobody is looked up, and nothing more is said."""
    status = "invited" if line.startswith("resend") else "active"
    user_id = account.add_user(email="ada@example.com", name="Ada King", status=status)
    ran = ax(*shlex.split(line.format(user_id)))
    assert (ran.code, "Ada King <" in ran.err) == (0, False)


@pytest.mark.parametrize("line", [*WRITES, "get {}", "update {} --is-developer --dry-run"])
def test_nobody_has_the_address(ax: Ax, account: Sandbox, line: str) -> None:
    """An address that nobody has is exit code 7, as for `get`, and nothing is done."""
    error, hint = ax(*shlex.split(line.format("nobody@example.com"))).refused(7)
    assert error == "no user has the email nobody@example.com"
    assert "`ax users list --email PART` finds" in hint
    assert account.audit == []


@pytest.mark.parametrize("line", [*WRITES, "update {} --is-developer --dry-run"])
def test_ambiguous_address(ax: Ax, scripted: Scripted, line: str) -> None:
    """An address that two users match equally well is refused with both ids, and nothing is written."""
    scripted.set_answer(
        200, page([user(id="u1", email="Mira@acme.com"), user(id="u5", email="mira@acme.com")])
    )
    error, hint = ax(*shlex.split(line.format("MIRA@acme.com"))).refused(4)
    assert "'u1'" in error
    assert "'u5'" in error
    assert hint == "Give the id of the one who is meant."
    assert {request.method for request in scripted.requests} == {"GET"}


@pytest.mark.parametrize("line", WRITES)
@pytest.mark.parametrize("status", [500, 401, 403, 429])
def test_look_up_fails(ax: Ax, scripted: Scripted, line: str, status: int) -> None:
    """Where the API fails to look an address up, nothing is written."""
    scripted.set_answer(status, problem(status).content)
    ax(*shlex.split(line.format("ada@example.com"))).refused(4)
    assert {request.method for request in scripted.requests} == {"GET"}


@pytest.mark.parametrize("line", WRITES)
def test_found_without_an_id(ax: Ax, scripted: Scripted, line: str) -> None:
    """Somebody whom the server lists without an id cannot be written to, and is not."""
    scripted.set_answer(200, page([user(id=None)]))
    assert ax(*shlex.split(line.format("ada@example.com"))).refused(4)[0].endswith("without an id")
    assert {request.method for request in scripted.requests} == {"GET"}


@pytest.mark.parametrize("line", [*WRITES, "get {}"])
@pytest.mark.parametrize("named", ["a@b@c", "a@x.com,b@x.com", "<a@x.com>", "a b", "..", "@", ""])
def test_bad_names(ax: Ax, scripted: Scripted, line: str, named: str) -> None:
    """What can be neither an id nor an address is refused before any request."""
    error, _ = ax(*shlex.split(line.format(shlex.quote(named)))).refused(2)
    assert error.startswith("USER_ID|EMAIL: ")
    assert scripted.requests == []


def test_bad_name_is_found_before_the_look_up(ax: Ax, scripted: Scripted) -> None:
    """A full name that cannot be one is refused before the address is looked up, in a dry run, too."""
    for options in ([], ["--dry-run"]):
        error, _ = ax("update", "ada@example.com", "--full-name", " ", *options).refused(2)
        assert error == "--full-name: is empty"
    assert scripted.requests == []


def test_delete_takes_each_kind_for_each(ax: Ax, account: Sandbox, ada: str) -> None:
    """`delete` takes addresses with --id and ids with --email, in one list, too."""
    bob = account.add_user(email="bob@example.com", name="Bob")
    ran = ax("delete", "--id", "ada@example.com", "--email", f"{bob};gone@example.com", "-f", "-o", "json")
    assert [(one["user_id"], one["email"], one["status"]) for one in ran.json["results"]] == [
        (bob, None, "deleted"),
        (ada, "ada@example.com", "deleted"),
        (None, "gone@example.com", "not_found"),
    ]
    assert {entry.email for entry in account.audit} == {"Ada@example.com", "bob@example.com"}


def test_unknown_outcome_of_an_address(ax: Ax, served: SandboxServer) -> None:
    """Where no answer comes, the hint has a command that finds the user who was looked up."""
    user_id = served.sandbox.add_user(email="ada@example.com", name="Ada")
    served.sandbox.faults.add("reset_after", operation="update_user")
    ran = ax("update", "ada@example.com", "-n", "Augusta")
    assert (ran.code, f"`ax users get {user_id}` shows the user as it is" in ran.err) == (4, True)


@pytest.mark.parametrize("kind", ["id", "address"])
def test_question_names_people(terminal: Terminals, account: Sandbox, ada: str, kind: str) -> None:
    """The question names account and people, by name and address, however they were given."""
    named = ada if kind == "id" else "ADA@example.com"
    run = terminal("users", "delete", "--id", f"{named},gone", columns=120)
    question = run.until("Delete 2 users? [y/N]")
    assert f"Account: sandbox:{account.path}" in question
    assert "- Ada King <Ada@example.com>" in question
    assert "- gone" in question
    run.type("n\n")
    assert run.end() == 1


def test_question_without_a_look(terminal: Terminals, served: SandboxServer) -> None:
    """People who cannot be looked up are shown as given; that stops nothing and changes no exit code."""
    user_id = served.sandbox.add_user(email="ada@example.com", name="Ada")
    served.sandbox.faults.add("server_error", operation="get_user")
    run = terminal("users", "delete", "--id", user_id)
    assert f"- {user_id}" in run.until("[y/N]")
    run.type("y\n")
    assert run.end() == 0
    assert served.sandbox.user(user_id).status == "inactive"


def test_question_names_the_profile(terminal: Terminals, staging: Sandbox) -> None:
    """The question names the profile that the account is from."""
    run = terminal("users", "delete", "-e", "jane@example.com", "--profile", "staging", columns=200)
    assert "(profile staging)" in run.until("[y/N]")
    run.type("\n")
    assert run.end() == 1
    assert staging.audit == []


def test_question_is_wrapped_at_words(terminal: Terminals, account: Sandbox) -> None:
    """At a narrow terminal the question is wrapped between words, and no name acts on the terminal."""
    user_id = account.add_user(email="ada@example.com", name="Ada \x1b[31mAugusta King of Lovelace")
    run = terminal("users", "delete", "--id", user_id, columns=40)
    question = run.until("[y/N]")
    assert max(map(len, question.splitlines())) <= 40 or str(account.path) in question
    words = " ".join(question.split())
    assert "This blocks 1 user for good, and removes their organization and space memberships" in words
    assert r"Ada \x1b[31mAugusta King of Lovelace <ada@example.com>" in words
    run.type("\n")
    assert run.end() == 1


@pytest.mark.parametrize(("answer", "code"), [("y", 1), ("50", 1), ("", 1), ("51", 0)])
def test_number_is_typed(terminal: Terminals, account: Sandbox, answer: str, code: int) -> None:
    """Above 50 people the number is asked for: a y, or another number, deletes nobody."""
    ids = account.add_users(51)
    run = terminal("users", "delete", "--id", ",".join(ids), "-o", "out.json", columns=120)
    run.until("51, to go on:")
    run.type(f"{answer}\n")
    assert run.end() == code
    assert len(account.audit) == (51 if code == 0 else 0)


def test_dry_run_of_an_update(ax: Ax, account: Sandbox, ada: str) -> None:
    """`update --dry-run` says first and last that it is one, and between who would be changed and how."""
    ran = ax("update", "ada@example.com", "-n", " Augusta ", "--is-not-developer", "--dry-run", "-o", "json")
    lines = ran.err.splitlines()
    assert (ran.code, lines[0], lines[-1]) == (0, "Dry run: nothing is changed.", lines[0])
    assert lines[1] == (
        "This changes Ada King <Ada@example.com>: name 'Ada King' -> 'Augusta', is_developer true -> false"
    )
    (result,) = ran.json["results"]
    assert (result["user_id"], result["status"], account.audit) == (ada, "not_attempted", [])
