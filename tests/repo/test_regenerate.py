"""Regeneration: the same bytes each time, and nothing replaced when anything is wrong."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import regenerate
from regenerate import read_tree
from support.answers import user
from support.generated import OLD, old_package
from support.programs import ROOT, run_python

from arize_users.config import CONNECT_TIMEOUT, DEFAULT_TIMEOUT

CHECKED_IN = ROOT / "generated" / "arize_users_api"

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A package that an earlier run left, with a module that no longer exists."""
    return old_package(tmp_path)


def test_the_checked_in_bytes_come_out_each_time(output: Path, capsys: Capture) -> None:
    """`--check` shows what differs and changes nothing; a run without it gives what is in git, each time."""
    assert regenerate.main(["--check", "--output", str(output)]) == 1
    out, err = capsys.readouterr()
    assert "--- a/old.py" in out
    assert "+++ b/api/users/list_users.py" in out
    assert "out of date" in err
    assert read_tree(output) == OLD
    assert regenerate.main(["--output", str(output)]) == 0, capsys.readouterr().err
    assert read_tree(output) == read_tree(CHECKED_IN)
    assert [path.name for path in output.parent.iterdir()] == [output.name], "nothing else is left"


def test_every_generated_module_says_what_made_it() -> None:
    """Nobody edits a generated file by mistake: its first line names the command."""
    for path in CHECKED_IN.rglob("*.py"):
        first = path.read_text().splitlines()[0]
        assert all(words in first for words in ("Generated", "scripts/regenerate.py", "Do not edit"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("openapi: 3.1.1\nopenapi: 3.1.1\n", "the key 'openapi' is there twice in one mapping at line 2"),
        ("openapi: 3.1.1\ninfo: {title: x, version: '1'}\npaths: {/a: {get: 7}}\n", "paths > /a > get"),
        (None, "cannot be read"),
    ],
    ids=["unreadable", "invalid", "missing"],
)
def test_a_spec_that_is_no_good_is_refused(
    text: str | None, reason: str, output: Path, capsys: Capture
) -> None:
    """A spec that does not parse or validate replaces nothing."""
    spec = output.parent / "spec.yaml"
    if text is not None:
        spec.write_text(text)
    assert regenerate.main(["--spec", str(spec), "--output", str(output)]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert said.startswith(f"regenerate: {spec}: ")
    assert said.count("\n") == 1
    assert read_tree(output) == OLD


def test_check_sees_bytes_and_names_every_file(tmp_path: Path, capsys: Capture) -> None:
    """Other line endings and empty files are differences too, and each is told by its name."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    (old / "crlf.py").write_bytes(b"A = 1\r\n")
    (new / "crlf.py").write_bytes(b"A = 1\n")
    (old / "extra.py").touch()
    (new / "py.typed").touch()
    assert regenerate.report_difference(old, new) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if ": " in line] == [
        "crlf.py: differs",
        "extra.py: should not be there",
        "py.typed: is missing",
    ]
    assert lines.count("-A = 1") == lines.count("+A = 1") == 1
    assert regenerate.report_difference(old, old) == 0


@pytest.mark.posix
@pytest.mark.parametrize("moment", ["generate", "put_in_place"])
def test_being_asked_to_end_leaves_everything_as_it_was(moment: str, output: Path) -> None:
    """SIGTERM at any moment leaves the old output and no scratch folder."""
    code = f"""
import os, pathlib, signal, sys
sys.path.insert(0, {str(ROOT / "scripts")!r})
import regenerate
from regenerate import read_tree
regenerate.generate = lambda document, fresh: fresh.mkdir()
def end(*_): os.kill(os.getpid(), signal.SIGTERM)
if {moment!r} == "generate":
    regenerate.generate = end
else:
    rename = pathlib.Path.rename
    pathlib.Path.rename = lambda path, to: (rename(path, to), end() if to.name == "previous" else None)
sys.exit(regenerate.command())
"""
    done = run_python("-c", code, "--output", output, cwd=ROOT)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
    assert read_tree(output) == OLD
    assert [path.name for path in output.parent.iterdir()] == [output.name], "nothing else is left"


def test_a_folder_of_something_else_is_not_replaced(output: Path, capsys: Capture) -> None:
    """A folder that holds anything but Python files, such as a whole project, is refused as it is."""
    (output / "data").mkdir()
    (output / "data" / "users.csv").touch()
    for folder in (output, output / "data" / "users.csv"):
        assert regenerate.main(["--output", str(folder)]) == 2
        assert "users.csv is no part of a generated package" in capsys.readouterr().err
    assert (output / "data" / "users.csv").exists()


def test_a_failure_while_putting_it_in_place_restores_the_old_output(output: Path, tmp_path: Path) -> None:
    """Even when the last rename fails, the old package is where it was."""
    with pytest.raises(FileNotFoundError):
        regenerate.put_in_place(tmp_path / "missing", output, tmp_path / "previous")
    assert read_tree(output) == OLD


def test_the_generated_client_opens_enums_but_not_the_ones_that_tell_variants_apart() -> None:
    """An unknown status parses; a custom role named "admin" is never read as the predefined role."""
    from arize_users_api import models

    assert models.UserStatus("suspended") == "suspended"
    document = user(status="suspended", role={"type": "custom", "id": "2", "name": "admin"})
    read = models.User.from_dict(document)
    assert isinstance(read.role, models.CustomUserRoleAssignment)
    assert read.status == "suspended"


@pytest.mark.parametrize("spell", [str.lower, str.upper])
def test_a_type_of_one_value_takes_it_in_both_cases_and_no_other(spell: Callable[[str], str]) -> None:
    """The generated client alone reads the roles of both generations, and writes them as they were read."""
    from arize_users_api import models

    for role, kind in (
        ({"type": "predefined", "name": "admin"}, models.PredefinedUserRoleAssignment),
        ({"type": "custom", "id": "2", "name": "admin"}, models.CustomUserRoleAssignment),
    ):
        document = user(role=role | {"type": spell(role["type"])})
        read = models.User.from_dict(document)
        assert type(read.role) is kind
        assert read.to_dict()["role"] == document["role"]
    for other in (spell("custom"), "Predefined", "predefined ", ""):
        with pytest.raises(ValueError, match="not a valid PredefinedUserRoleAssignmentType"):
            models.PredefinedUserRoleAssignmentType(other)


def test_the_generated_client_shows_no_secret_and_waits_no_longer_than_the_layer() -> None:
    """No token, header, cookie or option of httpx is in a repr, before a request and after it; waits end."""
    from arize_users_api import AuthenticatedClient, Client

    secrets = {
        "headers": {"X-A": "secret"},
        "cookies": {"c": "secret"},
        "httpx_args": {"auth": ("a", "secret")},
    }
    for client in (
        AuthenticatedClient(base_url="http://localhost", token="secret", **secrets),
        Client(base_url="http://localhost", **secrets),
    ):
        assert "secret" not in repr(client)
        with client:
            assert "secret" not in repr(client)
            assert client.get_httpx_client().timeout == httpx.Timeout(
                DEFAULT_TIMEOUT, connect=CONNECT_TIMEOUT
            )
    unlimited = Client(base_url="http://localhost", timeout=None)
    with unlimited:
        assert unlimited.get_httpx_client().timeout == httpx.Timeout(None)


def test_the_template_overrides_open_with_their_reason() -> None:
    """Whoever moves to another generator version reads why each override is there."""
    for template in (ROOT / "openapi" / "templates").rglob("*.jinja"):
        assert template.read_text().startswith("{#\nReason for this override:")
