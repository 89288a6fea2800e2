"""`--file` of delete, get, update, resend-invitation and reset-password, with delete's guards."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.account import NOON
from support.answers import page, user

from arize_users import UsersClient
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import PYTHON, Ax, Gate, Pipes, Ran, Scripted, Terminals

DRY_RUN = "Dry run: nothing is changed."
Leavers = Callable[..., str]


@pytest.fixture
def people(account: Sandbox) -> dict[str, str]:
    """The ids of ada, ola and bob@example.com, by name; with the callers, the account has six users."""
    return {
        name: account.add_user(email=f"{name}@example.com", name=name.title(), created_at=NOON)
        for name in ("ada", "ola", "bob")
    }


@pytest.fixture
def leavers(tmp_path: Path) -> Leavers:
    """Write a file of people, one per line, and give its name."""

    def write(*lines: str) -> str:
        file = tmp_path / "leavers.txt"
        file.write_text("\n".join(lines), encoding="utf-8")
        return str(file)

    return write


def statuses(ran: Ran) -> list[tuple[str, str]]:
    """Give whom each result is about, as given where that was an address, and its status."""
    return [(one["email"] or one["user_id"], one["status"]) for one in ran.json["results"]]


def done(account: Sandbox) -> list[tuple[str, str]]:
    """Give what the account says was done, and to whom."""
    return sorted((entry.action, entry.email.partition("@")[0]) for entry in account.audit)


def test_delete(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """Each person of the file has one result in its order, by the spelling there, and the others are left."""
    file = leavers("Ola <OLA@example.com>", people["ada"], "gone@example.com")
    ran = ax("delete", "--file", file, "--force", "-o", "json")
    assert statuses(ran) == [
        ("OLA@example.com", "deleted"),
        (people["ada"], "deleted"),
        ("gone@example.com", "not_found"),
    ]
    assert (ran.code, ran.err) == (3, "2 deleted, 1 not found\n")
    assert done(account) == [("delete", "ada"), ("delete", "ola")]


def test_missing_ok(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """With --missing-ok a file can be run again; an id of somebody deleted is told as deleted."""
    file = leavers("ada@example.com", people["ola"])
    for expected in ("deleted", "not_found"):
        ran = ax("delete", "--file", file, "--force", "--missing-ok", "-o", "json")
        assert ran.code == 0
        assert statuses(ran) == [("ada@example.com", expected), (people["ola"], "deleted")]
    assert ax("delete", "--file", leavers("ada@example.com"), "--force").code == 3


def test_same_person_twice(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """Somebody named twice, in another case or by id and address, is one person with one result."""
    file = leavers("ada@example.com", "ADA@example.com", people["ada"], "ola@example.com", "ola@example.com")
    ran = ax("delete", "--file", file, "--force", "-o", "json")
    assert [one["user_id"] for one in ran.json["results"]] == [people["ada"], people["ola"]]
    assert done(account) == [("delete", "ada"), ("delete", "ola")]


def test_options_beside_a_file(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """--id and --email add people to those of the file."""
    ran = ax("delete", "--file", leavers("ada@example.com"), "--id", people["bob"], "--force", "-o", "json")
    assert statuses(ran) == [(people["bob"], "deleted"), ("ada@example.com", "deleted")]


def test_csv_with_ids_of_two_systems(
    ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers
) -> None:
    """In a row the id counts if the account has it, else the address; those of two people fail."""
    file = leavers(
        "id,email",
        f"{people['ada']},ADA@example.com",
        "1001,ola@example.com",
        f"{people['bob']},ola@example.com",
    )
    ran = ax("delete", "--file", file, "--force", "-o", "json")
    assert statuses(ran) == [
        ("ADA@example.com", "deleted"),
        ("ola@example.com", "deleted"),
        ("ola@example.com", "failed"),
    ]
    assert (
        ran.json["results"][2]["error"]
        == "The id is that of Bob <bob@example.com>, and the address is another."
    )
    assert (ran.code, done(account)) == (3, [("delete", "ada"), ("delete", "ola")])


def test_exported_list(ax: Ax, account: Sandbox, people: dict[str, str], tmp_path: Path) -> None:
    """What `list` exports can be given back to `delete`, and so can the results of a `delete`."""
    file, results = tmp_path / "old.csv", tmp_path / "results.csv"
    assert ax("list", "--email", "@example.com", "-o", str(file)).code == 0
    assert ax("delete", "--file", str(file), "--force", "-o", str(results)).code == 0
    assert done(account) == [("delete", name) for name in ("ada", "bob", "ola")]
    ran = ax("delete", "--file", str(results), "--force", "--missing-ok", "-o", "json")
    assert (ran.code, len(ran.json["results"])) == (0, 3)


@pytest.mark.parametrize(
    ("header", "stays", "left"),
    [
        ("status", "ACTIVE", "DEPROVISIONED"),
        ("accountEnabled", "True", "False"),
        ("deleted_at", "", "2026-01-01"),
        ("Status [READ ONLY]", "Active", "Suspended"),
        ("status", "active", "deleted"),
    ],
)
def test_export_of_everybody(
    ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers, header: str, stays: str, left: str
) -> None:
    """A file that calls some inactive and others not is refused, and one of those who left is not."""
    file = leavers(
        f"email,{header}", f"ada@example.com,{stays}", f"ola@example.com,{left}", f"bob@x.com,{left}"
    )
    lines = ax("delete", "--file", file, "--force").refused(2)
    assert lines[0] == f"{file}: its column {header} calls 2 inactive, and 1 not"
    assert ax("get", "--file", file).code == 3  # bob is nobody
    assert not done(account)
    file = leavers(f"email,{header}", f"ola@example.com,{left}")
    assert ax("delete", "--file", file, "--force").code == 0
    assert done(account) == [("delete", "ola")]


@pytest.mark.parametrize("keep", ["ada@example.com", "ADA@EXAMPLE.COM", "{ada}"])
def test_keep(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers, keep: str) -> None:
    """Whom --keep names is left alone and told, by address or id, however the file names them."""
    for named in ("ada@example.com", people["ada"]):
        account.clear_log()
        options = ["--keep", keep.format(**people), "--force", "-o", "json"]
        ran = ax("delete", "--file", leavers(named, "ola@example.com"), *options, "--missing-ok")
        assert statuses(ran)[0][0] == "ola@example.com"
        assert len(ran.json["results"]) == 1
        assert "left alone: Ada <ada@example.com>, whom --keep names" in ran.err.splitlines()
        assert account.user(people["ada"]).status == "active"


def test_keep_a_domain(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """@DOMAIN keeps everybody of a domain; if nobody is left, nothing is sent. A keep for nobody is noted."""
    file = leavers("ada@example.com", people["ola"])
    ran = ax("delete", "--file", file, "--keep", "@EXAMPLE.com", "--keep", "nobody@acme.com", "--force")
    assert (ran.code, done(account)) == (0, [])
    assert "there is nobody left" in ran.err
    assert "note: keep: 'nobody@acme.com' matches nobody" in ran.err.splitlines()


@pytest.mark.parametrize(
    ("limit", "code"), [("2", 4), ("3", 0), ("33%", 4), ("34%", 0), ("100%", 0), ("0", 4)]
)
def test_max_removals(
    ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers, limit: str, code: int
) -> None:
    """--max-removals refuses the whole file with exit code 4, and says what would satisfy it."""
    file = leavers("ada@example.com", "ADA@example.com", people["ola"], "bob@example.com", "gone@example.com")
    ran = ax("delete", "--file", file, "--max-removals", limit, "--force", "--missing-ok")
    assert (ran.code, len(account.audit)) == (code, 0 if code else 3)
    if code:
        error, hint, *_ = ran.err.splitlines()
        assert error.startswith("error: refused: 3 of 6 users would be removed; --max-removals allows ")
        assert "--max-removals 3" in hint
        assert not PYTHON.search(ran.err)


def test_without_a_limit(ax: Ax, account: Sandbox, leavers: Leavers) -> None:
    """The file names each person, so any number of them is deleted unless --max-removals says otherwise."""
    ids = account.add_users(20)
    assert ax("delete", "--file", leavers(*ids), "--force").code == 0
    assert len(account.audit) == 20


@pytest.mark.parametrize("by", ["file", "option"])
def test_min_admins(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers, by: str) -> None:
    """The last active admin is not deleted with a file, nor with --min-admins, and nobody else then is."""
    account.add_user(email="second@example.com", name="Second", role="admin", status="invited")
    named = ["--file", leavers("owner@sandbox.example", "ada@example.com")]
    if by == "option":
        named = ["-e", "owner@sandbox.example,ada@example.com", "--min-admins", "1"]
    ran = ax("delete", *named, "--force")
    error, hint = ran.refused(4)
    assert error == "refused: 0 of 1 active admins would be left; --min-admins asks for 1"
    assert "--min-admins 0" in hint
    assert done(account) == []


@pytest.mark.parametrize(("least", "code"), [("0", 0), ("1", 0), ("2", 4)])
def test_min_admins_that_are_left(
    ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers, least: str, code: int
) -> None:
    """--min-admins counts the active admins who would be left, not those who are invited."""
    account.add_user(email="second@example.com", name="Second", role="admin")
    account.add_user(email="third@example.com", name="Third", role="admin", status="invited")
    ran = ax("delete", "--file", leavers("second@example.com"), "--min-admins", least, "--force")
    assert (ran.code, len(account.audit)) == (code, 0 if code else 1)


def test_admins_are_looked_up_again(
    ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admin counted on whom somebody else deletes meanwhile is noticed before the first deletion."""
    second = account.add_user(email="second@example.com", name="Second", role="admin")
    bulk_get = UsersClient.bulk_get

    def late(self: UsersClient, **named: object) -> object:
        if named.get("user_ids"):
            ax("delete", "--id", second, "--force")
        return bulk_get(self, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(UsersClient, "bulk_get", late)
    ran = ax("delete", "--file", leavers("ada@example.com"), "--min-admins", "2", "--force")
    assert (ran.code, done(account)) == (4, [("delete", "second")])
    assert "only 1 of the active admins are left" in ran.err


@pytest.mark.parametrize(
    ("options", "said", "to_do"),
    [
        (["--max-removals", "ten"], "--max-removals: 'ten' is no limit of removals", "a whole number"),
        (["--max-removals", "-1"], "--max-removals: '-1' is no limit", "a share of all users"),
        (["--max-removals", "101%"], "--max-removals: '101%' is no limit", '"10%"'),
        (["--min-admins", "-1"], "--min-admins: expected a whole number from 0 up, got -1", "--help"),
        (["--keep", "a b"], "--keep: 'a b' holds blanks", "--help"),
        (["--keep", "@"], "--keep: '@' is not a domain", "@example.com"),
        (["--keep", "example.com"], "--keep: 'example.com' is no id, address or domain", "@example.com"),
    ],
)
def test_bad_guards(
    ax: Ax, scripted: Scripted, leavers: Leavers, options: list[str], said: str, to_do: str
) -> None:
    """A guard that cannot be one is refused before any request, and the hint says what can be given."""
    for named in (["--file", leavers("ada@example.com")], ["--id", "x"]):
        error, hint = ax("delete", *named, *options, "--force").refused(2)
        assert error.startswith(said)
        assert to_do in hint
    assert scripted.requests == []


@pytest.mark.parametrize("fault", ["server_error", "garbage", "forbidden"])
def test_guards_that_cannot_be_checked(
    ax: Ax, served: SandboxServer, people: dict[str, str], leavers: Leavers, fault: str
) -> None:
    """Where the account cannot be listed, its guards cannot be checked, and nobody is deleted."""
    if fault == "forbidden":
        served.sandbox.add_key("cleaner", permissions=["USER_DELETE"])
    else:
        served.sandbox.faults.add(fault, operation="list_users")
    key = "cleaner" if fault == "forbidden" else "sandbox-admin"
    ran = ax("delete", "--file", leavers(people["ada"]), "--force", "--api-key", key)
    assert (ran.code, served.sandbox.audit) == (4, [])


def test_ambiguous_address_in_a_file(ax: Ax, scripted: Scripted, leavers: Leavers) -> None:
    """An address that names two users fails alone, and nothing is sent for it."""
    scripted.set_answer(
        200, page([user(id="u1", email="Mira@acme.com"), user(id="u5", email="mira@acme.com")])
    )
    ran = ax("delete", "--file", leavers("MIRA@acme.com"), "--min-admins", "0", "--force", "-o", "json")
    assert (ran.code, statuses(ran)) == (3, [("MIRA@acme.com", "failed")])
    assert {request.method for request in scripted.requests} == {"GET"}


def test_question(terminal: Terminals, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """The question says how many of how many users, and names them; --keep is told before it."""
    file = leavers("ada@example.com", people["ola"], "bob@example.com")
    run = terminal("users", "delete", "--file", file, "--keep", "bob@example.com", columns=120)
    question = run.until("Delete 2 users? [y/N]")
    assert "left alone: Bob <bob@example.com>" in question
    assert "This blocks 2 of 6 users for good" in question
    assert "- Ada <ada@example.com>" in question
    assert "- Ola <ola@example.com>" in question
    run.type("y\n")
    assert run.end() == 0
    assert done(account) == [("delete", "ada"), ("delete", "ola")]


@pytest.mark.parametrize("by", ["file", "option"])
def test_dry_run(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers, by: str) -> None:
    """A dry run says first and last that it is one, whom it would delete, and changes nothing."""
    named = ["--file", leavers("ada@example.com", people["ola"], "gone@example.com")]
    if by == "option":
        named = ["--id", f"ada@example.com,{people['ola']},gone@example.com"]
    ran = ax("delete", *named, "--dry-run", "-o", "json")
    lines = ran.err.splitlines()
    assert (ran.code, lines[0], lines[-1], done(account)) == (3, DRY_RUN, DRY_RUN, [])
    assert {"  - Ada <ada@example.com>", "  - Ola <ola@example.com>"} <= {*lines}
    assert sorted(statuses(ran)) == sorted(
        [
            ("ada@example.com", "not_attempted"),
            (people["ola"], "not_attempted"),
            ("gone@example.com", "not_found"),
        ]
    )
    assert ax("delete", "-e", "ada@example.com", "--dry-run").code == 0


@pytest.mark.parametrize("guard", [["--max-removals", "1"], ["--min-admins", "2"]])
def test_dry_run_is_refused_alike(
    ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers, guard: Sequence[str]
) -> None:
    """What a guard refuses, it refuses in a dry run, too, in the same words and with the same exit code."""
    file = leavers("ada@example.com", people["ola"])
    rehearsed = ax("delete", "--file", file, *guard, "--dry-run")
    assert rehearsed == ax("delete", "--file", file, *guard, "--force")
    assert (rehearsed.code, done(account)) == (4, [])


def test_signal(piped: Pipes, gate: Gate, leavers: Leavers, tmp_path: Path) -> None:
    """A signal ends the deletion of a file in order: the results say of each person what the account says."""
    ids = gate.add_users(30)
    gate.set_time(None)
    file = leavers("gone@example.com", *(f"user{number:05}@example.com" for number in range(1, 31)))
    run = piped("ax", "users", "delete", "--file", file, "-f", "-o", "out.json")
    gate.await_requests(8)
    run.signal(15)
    run.until("stopping")
    gate.open()
    ran = run.end()
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    assert (ran.code, len(results), results[0]["status"]) == (143, 31, "not_found")
    deleted = {one["user_id"] for one in results if one["status"] == "deleted"}
    assert deleted == {one for one in ids if gate.user(one).status == "inactive"}
    assert {one["status"] for one in results[1:]} == {"deleted", "not_attempted"}


def test_get(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """`get --file` gives the users in the file's order, once each, names the others, and exits with 3."""
    file = leavers("ola@example.com", people["ada"], "gone@example.com", "OLA@example.com")
    ran = ax("get", "--file", file, "-o", "csv")
    assert [row["id"] for row in csv.DictReader(io.StringIO(ran.out))] == [people["ola"], people["ada"]]
    assert (ran.code, ran.err) == (3, "not found: gone@example.com\n")
    assert ax("get", "--file", leavers(people["ada"])).code == 0
    none = ax("get", "--file", leavers("gone@example.com", "gone"), "-o", "json")
    assert (none.code, none.json["users"]) == (7, [])


def test_get_fails(ax: Ax, served: SandboxServer, leavers: Leavers) -> None:
    """A look-up that fails is no "not found": its error is told, and the exit code is 4."""
    served.sandbox.faults.add("server_error", operation="get_user")
    ran = ax("get", "--file", leavers("VXNlcjox"))
    assert ran.code == 4
    assert "failed: VXNlcjox 500 Internal Server Error" in ran.err


def test_update(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """`update --file` makes the one change to each person of the file."""
    file = leavers("ada@example.com", people["ola"], people["ada"], "gone@example.com")
    ran = ax("update", "--file", file, "--is-not-developer", "-o", "json")
    assert statuses(ran) == [
        ("ada@example.com", "done"),
        (people["ola"], "done"),
        ("gone@example.com", "not_found"),
    ]
    assert (ran.code, ran.err) == (3, "2 done, 1 not found\n")
    flags = {one.email: one.is_developer for one in account.users()}
    assert [flags[f"{name}@example.com"] for name in ("ada", "ola", "bob")] == [False, False, True]


def test_dry_run_of_an_update(ax: Ax, account: Sandbox, people: dict[str, str], leavers: Leavers) -> None:
    """A dry run of `update --file` names everybody who would be changed, and changes nobody."""
    ran = ax("update", "--file", leavers("ada@example.com"), "-n", "Augusta", "--dry-run", "-o", "json")
    lines = ran.err.splitlines()
    assert (ran.code, lines[0], lines[-1], done(account)) == (0, DRY_RUN, DRY_RUN, [])
    assert lines[2:-1] == ["This sets for 1 user: name 'Augusta'", "  - Ada <ada@example.com>"]
    assert statuses(ran) == [("ada@example.com", "not_attempted")]


@pytest.mark.parametrize(
    ("command", "status", "action"),
    [("resend-invitation", "invited", "resend_invitation"), ("reset-password", "active", "reset_password")],
)
def test_mails(ax: Ax, account: Sandbox, leavers: Leavers, command: str, status: str, action: str) -> None:
    """Each person of the file is mailed once; who cannot be is told in a shell's words, with exit code 3."""
    account.add_user(email="ada@example.com", name="Ada", status=status)
    other = account.add_user(email="eve@example.com", name="Eve", status="expired")
    file = leavers("ada@example.com", "Ada <ADA@example.com>", other)
    ran = ax(command, "--file", file, "-o", "json")
    assert statuses(ran) == [("ada@example.com", "done"), (other, "failed")]
    assert (ran.code, done(account)) == (3, [(action, "ada")])
    error = ran.json["results"][1]["error"]
    assert "`ax users create` invites an expired one anew" in error
    assert "users." not in error


@pytest.mark.parametrize("command", ["resend-invitation", "reset-password"])
def test_result_of_one_mail(ax: Ax, account: Sandbox, tmp_path: Path, command: str) -> None:
    """A mail to one user writes nothing to standard output, and its result where --output asks for it."""
    status = "invited" if command.startswith("resend") else "active"
    user_id = account.add_user(email="ada@example.com", name="Ada", status=status)
    ran = ax(command, user_id, "-o", "json")
    assert (ran.code, statuses(ran)) == (0, [(user_id, "done")])


def test_nobody_is_reached(ax: Ax, served: SandboxServer, people: dict[str, str], leavers: Leavers) -> None:
    """A refused key ends a command about a file at once, with exit code 4."""
    for line in (["delete", "--force"], ["get"], ["update", "-n", "X"], ["reset-password"]):
        ran = ax(*line, "--file", leavers(*people.values()), "--api-key", "unknown")
        assert (ran.code, served.sandbox.audit) == (4, [])
