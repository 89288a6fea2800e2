"""Regeneration: the same bytes each time, and nothing replaced when anything is wrong."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "regenerate.py"
SPEC = ROOT / "openapi" / "users.yaml"
CHECKED_IN = ROOT / "generated" / "arize_users_api"


def regenerate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a contributor would."""
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def tree(folder: Path) -> dict[str, bytes]:
    """Read a package, without what Python compiled."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A package that an earlier run left, with a module that no longer exists."""
    folder = tmp_path / "arize_users_api"
    folder.mkdir()
    (folder / "old.py").write_text("OLD = True\n")
    return folder


def test_running_twice_gives_the_checked_in_bytes(output: Path) -> None:
    """Whoever regenerates without a change of the spec sees no change in git."""
    for _ in range(2):
        done = regenerate("--output", output)
        assert done.returncode == 0, done.stderr
        assert tree(output) == tree(CHECKED_IN)
    assert [path.name for path in output.parent.iterdir()] == [output.name], "nothing else is left"


def test_every_generated_module_says_what_made_it() -> None:
    """Nobody edits a generated file by mistake: its first line names the command."""
    for path in CHECKED_IN.rglob("*.py"):
        first = path.read_text().splitlines()[0]
        assert "Generated" in first
        assert "scripts/regenerate.py" in first
        assert "Do not edit" in first


def test_check_accepts_what_is_checked_in() -> None:
    """`--check` exits 0 and changes nothing when the output is up to date."""
    before = tree(CHECKED_IN)
    done = regenerate("--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert tree(CHECKED_IN) == before


def test_check_shows_the_diff_and_changes_nothing(output: Path) -> None:
    """`--check` exits 1 with the diff of every file that differs, and writes nothing."""
    before = tree(output)
    done = regenerate("--check", "--output", output)
    assert done.returncode == 1
    assert "--- a/old.py" in done.stdout
    assert "+++ b/api/users/list_users.py" in done.stdout
    assert "out of date" in done.stderr
    assert tree(output) == before


BROKEN = {
    "unclosed flow mapping": ("openapi: {3.1.1\n", ":"),
    "not a mapping": ("- openapi\n", "not an OpenAPI document"),
    "no version": ("info: {title: x}\n", "no `openapi` version"),
    "duplicate key": ("openapi: 3.1.1\nopenapi: 3.1.1\n", ":2:1"),
    "another version": ("openapi: 2.0.0\n", "OpenAPI 2.0.0 is not supported"),
    "a status that is no object": (
        "openapi: 3.1.1\ninfo: {title: x, version: '1'}\npaths: {/a: {get: {responses: {'200': 7}}}}\n",
        "paths//a/get/responses/200",
    ),
    "a dangling reference": (
        "openapi: 3.1.1\ninfo: {title: x, version: '1'}\n"
        "paths: {/a: {get: {responses: {'200': {$ref: '#/components/responses/None'}}}}}\n",
        "None",
    ),
}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, for what needs no process of its own."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("regenerate")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_spec_is_refused_with_place_and_reason(
    name: str, script: ModuleType, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A spec that does not parse or validate leaves the output as it was."""
    text, reason = BROKEN[name]
    spec = tmp_path / "broken.yaml"
    spec.write_text(text)
    before = tree(output)
    assert script.main(["--spec", str(spec), "--output", str(output)]) == 2
    said = capsys.readouterr().err
    assert str(spec) in said
    assert reason in said
    assert tree(output) == before


def test_a_spec_that_the_generator_warns_about_is_refused(output: Path, tmp_path: Path) -> None:
    """A client with pieces missing never replaces a whole one."""
    spec = tmp_path / "odd.yaml"
    spec.write_text(
        "openapi: 3.1.1\ninfo: {title: x, version: '1'}\n"
        "paths: {/a: {post: {operationId: odd, requestBody: {content: {application/x-odd: {schema: "
        "{type: object}}}}, responses: {'204': {description: ok}}}}}\n"
    )
    before = tree(output)
    done = regenerate("--spec", spec, "--output", output)
    assert done.returncode == 2, done.stdout
    assert "nothing was replaced" in done.stderr
    assert tree(output) == before


def test_a_spec_that_is_not_there_is_refused(output: Path) -> None:
    """A mistyped path is one line, not a traceback."""
    done = regenerate("--spec", output / "nowhere.yaml", "--output", output)
    assert done.returncode == 2
    assert "nowhere.yaml: cannot be read" in done.stderr


def test_a_failure_while_putting_it_in_place_restores_the_old_output(
    script: ModuleType, output: Path, tmp_path: Path
) -> None:
    """Even when the last rename fails, the old package is where it was."""
    with pytest.raises(FileNotFoundError):
        script.put_in_place(tmp_path / "missing", output, tmp_path / "previous")
    assert tree(output) == {"old.py": b"OLD = True\n"}


def test_the_generated_client_opens_enums_but_not_the_ones_that_tell_variants_apart() -> None:
    """An unknown status parses; a custom role named "admin" is never read as the predefined role."""
    from arize_users_api.models import (
        CustomUserRoleAssignment,
        PredefinedUserRoleAssignmentType,
        User,
        UserStatus,
    )

    assert UserStatus("suspended") == "suspended"
    with pytest.raises(ValueError, match="custom"):
        PredefinedUserRoleAssignmentType("custom")
    document = {
        "id": "1",
        "name": "Ada",
        "email": "ada@example.com",
        "created_at": "2024-01-01T12:00:00Z",
        "status": "suspended",
        "role": {"type": "custom", "id": "2", "name": "admin"},
        "is_developer": True,
    }
    user = User.from_dict(document)
    assert isinstance(user.role, CustomUserRoleAssignment)
    assert user.status == "suspended"


def test_the_template_overrides_open_with_their_reason() -> None:
    """Whoever moves to another generator version reads why each override is there."""
    for template in (ROOT / "openapi" / "templates").iterdir():
        assert template.read_text().startswith("{#\nReason for this override:")
