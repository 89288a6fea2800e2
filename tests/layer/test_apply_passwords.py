"""The file of temporary passwords: each is in it for good, and nobody else can read it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arize_users._users.roster.passwords import PasswordFile
from arize_users.errors import JournalError

HEADER = "email,password,issued_at\n"
OLD = "old@example.com,s3cret,2026-01-01T00:00:00Z\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the passwords are."""
    return tmp_path / "passwords.csv"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[..., PasswordFile]]:
    """Open the file, and close it."""
    files: list[PasswordFile] = []

    def open_it(expected: int = 1) -> PasswordFile:
        files.append(PasswordFile(path, expected))
        return files[-1]

    yield open_it
    for file in files:
        file.close()


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.posix
def test_new_file(path: Path, opened: Callable[..., PasswordFile]) -> None:
    """A new file has its header at once and one line for each password, and only its owner reads it."""
    old = os.umask(0)
    try:
        file = opened()
    finally:
        os.umask(old)
    assert path.read_text() == HEADER
    assert path.stat().st_mode & 0o777 == 0o600
    file.write("ada@example.com", "s3cret")
    header, (email, password, moment) = _rows(path)
    assert (header, email, password) == (["email", "password", "issued_at"], "ada@example.com", "s3cret")
    assert abs(datetime.fromisoformat(moment) - datetime.now(UTC)) < timedelta(days=1)


@pytest.mark.parametrize(
    "password", ["=1+1", "@x", "-a", "+a", "'a", "\ta", "a,b", 'a"b', "a\r\nb", "a\rb", " a ", "ü"]
)
def test_as_it_is(path: Path, opened: Callable[..., PasswordFile], password: str) -> None:
    """A password is quoted as CSV needs it, and never escaped for a spreadsheet."""
    opened().write("ada@example.com", password)
    assert [row[1] for row in _rows(path)[1:]] == [password]


@given(passwords=st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_any_text(tmp_path_factory: pytest.TempPathFactory, passwords: list[str]) -> None:
    """Passwords of any text are read back as they were written."""
    path = tmp_path_factory.mktemp("any") / "passwords.csv"
    file = PasswordFile(path, 1)
    for password in passwords:
        file.write("ada@example.com", password)
    file.close()
    text = path.read_bytes().decode("utf-8", "surrogatepass")
    assert [row[1] for row in csv.reader(io.StringIO(text, newline=""))][1:] == passwords


@pytest.mark.posix
@pytest.mark.parametrize("header", [HEADER, "\ufeff" + HEADER, HEADER.replace("\n", "\r\n")])
def test_existing_file(path: Path, opened: Callable[..., PasswordFile], header: str) -> None:
    """An existing file grows: what it holds stays, also where it was changed by hand; it becomes private."""
    for before in (header, header + OLD, header + OLD.rstrip("\n"), header + OLD + "my own note"):
        path.write_bytes(before.encode())
        path.chmod(0o644)
        file = opened()
        file.write("ada@example.com", "new")
        file.close()
        content = path.read_text()
        assert content.startswith(before.replace("\r\n", "\n"))
        assert content.splitlines()[-1].startswith("ada@example.com,new,")
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.posix
@pytest.mark.parametrize(
    "content",
    [
        *["email,name\n", "email;password;issued_at\n", "email,password\n", "Email,Password,Issued_at\n"],
        *["email,password,issued_at,note\n", "\n", "#\n" + HEADER, "x", "email,password,issued_a"],
    ],
)
def test_another_file(path: Path, opened: Callable[..., PasswordFile], content: str) -> None:
    """A file without this header is refused and left as it is, its mode too."""
    path.write_text(content)
    path.chmod(0o644)
    with pytest.raises(JournalError, match="holds something else than passwords") as caught:
        opened()
    assert HEADER.strip() in str(caught.value)
    assert path.read_text() == content
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.posix
def test_no_plain_file(path: Path, opened: Callable[..., PasswordFile], tmp_path: Path) -> None:
    """A link, a pipe, a folder, or a place where no file can be made is refused."""
    aim = tmp_path / "aim"
    kinds: list[Callable[[], object]] = [path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to(aim)]
    for make in kinds:
        make()
        with pytest.raises(JournalError, match=r"is a (symbolic link|named pipe|directory)"):
            opened()
        path.rmdir() if path.is_dir() else path.unlink()
    assert not aim.exists()
    with pytest.raises(JournalError, match="cannot be opened") as caught:
        PasswordFile(tmp_path / "no" / "passwords.csv", 1)
    assert caught.value.hint == "Give a file in another place."  # No space is lacking.


def test_locked(opened: Callable[..., PasswordFile]) -> None:
    """While a run has the file, another one is refused."""
    file = opened()
    with pytest.raises(JournalError, match="in use by another run"):
        opened()
    file.close()
    opened()


LIMITED = """
import resource, sys
from pathlib import Path
from arize_users._users.roster.passwords import PasswordFile
from arize_users.errors import JournalError

path, expected = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    file = PasswordFile(path, expected)
    for number in range(1000):
        file.write("ada@example.com", "s3cret" * 20)
except JournalError as error:
    print(error)
print(path.read_text().count("\\n"), path.stat().st_size)
"""


def _limited(path: Path, expected: int) -> list[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path, str(expected)],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    assert not done.stderr
    assert "s3cret" not in done.stdout
    return done.stdout.splitlines()


@pytest.mark.posix
def test_full_disk(path: Path) -> None:
    """A place too small for what may come is found at once, and a later one takes whole lines only."""
    error, state = _limited(path, 1000)
    assert "cannot be written" in error
    assert state == "0 0"
    error, state = _limited(path, 1)
    assert "cannot be written" in error
    lines, size = map(int, state.split())
    assert lines > 100
    assert size <= 20_000
    assert path.read_text().endswith("\n")
    assert {len(row) for row in _rows(path)} == {3}


def test_killed_while_it_was_tried(path: Path, opened: Callable[..., PasswordFile]) -> None:
    """Blanks that a killed attempt to write has left are taken away."""
    for before, after in (("", HEADER), (HEADER, HEADER), (HEADER + OLD, HEADER + OLD)):
        path.write_text(before + " " * 1000)
        opened().close()
        assert path.read_text() == after


def test_has(path: Path, opened: Callable[..., PasswordFile]) -> None:
    """A run that goes on finds which passwords have arrived since an action was begun."""
    path.write_text(HEADER + OLD + "no row\nold@example.com,x,soon\n")
    file = opened()
    assert file.has("old@example.com", datetime(2026, 1, 1, tzinfo=UTC))
    assert not file.has("old@example.com", datetime(2026, 1, 2, tzinfo=UTC))
    assert not file.has("ada@example.com", datetime(2026, 1, 1, tzinfo=UTC))
