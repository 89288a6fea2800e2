"""Ctrl-C, SIGTERM and SIGHUP at every moment of every command: account, output and report agree."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arize_users.cli import interrupts
from arize_users.cli.interrupts import Interrupts, Unanswered
from arize_users.config import DEFAULT_TIMEOUT
from arize_users.sandbox import Sandbox

from .runs import FULL, NEEDS_FULL, UNREAD, Gate, Pipes, Terminals

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
ADA = "create -n Ada -e ada@example.com -r member --invite-mode temporary_password"
ASK = "The mail may have been sent: ask the user before sending another."

# Each with what the audit trail has of it, what its outcome shows, and what is said where it is not known.
COMMANDS = {
    "create": (f"{ADA} -o out.json", "create", "temporary_password", "`ax users get ada@example.com` shows"),
    "update": (
        "update {jane} -n Janet -o out.json",
        "update",
        '"name": "Janet"',
        "`ax users get {jane}` shows",
    ),
    "delete": (
        "delete --id {jane} -f -o out.json",
        "delete",
        '"status": "deleted"',
        "`ax users get {jane}` shows",
    ),
    "resend": ("resend-invitation {ivan}", "resend_invitation", "the invitation was sent again", ASK),
    "reset": ("reset-password {jane}", "reset_password", "a password reset link was mailed", ASK),
}

# The program sends itself the signal: before the client is used, when it has returned, or halfway through
# the writing of the file.
_AT = """import os
def signalled(owner, name, before):
    function = getattr(owner, name)
    def call(*arguments, **named):
        if before: os.kill(os.getpid(), {number})
        result = function(*arguments, **named)
        if not before: os.kill(os.getpid(), {number})
        return result
    setattr(owner, name, call)
"""
_USED = "import arize_users.cli.session as session; signalled(session.Session, 'users', True)"
_RETURNED = "from arize_users import UsersClient; signalled(UsersClient, '{method}', False)"
_WRITTEN = "signalled(os, 'fsync', True)"


def at(moment: str, number: int) -> str:
    """Give what a process runs first, so that it sends itself a signal at this moment."""
    return f"{_AT.format(number=int(number))}\n{moment}"


class Row:
    """One command of the table, on an account with jane, who is active, and ivan, who is invited."""

    def __init__(self, name: str, account: Sandbox, folder: Path) -> None:
        people = {
            who: account.add_user(email=f"{who}@example.com", name=who, status=status)
            for who, status in (("jane", "active"), ("ivan", "invited"))
        }
        line, self.action, self.shown, said = COMMANDS[name]
        self.words = ["ax", "users", *line.format(**people).split()]
        self.said = said.format(**people)
        self.file = folder / "out.json" if "out.json" in line else None
        self._account = account

    @property
    def actions(self) -> list[str]:
        return [entry.action for entry in self._account.audit]


@pytest.fixture(params=COMMANDS)
def row(request: pytest.FixtureRequest, gate: Gate, tmp_path: Path) -> Row:
    """Each command that changes something."""
    return Row(request.param, gate, tmp_path)


@pytest.mark.parametrize("number", SIGNALS)
def test_before_the_first_request(piped: Pipes, row: Row, number: int) -> None:
    """A signal before the first request: nothing was done, nothing is written, and the report says so."""
    ran = piped(*row.words, before=at(_USED, number)).end()
    assert (ran.code, ran.out, ran.err) == (128 + number, "", "interrupted; nothing was changed\n")
    assert row.actions == []
    assert row.file is None or not row.file.exists()


@pytest.mark.parametrize("number", SIGNALS)
def test_request_under_way(piped: Pipes, gate: Gate, row: Row, number: int) -> None:
    """A signal while a request is under way: its answer is awaited, and written where it was to go."""
    run = piped(*row.words)
    gate.await_requests()
    run.signal(number)
    run.until("stopping: waiting up to 31 s")
    gate.open()
    ran = run.end()
    assert (ran.code, row.actions) == (128 + number, [row.action])
    assert row.shown in (row.file.read_text() if row.file else ran.err)
    assert ran.err.splitlines()[-1] == "interrupted"


@pytest.mark.parametrize("number", SIGNALS)
def test_second_signal(piped: Pipes, gate: Gate, row: Row, number: int) -> None:
    """A second signal ends the waiting: the outcome is written as unknown, and said with how to find out."""
    run = piped(*row.words)
    gate.await_requests()
    run.signal(number)
    run.until("a second signal ends the wait")
    run.signal(signal.SIGTERM)
    ran = run.end()
    assert (ran.code, row.actions) == (128 + number, [row.action])
    written = row.file.read_text() if row.file else ran.out
    (result,) = json.loads(written)["results"]
    assert (result["status"], written.count("unknown")) == ("unknown", 1)
    assert (result["user_id"] or result["email"]) in " ".join(row.words)
    assert result["error"]
    assert row.said in ran.err
    assert ran.err.splitlines()[-1] == "interrupted"


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("create", "create"),
        ("create", "writing"),
        ("update", "update"),
        ("update", "writing"),
        ("delete", "bulk_delete"),
        ("delete", "writing"),
        ("resend", "resend_invitation"),
        ("reset", "reset_password"),
    ],
)
def test_answer_is_there(
    piped: Pipes, gate: Gate, tmp_path: Path, name: str, moment: str, number: int
) -> None:
    """A signal when the answer has arrived, or while it is written: it is written whole, the password too."""
    row = Row(name, gate, tmp_path)
    gate.open()
    hook = _WRITTEN if moment == "writing" else _RETURNED.format(method=moment)
    ran = piped(*row.words, before=at(hook, number)).end()
    assert (ran.code, row.actions) == (128 + number, [row.action])
    assert row.shown in (row.file.read_text() if row.file else ran.err)
    assert ran.err.splitlines()[-1] == "interrupted"


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(("command", "question"), [("delete --id {jane}", "[y/N]"), ("create", "Full name:")])
def test_at_a_prompt(
    terminal: Terminals, account: Sandbox, jane: str, command: str, question: str, number: int
) -> None:
    """A signal at a prompt ends the command, and nothing was done; so does a terminal that goes away."""
    run = terminal("users", *command.format(jane=jane).split())
    run.until(question)
    if number == signal.SIGHUP:
        assert run.hang_up() == 129
    else:
        run.signal(number)
        assert run.end() == 128 + number
        assert run.shown.endswith(f"{question} \ninterrupted; nothing was changed\n")
    assert account.audit == []


def test_just_before_the_wait(terminal: Terminals, account: Sandbox, jane: str, tmp_path: Path) -> None:
    """Ctrl-C between a question and the wait for its answer counts at once, not with the next key."""
    # Python has taken the signal, and no wait was interrupted: as where another thread is given it.
    os.mkfifo(tmp_path / "now")
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, threading\n"
        "def interrupt():\n"
        "    open('now').read()\n"
        "    signal.pthread_kill(threading.get_ident(), signal.SIGINT)\n"
        "threading.Thread(target=interrupt, daemon=True).start()\n"
    )
    run = terminal("users", "delete", "--id", jane, env={"PYTHONPATH": str(tmp_path)})
    run.until("[y/N]")
    (tmp_path / "now").write_text("")
    assert (run.end(), account.audit) == (130, [])


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", ["list --all -o out.json", "get jane@example.com -o out.json"])
def test_reading(piped: Pipes, gate: Gate, tmp_path: Path, command: str, number: int) -> None:
    """A command that only reads ends at once, and leaves no file."""
    gate.every = True
    run = piped("ax", "users", *command.split())
    gate.await_requests()
    run.signal(number)
    ran = run.end()
    assert (ran.code, ran.out, ran.err) == (128 + number, "", "interrupted; nothing was changed\n")
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("ends", ["answers", "a second signal"])
def test_batch(piped: Pipes, gate: Gate, tmp_path: Path, ends: str) -> None:
    """A batch says of each user what the account says: deleted, unknown or not attempted; each word once."""
    ids = gate.add_users(60)
    run = piped("ax", "users", "delete", "--id", ",".join(ids), "-f", "-o", "out.json")
    gate.await_requests(8)
    run.signal(signal.SIGTERM)
    run.until("stopping")
    if ends == "answers":
        gate.open()
    else:
        run.signal(signal.SIGTERM)
    ran = run.end()
    assert ran.code == 143
    text = (tmp_path / "out.json").read_text()
    results = {one["user_id"]: one["status"] for one in json.loads(text)["results"]}
    done = [one for one in ids if gate.user(one).status == "inactive"]
    assert [*results] == ids
    assert [one for one in ids if results[one] != "not_attempted"] == done
    counts = Counter(results.values())
    word = "deleted" if ends == "answers" else "unknown"
    assert (set(counts), counts[word] >= 8) == ({word, "not_attempted"}, True)
    assert sum(text.count(one) for one in counts) == len(ids)
    assert f"{counts[word]} {word}, {counts['not_attempted']} not attempted" in ran.err.splitlines()
    assert ran.err.count("` shows whether the user is still there") == counts["unknown"]


def test_looking_up(piped: Pipes, gate: Gate, tmp_path: Path) -> None:
    """A signal while addresses are looked up: nobody was deleted, and each is written as not attempted."""
    gate.every = True
    run = piped("ax", "users", "delete", "-e", "a@example.com,b@example.org", "-f", "-o", "out.csv")
    gate.await_requests(2)
    run.signal(signal.SIGHUP)
    run.until("stopping")
    gate.open()
    ran = run.end()
    assert (ran.code, gate.audit) == (129, [])
    assert (tmp_path / "out.csv").read_text().count(",not_attempted,") == 2
    assert ran.err.splitlines()[-2:] == ["2 not attempted", "interrupted; nothing was changed"]


def test_call_has_not_begun(piped: Pipes, gate: Gate, tmp_path: Path) -> None:
    """A signal right before the deletes begin is as good as one at the prompt."""
    hook = "import arize_users.cli.batch as batch; signalled(batch, 'showing_progress', True)"
    ran = piped("ax", "users", "delete", "--id", "x", "-f", "-o", "out.json", before=at(hook, 15)).end()
    assert (ran.code, ran.err, gate.requests) == (143, "interrupted; nothing was changed\n", [])
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("is_ignored", [True, False])
def test_terminal_goes_away(terminal: Terminals, gate: Gate, tmp_path: Path, is_ignored: bool) -> None:
    """A dropped connection during a bulk delete loses nothing: the file says what was done and what not."""
    ids = gate.add_users(30)
    command = ["users", "delete", "--id", ",".join(ids), "-f", "-o", "out.json"]
    ignored = [signal.SIGHUP] if is_ignored else []
    run = terminal(*command, ignored=ignored)
    run.until("Deleting")
    gate.await_requests(8)
    gate.open()
    assert run.hang_up() == (0 if is_ignored else 129)
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    deleted = [one["user_id"] for one in results if one["status"] == "deleted"]
    assert [one["user_id"] for one in results] == ids
    assert sorted(gate.user(one).email for one in deleted) == sorted(entry.email for entry in gate.audit)
    assert len(deleted) == 30 or not is_ignored


@pytest.mark.parametrize("number", SIGNALS)
def test_ignored(piped: Pipes, gate: Gate, tmp_path: Path, number: int) -> None:
    """A signal that was ignored at the start, as nohup has it, stays ignored."""
    ignore = f"import signal; signal.signal({int(number)}, signal.SIG_IGN)"
    run = piped("ax", "users", *ADA.split(), "-o", "out.json", before=ignore)
    gate.await_requests()
    run.signal(number)
    gate.open()
    ran = run.end()
    assert (ran.code, ran.err) == (0, "wrote 1 user to out.json\n")
    assert json.loads((tmp_path / "out.json").read_text())["temporary_password"]


@pytest.mark.parametrize(("before", "code"), [(UNREAD, 143), pytest.param(FULL, 5, marks=NEEDS_FULL)])
def test_nowhere_to_write(piped: Pipes, gate: Gate, before: str, code: int) -> None:
    """With a signal and nobody reading, or a full disk, the password goes to standard error."""
    run = piped("ax", "users", *ADA.split(), "-o", "json", before=before)
    gate.await_requests()
    run.signal(signal.SIGTERM)
    run.until("stopping")
    gate.open()
    ran = run.end()
    assert (ran.code, '"temporary_password": "' in ran.err) == (code, True)


def test_refused_after_a_signal(piped: Pipes, gate: Gate) -> None:
    """A refusal that arrives after a signal is reported; the exit code is that of the signal."""
    gate.add_user(email="ada@example.com", name="Ada")
    run = piped("ax", "users", *ADA.split())
    gate.await_requests()
    run.signal(signal.SIGTERM)
    run.until("stopping")
    gate.open()
    ran = run.end()
    assert (ran.code, ran.out, gate.audit) == (143, "", [])
    assert "error: 409 " in ran.err


def test_broken_after_a_signal(piped: Pipes, gate: Gate, tmp_path: Path) -> None:
    """Where the connection breaks after a signal, the outcome is unknown, and written so."""
    gate.faults.add("reset_after", operation="create_user")
    run = piped("ax", "users", *ADA.split(), "-o", "out.json")
    gate.await_requests()
    run.signal(signal.SIGTERM)
    run.until("stopping")
    gate.open()
    ran = run.end()
    (result,) = json.loads((tmp_path / "out.json").read_text())["results"]
    assert (ran.code, result["email"], result["status"]) == (143, "ada@example.com", "unknown")


def _ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def handled() -> Iterator[Interrupts]:
    """The signals of this process, handled for the test."""
    one = Interrupts()
    with one.installed():
        yield one


@pytest.mark.parametrize("first", ["the answer", "Ctrl-C"])
def test_no_gap(monkeypatch: pytest.MonkeyPatch, handled: Interrupts, first: str) -> None:
    """An answer that is there counts, even if Ctrl-C came in the same moment, or twice."""
    start = threading.Thread.start

    def start_and_interrupt(thread: threading.Thread) -> None:
        if first == "Ctrl-C":
            _ctrl_c()
        start(thread)
        thread.join()
        _ctrl_c()
        _ctrl_c()

    monkeypatch.setattr(threading.Thread, "start", start_and_interrupt)
    assert handled.call(lambda: "the answer") == "the answer"
    assert handled.exit_code == 130


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch, handled: Interrupts) -> None:
    """After a signal an answer is awaited for the client's read timeout and a second, and no longer."""
    assert interrupts.PATIENCE == DEFAULT_TIMEOUT + 1
    monkeypatch.setattr(interrupts, "PATIENCE", 0.02)
    released = threading.Event()

    def never() -> None:
        _ctrl_c()
        released.wait(30)

    with pytest.raises(Unanswered):
        handled.call(never)
    released.set()


def test_nothing_is_raised_after_a_call(handled: Interrupts) -> None:
    """A signal ends the library's call, whatever comes out of it, and one right after it is only noted."""
    for when in ("in the call", "in a lock of it", "after it"):
        ended: list[str] = []

        def call(when: str = when, ended: list[str] = ended) -> None:
            try:
                if when != "after it":
                    _ctrl_c()
                ended.append(when)
            finally:
                if when == "in a lock of it":
                    raise RuntimeError("release unlocked lock")

        handled.run(call)
        _ctrl_c()
        assert ended == [when] * (when == "after it")
        handled.install()


def test_error_of_a_call(handled: Interrupts) -> None:
    """Without a signal an error of the library's call comes out of it, and leaves no thread behind."""
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        handled.run(lambda: 1 // 0)
    assert (handled.exit_code, threading.active_count()) == (None, before)


def test_handlers_are_restored() -> None:
    """A program that runs the command line in its own process has its handlers back afterwards."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interrupts().installed():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_another_thread(handled: Interrupts) -> None:
    """In another thread, which no signal reaches, the command line handles none."""
    found: list[Callable[..., object] | int | None] = []

    def look() -> None:
        with Interrupts().installed():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]
