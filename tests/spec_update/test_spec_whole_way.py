"""The whole way: take a document in, report, write, regenerate, and see what the layer says."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import regenerate
import update_spec
import yaml
from spec_documents import OK, answering, document, ref
from specs.parsing import parse
from support.programs import ROOT, run, run_python

HERE = Path(__file__).parent
SECOND = HERE / "vendor_second_generation.yaml"
FIRST = HERE / "vendor_first_generation.yaml"

Capture = pytest.CaptureFixture[str]
Write = Callable[..., Path]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A copy of the checked-in spec, to compare with and write to."""
    return shutil.copy(ROOT / "openapi" / "users.yaml", tmp_path / "users.yaml")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a document (or a text) to a file of its own."""

    def write(document: Any, name: str = "vendor.yaml") -> Path:
        path = tmp_path / name
        text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _run(*arguments: object) -> int:
    return update_spec.main([str(argument) for argument in arguments])


def _report(capture: Capture, *arguments: object) -> tuple[int, dict[str, Any]]:
    code = _run(*arguments, "--report", "json")
    return code, json.loads(capture.readouterr().out)


def _modules(package: Path) -> set[str]:
    return {str(path.relative_to(package)) for path in package.rglob("*.py")}


def test_our_own_spec_is_already_taken_in(capsys: Capture, spec: Path) -> None:
    """The checked-in spec goes through slice and overlay unchanged, and keeps its layout by hand."""
    before = spec.read_bytes()
    code, report = _report(capsys, ROOT / "openapi" / "users.yaml", "--spec", spec, "--write")
    assert (code, report["changes"]) == (0, [])
    assert spec.read_bytes() == before


def test_the_second_generation_is_reported(capsys: Capture, spec: Path) -> None:
    """A case change is one change per value, and what went or became optional is breaking."""
    before = spec.read_bytes()
    code, report = _report(capsys, SECOND, "--spec", spec)
    assert (code, report["result"], report["written"]) == (4, "breaking", False)
    assert spec.read_bytes() == before
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for change in report["changes"]:
        if change["class"] == "breaking":
            by_kind.setdefault(change["kind"], []).append(change)
    assert by_kind.keys() == {
        *("enum-value-changed-case", "field-removed", "made-optional", "extra-fields-refused")
    }
    values = (
        "active invited expired predefined custom admin member annotator none email_link temporary_password"
    )
    recased = by_kind["enum-value-changed-case"]
    assert sorted((change["was"], change["is"]) for change in recased) == sorted(
        (value, value.upper()) for value in values.split()
    )
    assert "GET /v2/users query status items enum" in {change["where"] for change in recased}
    assert "POST /v2/users request body is_developer" in {c["where"] for c in by_kind["field-removed"]}
    optional = {place for change in by_kind["made-optional"] for place in change["places"]}
    assert {"GET /v2/users/{user_id} response 200 email", "POST /v2/users response 201 role"} <= optional


def test_the_text_report_is_for_reading(capsys: Capture, spec: Path) -> None:
    """The text names each change with its place, values and consequence, the worst first."""
    assert _run(SECOND, "--spec", spec) == 4
    out = capsys.readouterr().out
    assert out.index("\nbreaking\n") < out.index("\nrisky\n") < out.index("\ncosmetic\n")
    assert (
        "  GET /v2/users query status items enum (and 5 more places)\n"
        '    enum value changed case: "active" -> "ACTIVE"; both sides read and write'
    ) in out


def test_a_document_cannot_steer_the_terminal(capsys: Capture, write: Write, tmp_path: Path) -> None:
    """Control characters in a vendor's names and texts are shown as escapes."""
    evil = "\x1b]0;owned\x07\nhello\u202e"
    parameter = {"name": evil, "in": "query", "description": evil, "schema": {"enum": [evil]}}
    old = write(document({"/a": {"get": {"responses": OK}}}), "old.yaml")
    new = write(
        json.dumps(document({"/a": {"get": {"responses": OK, "parameters": [parameter]}}})), "new.json"
    )
    for source, target in ((new, old), (old, new)):
        _run(source, "--prefix", "/a", "--spec", target)
        out, err = capsys.readouterr()
        assert "owned" in out
        assert all(character.isprintable() or character == "\n" for character in out + err)
        assert "\nhello" not in out


def test_breaking_changes_are_written_only_when_accepted(capsys: Capture, spec: Path) -> None:
    """--write alone refuses a breaking change; with --accept-breaking the file is the new slice."""
    before = spec.read_bytes()
    assert _run(SECOND, "--spec", spec, "--write") == 4
    assert "nothing is written without --accept-breaking" in capsys.readouterr().err
    assert spec.read_bytes() == before
    assert _run(SECOND, "--spec", spec, "--write", "--accept-breaking") == 4
    assert "wrote" in capsys.readouterr().err
    written = parse(spec.read_bytes(), "spec")
    assert written["openapi"] == "3.1.1"
    assert written["components"]["schemas"]["UserStatus"]["enum"] == ["ACTIVE", "INVITED", "EXPIRED"]
    others = {"Organization", "SpaceMember", "ExportJob", "RoleKind", "ProblemDetails", "PredefinedRole"}
    assert not others & set(written["components"]["schemas"])
    assert set(written["components"]["securitySchemes"]) == {"apiKey"}
    assert "SpaceId" not in written["components"]["parameters"]


def test_taking_in_twice_changes_nothing(capsys: Capture, spec: Path, write: Write) -> None:
    """The same document again, also as JSON and with its paths in another order, leaves the file alone."""
    _run(SECOND, "--spec", spec, "--write", "--accept-breaking")
    before = (spec.read_bytes(), spec.stat().st_mtime_ns)
    source = parse(SECOND.read_bytes(), "source")
    source["paths"] = dict(reversed(source["paths"].items()))
    for again in (SECOND, write(json.dumps(source), "vendor.json")):
        capsys.readouterr()
        code, report = _report(capsys, again, "--spec", spec, "--write")
        assert (code, report["result"], report["written"]) == (0, "none", False)
        assert (spec.read_bytes(), spec.stat().st_mtime_ns) == before


def test_at_most_one_module_feels_a_generation(capsys: Capture, spec: Path, tmp_path: Path) -> None:
    """The first generation under its own names changes no module; the second fails type checks in one."""
    ours = _modules(ROOT / "generated" / "arize_users_api")
    package = tmp_path / "generated" / "arize_users_api"
    shutil.copytree(
        ROOT / "arize_users", tmp_path / "arize_users", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for vendor, code, failing in ((FIRST, 0, set()), (SECOND, 4, {"arize_users/_users/requests.py"})):
        shutil.copy(ROOT / "openapi" / "users.yaml", spec)
        seen, report = _report(capsys, vendor, "--spec", spec, "--write", "--accept-breaking")
        assert (seen, report["written"], report["summary"]["risky"] == 0) == (code, True, vendor == FIRST)
        assert regenerate.main(["--spec", str(spec), "--output", str(package)]) == 0, capsys.readouterr().err
        capsys.readouterr()
        theirs = _modules(package)
        assert ours <= theirs, "a module of ours was renamed"
        assert vendor == SECOND or ours == theirs
        # Nothing outside `_users` sees the generated package.
        command = ("-m", "mypy", "--cache-dir", tmp_path / "cache", "-p", "arize_users._users")
        result = run_python(*command, cwd=tmp_path)
        assert result.returncode in (0, 1), result.stdout + result.stderr
        errors = [line for line in result.stdout.splitlines() if ": error: " in line]
        assert {line.partition(":")[0] for line in errors} == failing


LARGE_PATH = """\
  /api/v1/thing@:
    get:
      operationId: listThing@
      tags: [Thing@]
      parameters: [{name: on, in: query, schema: {type: string, enum: [yes, no]}}]
      responses:
        200:
          description: WORDS
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Thing@'}}}}
"""
LARGE_SCHEMAS = """\
    Thing@:
      type: object
      description: WORDS
      properties:
        id: {type: string, example: 2024-01-01}
        part: {$ref: '#/components/schemas/Part@'}
        parent: {$ref: '#/components/schemas/Thing@'}
    Part@:
      properties: {shared: {$ref: '#/components/schemas/Shared'}, note: {type: string, description: WORDS}}
"""


def test_a_large_document_gives_a_small_slice(write: Write, tmp_path: Path) -> None:
    """From more than 5 MB, one resource comes out valid and minimal."""
    paths, schemas = (
        "".join(text.replace("@", str(n)).replace("WORDS", "words about it " * 20) for n in range(3500))
        for text in (LARGE_PATH, LARGE_SCHEMAS)
    )
    head = "openapi: 3.0.3\ninfo: {title: Large, version: 2024-01-01}\npaths:\n"
    shared = "    Shared: {type: object, properties: {id: {type: string}}}\n"
    text = f"{head}{paths}components:\n  schemas:\n{shared}{schemas}"
    assert len(text) > 5_000_000
    target = tmp_path / "slice.yaml"
    # As a command, which looks for no garbage: that would take four fifths of the time.
    options = ("--prefix", "/api/v1/thing77", "--spec", target, "--write")
    run_python(ROOT / "scripts" / "update_spec.py", write(text), *options).check_returncode()
    written = parse(target.read_bytes(), "slice")
    assert set(written["components"]["schemas"]) == {"Thing77", "Part77", "Shared"}
    assert list(written["paths"]) == ["/api/v1/thing77"]


def _in_a_chain() -> dict[str, Any]:
    """A document whose schemas refer to each other through more levels than can be compared."""
    schemas = {f"A{n}": {"properties": {"next": ref(f"A{n + 1}")}} for n in range(1000)}
    return document({"/v2/users": answering(ref("A0"))}, {**schemas, "A1000": {"type": "string"}})


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("hello: world", "not an OpenAPI document: it has no 'openapi' field"),
        (_in_a_chain(), "vendor.yaml: its schemas refer to each other through too many levels"),
        (document({"/v2/teams": {}}), "no path is /v2/users or under it"),
        (document({"/v2/users": {"get": {"responses": OK, "tags": "x"}}}), "not valid OpenAPI: paths"),
        (document({"/v2/users": {"get": {"responses": OK, "security": [5]}}}), "not valid OpenAPI: paths"),
        ('{"openapi": "3.1.0", "\\u001b[31m": 1, "\\u001b[31m": 1}', "is there twice"),
    ],
    ids=["no spec", "chain", "prefix", "tags", "security", "key"],
)
def test_bad_input_changes_nothing(
    capsys: Capture, spec: Path, write: Write, source: Any, problem: str
) -> None:
    """Bad input is one line on stderr that says what and where, exit 2, and nothing is written."""
    before = spec.read_bytes()
    assert _run(write(source), "--spec", spec, "--write", "--accept-breaking") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("update_spec: ")
    assert problem in err
    assert err.count("\n") == 1
    assert err.rstrip("\n").isprintable()
    assert spec.read_bytes() == before


def test_another_prefix_never_writes_over_the_users_spec_unasked(
    capsys: Capture, write: Write, spec: Path, tmp_path: Path
) -> None:
    """Another prefix against the users spec is breaking: not written unasked; --spec names another."""
    source = write(document({"/v1/a": {"get": {"responses": OK}}, "/v1/ab": {}}))
    before = spec.read_bytes()
    assert _run(source, "--prefix", "/v1/a", "--spec", spec, "--write") == 4
    assert "nothing is written without --accept-breaking" in capsys.readouterr().err
    assert spec.read_bytes() == before
    target = tmp_path / "a.yaml"
    code, report = _report(capsys, source, "--prefix", "v1/a/", "--spec", target, "--write")
    assert (code, report["prefix"], report["result"]) == (0, "/v1/a", "compatible")
    assert [change["kind"] for change in report["changes"]] == ["operation-added"]
    assert list(yaml.safe_load(target.read_text())["paths"]) == ["/v1/a"]


def test_a_vendor_who_drops_an_operation_is_reported(capsys: Capture, write: Write, spec: Path) -> None:
    """What our corrections find missing is told by the change report, not refused by the overlay."""
    source = write(document({"/v2/users": {"get": {"operationId": "theirs", "responses": OK}}}))
    code, report = _report(capsys, source, "--spec", spec)
    removed = [change["where"] for change in report["changes"] if change["kind"] == "operation-removed"]
    assert code == 4
    assert "DELETE /v2/users/{user_id}" in removed
    assert "operation-added" not in {change["kind"] for change in report["changes"]}


@pytest.mark.parametrize(("option", "expected"), [("--overlay", "ours"), ("--no-overlay", "theirs")])
def test_the_overlay_can_be_chosen(write: Write, tmp_path: Path, option: str, expected: str) -> None:
    """--overlay applies one of your own, --no-overlay none at all."""
    source = write(document({"/v2/users": {"get": {"operationId": "theirs", "responses": OK}}}))
    action = {"target": "$.paths['/v2/users'].get", "update": {"operationId": "ours"}}
    overlay = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": [action]}
    options = [option, write(overlay, "overlay.yaml")][: 2 if option == "--overlay" else 1]
    target = tmp_path / "new.yaml"
    assert _run(source, "--spec", target, "--write", *options) == 0
    assert yaml.safe_load(target.read_text())["paths"]["/v2/users"]["get"]["operationId"] == expected


@pytest.mark.parametrize(
    ("code", "result", "change"),
    [
        (3, "risky", lambda spec: spec["components"]["schemas"]["UserStatus"]["enum"].append("blocked")),
        (0, "compatible", lambda spec: spec["components"]["schemas"]["User"]["properties"].update(n={})),
        (4, "breaking", lambda spec: spec["paths"].pop("/v2/users/{user_id}/reset-password")),
        (0, "cosmetic", lambda spec: spec["info"].update(version="3")),
    ],
)
def test_the_exit_code_is_the_class(
    capsys: Capture, write: Write, spec: Path, code: int, result: str, change: Callable[[Any], object]
) -> None:
    """The exit code says how bad it is: 0 compatible or less, 3 risky, 4 breaking."""
    changed = parse(spec.read_bytes(), "spec")
    change(changed)
    seen, report = _report(capsys, write(changed), "--spec", spec, "--no-overlay")
    assert (seen, report["result"]) == (code, result)


def test_it_runs_as_a_command(spec: Path) -> None:
    """The script works from any folder, quietly ends when its reader has gone, and explains itself."""
    script = ROOT / "scripts" / "update_spec.py"
    words = [sys.executable, script, SECOND, "--spec", spec]
    command = " ".join(shlex.quote(str(word)) for word in words) + " | true; echo ${PIPESTATUS[0]}"
    result = run("bash", "-c", command, cwd=spec.parent)
    assert (result.stdout, result.stderr) == ("4\n", "")
    assert "Exit codes" in run_python(script, "--help").stdout


def test_the_report_is_whole_in_any_encoding(write: Write) -> None:
    """What a vendor writes and the terminal's encoding lacks is an escape in the report."""
    parameter = {"name": "łukasz", "in": "query", "schema": {"type": "string"}}
    old = write(document({"/a": {"get": {"responses": OK}}}), "old.yaml")
    new = write(document({"/a": {"get": {"responses": OK, "parameters": [parameter]}}}), "new.yaml")
    command = [ROOT / "scripts" / "update_spec.py", new, "--prefix", "/a", "--spec", old]
    result = run_python(*command, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (result.returncode, result.stderr, r"\u0142ukasz" in result.stdout) == (0, "", True)
