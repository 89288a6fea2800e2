"""Regeneration: the same bytes each time, and nothing replaced when anything is wrong."""

from __future__ import annotations

import importlib
import signal
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


HEAD = "openapi: 3.1.1\ninfo: {title: x, version: '1'}\n"


def with_schema(text: str) -> str:
    """A document with one component schema, which an operation answers."""
    return (
        f"{HEAD}paths: {{/a: {{get: {{responses: {{'200': {{description: d, content: {{application/json: "
        f"{{schema: {{$ref: '#/components/schemas/A'}}}}}}}}}}}}}}}}\n"
        f"components: {{schemas: {{A: {{properties: {{b: {text}}}}}}}}}\n"
    )


IN_B = "components > schemas > A > properties > b"
BROKEN = {
    "unclosed flow mapping": ("openapi: {3.1.1\n", "line 2, column 1"),
    "not a mapping": ("- openapi\n", "not a mapping"),
    "no version": ("info: {title: x}\n", "not an OpenAPI document"),
    "duplicate key": ("openapi: 3.1.1\nopenapi: 3.1.1\n", "line 2, column 1"),
    "another version": ("openapi: 2.0.0\n", "a version of 3.0 or 3.1 is needed"),
    "a value inside itself": ("a: &a [*a]\n", "line 1, column 4"),
    "deep nesting": (HEAD + "paths: " + "[" * 3000, "nested too deeply"),
    "a status that is no object": (
        HEAD + "paths: {/a: {get: {responses: {'200': 7}}}}\n",
        "paths > /a > get > responses > 200",
    ),
    "a dangling reference": (with_schema("{$ref: '#/components/None'}"), f"{IN_B}: '#/components/None'"),
    "a reference by name": (with_schema("{$ref: '#UserStatus'}"), f"{IN_B}: '#UserStatus' is not a JSON"),
    "another file": (with_schema("{$ref: 'other.yaml#/X'}"), f"{IN_B}: 'other.yaml#/X' points outside"),
    "another host": (with_schema("{$ref: 'http://127.0.0.1:1/x'}"), "points outside the document"),
    "a reference to itself": (
        with_schema("{$ref: '#/components/schemas/A/properties/b'}"),
        f"{IN_B}: '#/components/schemas/A/properties/b' leads back to itself",
    ),
    "a type": (with_schema("{type: bolean}"), f"{IN_B} > type: 'bolean'"),
    "an enum": (with_schema("{enum: active}"), f"{IN_B} > enum: 'active'"),
    "a bound": (with_schema("{type: integer, minimum: one}"), f"{IN_B} > minimum: 'one'"),
    "a default": (with_schema("{type: integer, default: one}"), f"{IN_B} > default: 'one'"),
    "a pattern": (with_schema("{type: string, pattern: '('}"), f"{IN_B} > pattern: '('"),
    "a discriminator": (with_schema("{discriminator: 3}"), f"{IN_B} > discriminator: 3"),
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


def test_check_sees_bytes_and_names_every_file(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other line endings and empty files are differences too, and each is told by its name."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    (old / "crlf.py").write_bytes(b"A = 1\r\n")
    (new / "crlf.py").write_bytes(b"A = 1\n")
    (old / "extra.py").touch()
    (new / "py.typed").touch()
    assert script.report_difference(old, new) == 1
    assert capsys.readouterr().out.splitlines() == [
        "crlf.py: differs in its bytes only, such as line endings",
        "extra.py: should not be there",
        "py.typed: is missing",
    ]
    assert script.report_difference(old, old) == 0


@pytest.mark.parametrize("moment", ["generate", "put_in_place"])
def test_being_asked_to_end_leaves_everything_as_it_was(moment: str, output: Path) -> None:
    """SIGTERM at any moment leaves the old output and no scratch folder."""
    code = f"""
import os, pathlib, signal, sys
sys.path.insert(0, {str(SCRIPT.parent)!r})
import regenerate
regenerate.generate = lambda spec, fresh: fresh.mkdir()
def end(*_): os.kill(os.getpid(), signal.SIGTERM)
if {moment!r} == "generate":
    regenerate.generate = end
else:
    rename = pathlib.Path.rename
    pathlib.Path.rename = lambda path, to: (rename(path, to), end() if to.name == "previous" else None)
sys.exit(regenerate.command())
"""
    command = [sys.executable, "-c", code, "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
    assert tree(output) == {"old.py": b"OLD = True\n"}
    assert [path.name for path in output.parent.iterdir()] == [output.name], "nothing else is left"


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
