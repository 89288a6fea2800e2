"""The documentation: what it shows runs and passes the type checkers, and what it lists is complete."""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import shutil
import sys
import tomllib
from enum import EnumType
from pathlib import Path
from typing import Any

import attrs
import docs_attrs
import griffe
import pytest
from support.programs import ROOT, run, run_python
from support.samples import blocks, commands, rows

import arize_users
import arize_users.sandbox
from arize_users.cli.app import build, main
from arize_users.cli.errors import EXIT_CODES
from arize_users.sandbox import Sandbox, faults

DOCS = ROOT / "docs"
PAGES = {page.relative_to(DOCS).as_posix(): page for page in sorted(DOCS.rglob("*.md"))}
WITH_PYTHON = [name for name, page in PAGES.items() if blocks(page, "python")]
WITH_COMMANDS = [name for name, page in PAGES.items() if commands(page)]
ERRORS = PAGES["reference/errors.md"].read_text(encoding="utf-8")


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local account in a file, which every client and command of a page uses."""
    path = tmp_path / "account.db"
    with Sandbox(path) as sandbox:
        for email in ("mary@example.com", "joe@example.com", "lou@example.com"):
            sandbox.add_user(email=email, name=email.partition("@")[0].title())
        sandbox.add_user(email="root@example.com", name="Root", role="admin")
    monkeypatch.setenv("ARIZE_BASE_URL", f"sandbox:{path}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_the_samples_of_a_page_run(account: Path, page: str) -> None:
    """Whoever pastes the samples of a page into one file, from top to bottom, gets no error."""
    names: dict[str, Any] = {"__name__": page}
    exec(compile("".join(blocks(PAGES[page], "python")), page, "exec"), names)


def test_the_next_page_keeps_the_filters() -> None:
    """The way to the next page that is shown lists users of the filter of the first one, and no others."""
    (example,) = [one for one in blocks(PAGES["guides/operations.md"], "python") if "next_cursor" in one]
    with arize_users.ArizeClient(base_url="sandbox:") as client:
        for number in range(160):
            status = ("active", "expired", "invited", "expired")[number % 4]
            client.sandbox.add_user(email=f"{number}@example.com", name="Ada", status=status)
        client.sandbox.add_users(80, domain="other.example")
        first = {user.id for user in client.users.list(email="@example.com", status=["active", "invited"])}
        names: dict[str, Any] = {"client": client}
        exec(compile(example, "operations.md", "exec"), names)
    assert names["page"]
    assert not first & {user.id for user in names["page"]}
    assert {str(user.status) for user in names["page"]} <= {"active", "invited"}
    assert all(user.email.endswith("@example.com") for user in names["page"])


def test_the_tests_of_a_page_pass(tmp_path: Path) -> None:
    """The tests that the page on testing shows pass as they stand."""
    sample = "".join(blocks(PAGES["guides/testing.md"], "python"))
    (tmp_path / "test_sample.py").write_text(sample, encoding="utf-8")
    done = run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(re.findall('^def test_', sample, re.MULTILINE))} passed" in done.stdout


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_the_commands_of_a_page_run(account: Path, tmp_path: Path, page: str) -> None:
    """Whoever types the commands of a page, in order, gets what they promise."""
    (tmp_path / "people.csv").write_text("email,name,role\nlin@example.com,Lin Chen,member\n")
    (tmp_path / "leavers.txt").write_text("lou@example.com\nroot@example.com\n")
    program = Path(sys.executable).with_name("ax")
    for command in commands(PAGES[page]):
        done = run(program, *shlex.split(command)[1:])
        expected = 6 if command.startswith("ax users plan ") else 0
        assert done.returncode == expected, f"{command}\n{done.stdout}{done.stderr}"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A folder with the samples of each page and of the README as a module, and with each example."""
    for page in (ROOT / "README.md", *(PAGES[name] for name in WITH_PYTHON)):
        name = re.sub(r"\W", "_", page.relative_to(ROOT).as_posix().removesuffix(".md"))
        (tmp_path / f"{name}.py").write_text("".join(blocks(page, "python")), encoding="utf-8")
    for example in (ROOT / "examples").glob("*.py"):
        shutil.copy(example, tmp_path)
    return tmp_path


def test_the_samples_pass_mypy(modules: Path) -> None:
    """Whoever takes a sample into a project that is checked by mypy in strict mode gets no complaint."""
    done = run_python("-m", "mypy", "--strict", *modules.glob("*.py"), cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_samples_pass_pyright(modules: Path) -> None:
    """Nor does pyright complain; in strict mode, but for frames, since pandas has no types."""
    strict = [one.name for one in modules.glob("*.py") if "import pandas" not in one.read_text("utf-8")]
    settings = {"strict": strict, "pythonVersion": "3.11", "include": ["."]}
    (modules / "pyrightconfig.json").write_text(json.dumps(settings))
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = run_python("-m", "pyright", "--pythonpath", sys.executable, "-p", modules, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_is_in_the_navigation() -> None:
    """A reader finds every page, and no entry leads nowhere."""
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(re.findall(r"[\w/-]+\.md", json.dumps(site["nav"]))) == sorted(PAGES)


def test_every_error_is_explained() -> None:
    """The page of errors has each class of error and warning with its cause and its cure."""
    explained = rows(ERRORS)
    for name in arize_users.__all__:
        value = getattr(arize_users, name)
        if isinstance(value, type) and issubclass(value, (arize_users.ArizeError, Warning)):
            assert f"::: arize_users.{name}\n" in ERRORS
            if value is not arize_users.ArizeError:
                cause, _, cure = explained[name].partition(" | ")
                assert len(cause) > 10, name
                assert len(cure) > 10, name


def test_every_exit_code_is_explained() -> None:
    """The page of errors has each exit code of the command line, and no other."""
    codes = re.findall(r"^  (\d+) ", EXIT_CODES, re.MULTILINE)
    assert [first for first in rows(ERRORS) if first.isdigit()] == codes


def test_every_fault_is_listed_with_its_parameters() -> None:
    """The page on testing lists each fault of the sandbox with the parameters that it takes, and no other."""
    table = (
        PAGES["guides/testing.md"].read_text(encoding="utf-8").partition("| fault |")[2].partition("\n\n")[0]
    )
    listed = {
        name: tuple(re.findall(r"`(\w+)`", rest.partition(" | ")[0])) for name, rest in rows(table).items()
    }
    assert listed == dict(faults._PARAMETERS)


def test_every_setting_is_explained() -> None:
    """Every environment variable that the package reads is on some page."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "arize_users").rglob("*.py"))
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES.values())
    variables = set(re.findall(r"\bARIZE_[A-Z_]+\b", source))
    assert [name for name in sorted(variables) if f"`{name}" not in pages] == []


@pytest.mark.parametrize("package", ["arize_users", "arize_users.sandbox"])
def test_every_public_name_is_in_the_reference(package: str) -> None:
    """The reference has every public name of the package, and of its sandbox."""
    text = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    names = sys.modules[package].__all__
    assert [name for name in names if f"::: {package}.{name}\n" not in text and name != "__version__"] == []


def test_the_members_of_enums_are_shown() -> None:
    """The reference shows the members of each enum, which have no docstrings of their own."""
    text = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    enums = [name for name in arize_users.__all__ if isinstance(getattr(arize_users, name), EnumType)]
    assert len(enums) > 5
    for name in enums:
        assert f"::: arize_users.{name}\n    options:\n      show_if_no_docstring: true\n" in text, name


def _command_names() -> list[tuple[str, ...]]:
    groups = {registered.name: registered.typer_instance for registered in build("ax").registered_groups}
    assert list(groups) == ["users"]
    below = [("users", str(command.name)) for command in groups["users"].registered_commands]
    return [*below, *((str(command.name),) for command in build("ax").registered_commands)]


@pytest.mark.parametrize("name", _command_names(), ids=" ".join)
def test_every_command_is_in_the_reference(name: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The reference of the command line has every command with each option that its help shows."""
    assert main("ax", [*name, "--help"]) == 0
    options = set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", capsys.readouterr().out, re.MULTILINE))
    text = PAGES["reference/command-line.md"].read_text(encoding="utf-8")
    common, section = text.partition("### Exit codes")[0], text.partition(f"\n## ax {' '.join(name)}\n")[2]
    shown = set(re.findall(r"--[\w-]+", common + section.partition("\n## ")[0])) | {"--help"}
    assert options - shown == set()


def test_the_reference_shows_what_a_class_takes() -> None:
    """The reference gives each public class of attrs the parameters of its signature, in their order."""
    read = griffe.load(
        "arize_users", search_paths=[ROOT], extensions=griffe.load_extensions(docs_attrs.AttrsSignatures)
    )
    classes = [(name, getattr(arize_users, name)) for name in arize_users.__all__]
    of_attrs = {name: value for name, value in classes if isinstance(value, type) and attrs.has(value)}
    assert {"NewUser", "User", "CreatedUser", "CustomUserRole"} <= of_attrs.keys()
    for name, value in of_attrs.items():
        shown = read[name].all_members["__init__"].parameters
        assert [one.name for one in shown if one.name != "self"] == list(
            inspect.signature(value).parameters
        ), name


def test_the_changelog_keeps_its_form() -> None:
    """The changelog has a dated section for each version and the kinds of Keep a Changelog alone."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *released = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert first == "Unreleased"
    dated = [re.fullmatch(r"(\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)", heading) for heading in released]
    versions, days = zip(*(match.groups() for match in dated if match), strict=True)
    assert len(versions) == len(released)
    assert versions[0] == arize_users.__version__
    assert sorted(days, reverse=True) == list(days)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds
