"""Whatever the terminal's width and encoding are, everything is shown, and data is UTF-8."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from support.answers import page, user

from arize_users.cli.app import main
from arize_users.sandbox import Sandbox

from .runs import FULL, NEEDS_FULL, Ax, Scripted, Terminals, program

NAME = "Łukasz 李 \U0001f600"
NO_WIDTHS = ["0", "1", "-5", " ", "wide", "1e2", "²", "80.5", "100000", "9" * 5000]
ENCODINGS: list[dict[str, str]] = [
    *({"PYTHONIOENCODING": encoding} for encoding in ("cp1252", "ascii", "latin-1:strict", "utf-16")),
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


def _bytes(*words: str, env: Mapping[str, str], before: str = "", folder: Path) -> tuple[int, bytes, bytes]:
    """Run `ax users ...` in its own process, and give the exit code and the bytes that it wrote."""
    done = subprocess.run(
        program(["ax", "users", *words], before),
        env={**os.environ, **env},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def lukasz(account: Sandbox) -> str:
    """The id of a user whose name few encodings have."""
    return account.add_user(email="lukasz@example.com", name=NAME)


@pytest.mark.parametrize("columns", NO_WIDTHS)
def test_columns_without_meaning(ax: Ax, crowd: Sequence[str], columns: str) -> None:
    """COLUMNS that say 0, 1 or nonsense are as good as unset: every row of every table is there."""
    for command in (["list", "--all"], ["get", crowd[0]], ["settings"]):
        ran = ax(*command, COLUMNS=columns)
        assert (ran.code, ran.out) == (0, ax(*command).out)
        assert len(ran.out.splitlines()) > len(command)
    named = ",".join(crowd[:20])
    rows = ax("delete", "--id", named, "--force", COLUMNS=columns).out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == [*crowd[:20]]


@pytest.mark.parametrize("columns", ["2", "7", "20"])
def test_any_width(ax: Ax, crowd: Sequence[str], columns: str) -> None:
    """However narrow a terminal is, no user, outcome or setting is left out."""
    assert set(crowd) <= set(ax("list", "--all", COLUMNS=columns).out.split())
    assert crowd[0] in ax("get", crowd[0], COLUMNS=columns).out
    settings = {row.split()[0] for row in ax("settings").out.splitlines()}
    assert settings <= set(ax("settings", COLUMNS=columns).out.split())
    words = ax("delete", "--id", ",".join(crowd[:20]), "--force", COLUMNS=columns).out.split()
    assert set(crowd[:20]) <= set(words)
    assert words.count("deleted") == 20


@pytest.mark.parametrize("columns", [0, 1])
@pytest.mark.parametrize("env", [{}, {"COLUMNS": "0", "LINES": "²"}, {"TERM": "dumb"}, {"TERM": ""}])
def test_terminal_without_a_width(
    terminal: Terminals, jane: str, columns: int, env: Mapping[str, str]
) -> None:
    """At a terminal that does not know its width, such as a serial one, the tables are whole."""
    run = terminal("users", "list", columns=columns, env=env)
    assert run.end() == 0
    (row,) = (line for line in run.shown.splitlines() if line.startswith(jane))
    assert row.split()[1:5] == ["Jane", "Doe", "jane@example.com", "active"]
    run = terminal("users", "delete", "--id", f"{jane},gone", "--force", columns=columns, env=env)
    assert run.end() == 3
    outcomes = [line.split() for line in run.shown.splitlines()]
    assert [jane, "—", "deleted"] in outcomes
    assert ["gone", "—", "not_found"] in outcomes


def test_forced_colour_on_a_dumb_terminal(ax: Ax, scripted: Scripted) -> None:
    """An id that is wider than a dumb terminal is whole, also where colour is forced."""
    long = "VXNlcjo" * 20
    scripted.set_answer(200, user(id=long))
    assert long in ax("get", "x", FORCE_COLOR="1", TERM="dumb").out


@pytest.mark.parametrize("env", ENCODINGS)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_data_is_utf_8(lukasz: str, tmp_path: Path, form: str, env: Mapping[str, str]) -> None:
    """CSV and JSON are the same bytes in any encoding or locale, on standard output and in a file."""
    code, out, _ = _bytes("get", lukasz, "-o", form, env=env, folder=tmp_path)
    text = out.decode()
    if form == "csv":
        (row,) = csv.DictReader(io.StringIO(text))
    else:
        row = json.loads(text)
    assert (code, row["name"], "\\u" in text) == (0, NAME, False)
    assert _bytes("get", lukasz, "-o", f"x.{form}", env=env, folder=tmp_path)[0] == 0
    assert (tmp_path / f"x.{form}").read_bytes() == out


def test_one_unencodable_name(ax: Ax, scripted: Scripted) -> None:
    """A name that no encoding has, a lone surrogate, is escaped by itself; the names beside it are not."""
    names = ["a\ud800", NAME]
    scripted.set_answer(200, page([user(name=name) for name in names]))
    ran = ax("list", "-o", "json")
    assert [one["name"] for one in ran.json["users"]] == names
    assert NAME in ran.out


@pytest.mark.parametrize("command", ["get", "list"])
def test_table_beyond_the_encoding(lukasz: str, tmp_path: Path, command: str) -> None:
    """In a table, what the terminal's encoding lacks is an escape, and the columns still stand in line."""
    words = ["get", lukasz] if command == "get" else ["list", "--email", "lukasz"]
    env = {"PYTHONIOENCODING": "ascii", "COLUMNS": "200"}
    code, out, _ = _bytes(*words, env=env, folder=tmp_path)
    assert (code, r"\u0141ukasz \u674e \U0001f600" in out.decode("ascii")) == (0, True)
    lines = out.decode("ascii").splitlines()
    if command == "get":
        assert {len(line) for line in lines} == {len(lines[0])}
    else:
        assert lines[0].index("Email") == lines[1].index("lukasz@example.com")


def test_messages_beyond_the_encoding(tmp_path: Path, account: Sandbox) -> None:
    """A message that standard error cannot show as it is shows escapes, whatever stands in for the stream."""
    strict = "import io, sys; sys.stderr = io.TextIOWrapper(sys.stderr.buffer, encoding='cp1252')"
    for before in ("", strict):
        code, _, err = _bytes(
            "list", "-o", "Łukasz", env={"PYTHONIOENCODING": "cp1252"}, before=before, folder=tmp_path
        )
        assert (code, rb"\u0141ukasz" in err) == (2, True)


@NEEDS_FULL
def test_last_resort_is_utf_8(tmp_path: Path, account: Sandbox) -> None:
    """What only standard error could take, because it cannot be had again, is JSON in UTF-8 there, too."""
    create = ["create", "-n", NAME, "-e", "l@example.com", "-r", "member"]
    words = [*create, "--invite-mode", "temporary_password", "-o", "json"]
    env = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "1"}
    code, _, err = _bytes(*words, env=env, before=FULL, folder=tmp_path)
    document = json.loads(err[: err.index(b"error: ")].decode())
    assert (code, document["name"], b"\\u" in err) == (5, NAME, False)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_replaced_standard_output(lukasz: str, form: str) -> None:
    """A program that runs the commands and reads their output in memory gets all of it as text."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main("arize-users", ["get", lukasz, "-o", form]) == 0
    assert NAME in out.getvalue()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main("arize-users", ["get", lukasz, "-o", "parquet"]) == 5
    assert out.getvalue() == ""
