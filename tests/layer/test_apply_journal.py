"""The journal of a plan: what it keeps, what it refuses, and what it makes of a run that was killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arize_users import ActionKind, ActionStatus
from arize_users._users.roster.journal import Journal, Record, read_journal
from arize_users.errors import JournalError
from arize_users.roster import Action

DIGEST = "ab" * 32
ENDPOINT = {"scheme": "https", "host": "api.example.com", "port": 443, "path": ""}
ADA = Action(kind=ActionKind.INVITE, after={"email": "ada@example.com", "name": "Ada", "role": {}})
BOB = Action(kind=ActionKind.REMOVE, user_id="u/1=", before={"email": "bob@example.com", "name": "Bob"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "plan.journal.jsonl"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[..., Journal]]:
    """Open journals of one plan, and close them."""
    journals: list[Journal] = []

    def open_one(digest: str = DIGEST) -> Journal:
        journals.append(Journal(path, digest=digest, endpoint=ENDPOINT))
        return journals[-1]

    yield open_one
    for journal in journals:
        journal.close()


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.posix
def test_lines(path: Path, opened: Callable[..., Journal]) -> None:
    """A journal names its plan and endpoint, then each action begun and ended; only its owner reads it."""
    journal = opened()
    journal.begin(0, ADA)
    journal.created(0, "u2")
    journal.end(0, ADA, ActionStatus.DONE, user_id="u2", error=None)
    journal.begin(1, BOB)
    header, begun, created, ended, other = _lines(path)
    assert (header["journal"], header["plan"], header["endpoint"]) == (1, DIGEST, ENDPOINT)
    assert (begun["begin"], begun["kind"], begun["email"]) == (0, "invite", "ada@example.com")
    assert (created["created"], created["user_id"]) == (0, "u2")
    assert (ended["end"], ended["status"], ended["user_id"], ended["error"]) == (0, "done", "u2", None)
    assert (other["begin"], other["user_id"]) == (1, "u/1=")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_second_run_reads(path: Path, opened: Callable[..., Journal]) -> None:
    """A second run finds what has ended, what was begun only, and what was begun again after it had ended."""
    first = opened()
    assert first.entries == {}
    for index in range(4):
        first.begin(index, ADA)
    first.created(3, "u3")
    first.end(0, ADA, ActionStatus.BLOCKED, user_id=None, error="409")
    first.end(2, BOB, ActionStatus.FAILED, user_id="u/1=", error="500")
    first.begin(2, BOB)
    first.close()
    entries = opened().entries
    assert (entries[0].status, entries[0].error) == (ActionStatus.BLOCKED, "409")
    assert (entries[1].status, entries[1].created) == (None, False)
    assert entries[1].begun_at is not None
    assert (entries[2].status, entries[2].error, entries[2].user_id) == (None, None, "u/1=")
    assert (entries[3].status, entries[3].created, entries[3].user_id) == (None, True, "u3")
    assert read_journal(path) == Record(
        plan=DIGEST, endpoint=ENDPOINT, entries=entries, blocked=("ada@example.com",)
    )


@pytest.mark.parametrize("left", [b'{"begin": 7, "at": "2026', b"{", b"\xc3"])
def test_last_line_without_its_end(path: Path, opened: Callable[..., Journal], left: bytes) -> None:
    """A last line that was not written to its end counts as not written, and what follows is whole."""
    first = opened()
    first.begin(0, ADA)
    first.close()
    whole = path.read_bytes()
    path.write_bytes(whole + left)
    assert set(read_journal(path).entries) == {0}
    assert path.read_bytes() == whole + left
    second = opened()
    assert set(second.entries) == {0}
    second.begin(1, BOB)
    assert [next(iter(line)) for line in _lines(path)] == ["journal", "begin", "begin"]


@pytest.mark.parametrize("left", [b"", b'{"journ', b'{"journal": 1, "plan": "abab'])
def test_first_line_without_its_end(path: Path, opened: Callable[..., Journal], left: bytes) -> None:
    """A journal whose first line was not written to its end, or an empty file, is begun anew."""
    path.write_bytes(left)
    assert read_journal(path) == Record()
    assert opened().entries == {}
    assert [line["plan"] for line in _lines(path)] == [DIGEST]


@pytest.mark.parametrize(
    "line",
    [
        *["nonsense", "[]", "{}", '{"begin": "0"}', '{"begin": -1, "at": "2026-01-01"}', '{"begin": 0}'],
        *['{"begin": true, "at": "2026-01-01"}', '{"begin": 0, "at": "soon"}', '{"begin": 0, "at": 3}'],
        *['{"begin": 0, "end": 0}', '{"end": 0}', '{"end": 0, "status": "lost"}', '{"end": 0, "status": 3}'],
        *['{"end": 0, "status": "done", "user_id": 3}', "", "\x00" * 9, "[" * 100_000, "\ufeff{}"],
    ],
)
def test_damaged_line(path: Path, opened: Callable[..., Journal], line: str) -> None:
    """A damaged line in the middle is named, and the file is left as it is."""
    opened().close()
    content = path.read_text() + line + '\n{"begin": 1, "at": "2026-01-01T00:00:00Z"}\n'
    path.write_text(content)
    for open_one in (opened, lambda: read_journal(path)):
        with pytest.raises(JournalError, match="damaged in line 2") as caught:
            open_one()
        assert caught.value.path == str(path)
        assert "plan anew" in str(caught.value)
    assert path.read_text() == content


@pytest.mark.posix
@pytest.mark.parametrize(
    "content",
    [
        *[b"email,name\na@example.com,A\n", b"no line end", b'{"plan": 1}\n', b"[1]\n", b"\xff\xfe\n", b"\n"],
        b'{"format": 1, "digest": "00"}',
    ],
)
def test_another_file(path: Path, opened: Callable[..., Journal], content: bytes) -> None:
    """A file that is no journal, a saved plan among them, is refused and left as it is, its mode too."""
    path.write_bytes(content)
    path.chmod(0o644)
    for open_one in (opened, lambda: read_journal(path)):
        with pytest.raises(JournalError, match="is not a journal"):
            open_one()
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o644


def test_another_version_or_plan(path: Path, opened: Callable[..., Journal]) -> None:
    """The journal of another plan, or of a version that is not known, is refused and left as it is."""
    opened().close()
    content = path.read_bytes()
    with pytest.raises(JournalError, match="journal of another plan"):
        opened("cd" * 32)
    path.write_bytes(newer := content.replace(b'"journal": 1', b'"journal": 2'))
    with pytest.raises(JournalError, match="unknown version 2"):
        opened()
    assert path.read_bytes() == newer


@pytest.mark.posix
def test_locked(path: Path, opened: Callable[..., Journal]) -> None:
    """While a run has the journal, another one is refused, in the same process too; reading it is not."""
    journal = opened()
    program = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    for _ in range(2):
        with pytest.raises(JournalError, match="in use by another run"):
            opened()
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, check=False)
    assert b"BlockingIOError" in done.stderr
    assert read_journal(path).plan == DIGEST
    journal.close()
    opened()


@pytest.mark.posix
def test_no_plain_file(path: Path, opened: Callable[..., Journal], tmp_path: Path) -> None:
    """A link, a pipe, a folder, or a place where no file can be made is refused before anything is made."""
    aim = tmp_path / "aim"
    aim.touch()
    kinds: list[Callable[[], object]] = [path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to(aim)]
    for make in kinds:
        make()
        with pytest.raises(JournalError, match=r"is a (symbolic link|named pipe|directory)"):
            opened()
        path.rmdir() if path.is_dir() else path.unlink()
    aim.unlink()
    path.symlink_to(aim)
    with pytest.raises(JournalError, match="symbolic link"):
        opened()
    assert not aim.exists()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(JournalError, match="no plain file"):
        read_journal(path)
    for nowhere in (tmp_path / "no" / "journal", Path("/dev/null")):
        with pytest.raises(JournalError, match=r"cannot be opened|is a device"):
            Journal(nowhere, digest=DIGEST, endpoint=ENDPOINT)
    with pytest.raises(JournalError, match="cannot be read"):
        read_journal(tmp_path / "no")


LIMITED = """
import resource, signal, sys
from pathlib import Path
from arize_users import ActionKind, ActionStatus
from arize_users._users.roster.journal import Journal
from arize_users.errors import JournalError
from arize_users.roster import Action

path = Path(sys.argv[1])
journal = Journal(path, digest="ab", endpoint={})
action = Action(kind=ActionKind.INVITE, after={"email": "ada@example.com"})
journal.begin(0, action)
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, resource.RLIM_INFINITY))
try:
    journal.begin(1, action)
except JournalError as error:
    print(error, path.stat().st_size == size)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.end(0, action, ActionStatus.DONE, user_id=None, error=None)
try:
    journal.begin(2, action)
except JournalError as error:
    print("not begun")
print(len(path.read_text().splitlines()))
"""


@pytest.mark.posix
def test_full_disk(path: Path) -> None:
    """A line that is written in part is taken back and told; ends can follow, and nothing begins any more."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path], capture_output=True, text=True, env=environ, check=False
    )
    assert done.stdout.splitlines() == [
        f"{path} cannot be written: File too large. Free some space, or give a file in another place. True",
        "not begun",
        "3",
    ], done.stderr


def test_deleted_or_closed(path: Path, opened: Callable[..., Journal]) -> None:
    """Lines for a file that was deleted meanwhile, or after the call has ended, are refused and told."""
    journal = opened()
    path.unlink()
    with pytest.raises(JournalError, match="deleted while it was in use"):
        journal.begin(0, ADA)
    other = opened()
    other.close()
    other.close()
    size = path.stat().st_size
    with pytest.raises(JournalError, match="is closed"):
        other.end(0, ADA, ActionStatus.DONE, user_id=None, error=None)
    assert path.stat().st_size == size


def test_many_threads(path: Path, opened: Callable[..., Journal]) -> None:
    """Lines of several workers are whole, and none is lost."""
    journal = opened()

    def write(first: int) -> None:
        for index in range(first, first + 50):
            journal.begin(index, ADA)

    workers = [threading.Thread(target=write, args=(50 * number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(line["begin"] for line in _lines(path)[1:]) == list(range(400))


def test_any_text(path: Path, opened: Callable[..., Journal]) -> None:
    """Texts of any letters, line breaks and halves of characters are read back as they were written."""
    error = 'ü\u2028\x1b[31m\n"\ud800\x85'
    opened().end(0, ADA, ActionStatus.FAILED, user_id="ü", error=error)
    assert len(path.read_bytes().splitlines()) == 2
    entry = read_journal(path).entries[0]
    assert (entry.error, entry.user_id) == (error, "ü")


def test_no_file() -> None:
    """Without a file, a journal keeps nothing and refuses nothing."""
    journal = Journal(None, digest=DIGEST, endpoint=ENDPOINT)
    journal.begin(0, ADA)
    journal.end(0, ADA, ActionStatus.DONE, user_id=None, error=None)
    journal.close()
    assert journal.entries == {}
