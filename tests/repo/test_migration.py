"""The page for people who come from Arize's own client, held to its packages and to this one."""

from __future__ import annotations

import inspect
import json
import subprocess
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import official
import pytest
import typer
from benchmark.environments import OFFICIAL_PACKAGES, holds
from migration import page
from migration.program import evaluate, fill, select
from support.account import Connect

import arize_users
from arize_users import (
    USER_COLUMNS,
    ArizeClient,
    AsyncUsersClient,
    ConfigurationError,
    User,
    UserPage,
    UsersClient,
)
from arize_users.cli.app import build
from arize_users.cli.errors import EXIT_CODES
from arize_users.config import Settings, resolve
from arize_users.sandbox import Sandbox


def recorded(name: str) -> Any:
    """Give what was recorded of Arize's packages."""
    return json.loads((official.RECORDED / f"{name}.json").read_text(encoding="utf-8"))


SURFACE, BEHAVIOUR = recorded("surface"), recorded("behaviour")
ROWS = [(name, row) for row in page.rows() for name in row.names]


IS_INSTALLED = holds(official.ENVIRONMENT, *OFFICIAL_PACKAGES)


def test_the_versions() -> None:
    """The page speaks of the packages of the benchmark, and what was recorded is of them."""
    versions = SURFACE["packages"]
    assert [f"{name}=={version}" for name, version in versions.items()] == [*OFFICIAL_PACKAGES]
    text = page.PAGE.read_text(encoding="utf-8")
    for name, version in versions.items():
        assert f"(`{name}` {version.rpartition('.')[0]})" in text


def test_the_page_leaves_nothing_out() -> None:
    """Each name that a user of Arize's client and command line meets is on the page, once, and no other.

    The names are those of the packages where the benchmark has installed them, else those recorded from them.
    """
    surface = official.surface() if IS_INSTALLED else SURFACE
    assert surface == SURFACE
    there = [name for kind, names in surface.items() if kind != "packages" for name in names]
    assert Counter(name for name, _ in ROWS) == Counter(there)


def _is_argument(function: Any, argument: str) -> bool:
    return argument in inspect.signature(function).parameters


@cache
def _program(name: str) -> Any:
    return typer.main.get_command(build(name))


def _is_command(words: list[str]) -> bool:
    command = _program(words[0])
    path = [word for word in words[1:] if word.islower() and not word.startswith("-")]
    for word in path:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return False
    options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    rest = words[1 + len(path) :]
    return all(word in options if word.startswith("-") else bool(arguments) for word in rest)


def is_here(name: str) -> bool:
    """Tell whether this package has what the page calls by a name."""
    owner, _, member = name.rstrip(")").replace("(", ".").partition(".")
    if name.startswith("["):
        return name[2:-2] in USER_COLUMNS
    if name.startswith("exit code"):
        return f"\n  {name.split()[-1]} " in f"\n{EXIT_CODES}"
    if name.startswith("ax"):
        return _is_command(name.replace(",", "").split())
    if name.isupper():
        return is_read(name)
    if owner == "arize_users":
        return import_module(name).__name__ == name
    if not owner:
        method, _, argument = member.partition(".")
        holders = [kind for kind in (User, UserPage) if hasattr(kind, method)]
        return bool(holders) and (not argument or _is_argument(getattr(holders[0], method), argument))
    if owner == "users":
        method, _, argument = member.partition(".")
        functions = [getattr(kind, method, None) for kind in (UsersClient, AsyncUsersClient)]
        return None not in functions and (
            not argument or all(_is_argument(one, argument) for one in functions)
        )
    kind = getattr(arize_users, owner, None)
    if kind is None or not member:
        return kind is not None
    if "(" in name:
        return _is_argument(kind, member)
    fields = {field for parent in kind.__mro__ for field in inspect.get_annotations(parent)}
    return member in fields or hasattr(kind, member)


BARE = {"ARIZE_API_KEY": "key"}


def _settled(environ: dict[str, str]) -> Settings | None:
    try:
        return resolve(environ=environ)
    except ConfigurationError:
        return None


def is_read(variable: str) -> bool:
    """Tell whether a variable changes the settings, or is refused for what it holds."""
    return variable == "ARIZE_PROFILE" or _settled({**BARE, variable: "nonsense"}) != _settled(BARE)


def problem(name: str, row: page.Row) -> str | None:
    """Say what is wrong with what the page says of a name; None where it is right."""
    kept = row.verdict in ("same", "differs")
    expected = [name] if kept else row.here
    if row.verdict == "same, in":
        expected = [f"{kind}.{name.partition('.')[2]}" for kind in row.here]
    missing = [one for one in expected if not is_here(one)]
    if missing:
        return f"{name}: {', '.join(missing)} is not here"
    if row.verdict in ("renamed to", "gone") and is_here(name):
        return f"{name}: it is here"
    match row.verdict:
        case "same":
            return None
        case "same, in" | "renamed to":
            return None if row.here else f"{name}: where is it?"
        case "gone" | "differs":
            return None if row.note and not row.here else f"{name}: why?"
    return f"{name}: {row.verdict!r} says nothing"


def test_what_the_page_says() -> None:
    """What is said to be the same, or renamed to, is here; what is gone is not, and the page says why."""
    # Which entries of a profile are read is tested with the command line.
    rows = [(name, row) for name, row in ROWS if name not in SURFACE["profile entries"]]
    assert [found for name, row in rows if (found := problem(name, row)) is not None] == []


@pytest.mark.parametrize("case", ["lower", "upper"])
def test_what_differs(case: Any) -> None:
    """What the page says differs does, on either generation; what to write instead gives Arize's value."""
    differences = [*page.differences()]
    instead = {one.instead: one.theirs for one in differences if one.instead is not None}
    with ArizeClient(base_url="sandbox:", enum_case=case) as client:
        fill(client.sandbox)
        values = evaluate(client, arize_users, [*(one.expression for one in differences), *instead])
    assert {text: values[text] for text in instead} == instead
    assert {one.expression: values[one.expression] for one in differences} == {
        one.expression: one.ours for one in differences
    }
    assert BEHAVIOUR["values"] == {one.expression: one.theirs for one in differences}
    assert [one for one in differences if one.ours == one.theirs] == []


def found(folder: Path, code: str, file: str = "theirs.py") -> list[str]:
    """Give the lines of some code that the page's search finds."""
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / file).write_text(code, encoding="utf-8")
    done = subprocess.run(page.search(), shell=True, cwd=folder, capture_output=True, text=True)
    assert done.stderr == ""
    return [line.split(":", 2)[2] for line in done.stdout.splitlines()]


MORE = """
    "ACTIVE",
allowed = set("ACTIVE INVITED".split())
ROLES = {'ADMIN': 1, 'MEMBER': 2}
if user.status in ALLOWED:
if user.status not in ALLOWED:
seen.add(user.status)
by_status[user.status].append(user)
names.get(user.role.name)
names[str(user.role)]
limits.get(str(user.role), 0)
{user.status: user for user in users}
{user.status for user in users}
key = user.status
key = (user.status, user.role.type)
order = user.status < other.status
text = f"{user.name} is {user.status}"
text = f"{user.email}: {user.role}"
print(user.role)
row = [user.email, user.role]
text = "%s" % user.status + "!"
kind = user.status.value
if user.status.value == wanted:
df[df.status == "ACTIVE"]
df.groupby('status')
df["role"].map(ROLES)
df.query("status == 'EXPIRED'")
getattr(user, "invite_mode")
mode = created.invite_mode or fallback
if role.name in ADMINS:
by_role[role.type] = role
    match user.status:
df.status.value_counts()
groupby(users, key=lambda user: user.status)
status = user.status  # theirs
sql = "select * from people where status = 'INVITED'"
role = user.role
            user.role,
role = user.role  # theirs
before = user.model_dump(mode="json")
from arize.users.types import UserStatus
import arize
""".strip("\n").splitlines()
SAFE = """
from arize_users import ArizeClient, UserStatus
page = client.users.list(limit=100)
if user.status == UserStatus.ACTIVE:
if user.status is UserStatus.INVITED:
if user.role.name != wanted:
for value in counts.values():
print(user.email, user.name)
ACTIVE_USERS = load()
response.status_code == 200
""".strip("\n").splitlines()


def test_the_search_finds_what_differs(tmp_path: Path) -> None:
    """The page's search finds all that the page says differs, and the same in other words."""
    lines = [*(one.expression for one in page.differences()), *MORE]
    assert found(tmp_path, "\n".join(lines)) == lines


def test_the_search_passes_over_the_rest(tmp_path: Path) -> None:
    """Comparisons with the members of enums, and code about other things, are not shown."""
    assert found(tmp_path, "\n".join(SAFE)) == []


def test_the_search_in_other_files(tmp_path: Path) -> None:
    """Notebooks, shell scripts and pipelines are searched, too; other files and what is installed are not."""
    cells = json.dumps({"source": ['df["status"].unique()', "seen.add(user.status)\n"]}, indent=1)
    assert len(found(tmp_path, cells, "a.ipynb")) == 2
    (tmp_path / "src" / "a.ipynb").unlink()
    line = """ax users list -o json | jq '.users[] | select(.status != "ACTIVE")'"""
    for file in ("a.sh", "a.yml", "a.yaml"):
        assert found(tmp_path, line, file) == [line]
        (tmp_path / "src" / file).unlink()
    call = 'ax users delete --id "$id" --force || exit 1'
    assert found(tmp_path, call, "a.sh") == [call]
    (tmp_path / "src" / "a.sh").unlink()
    assert found(tmp_path, '"ACTIVE"', "a.txt") == []
    installed = tmp_path / ".venv" / "lib" / "site-packages" / "pandas"
    installed.mkdir(parents=True)
    (installed / "a.py").write_text(line, encoding="utf-8")
    assert found(tmp_path, "") == []


def test_the_text_of_a_role() -> None:
    """What the page says to write for the text of a role leaves the names of custom roles as they are."""
    (instead,) = [one.instead for one in page.differences() if one.expression == 'f"{user.role}"']
    assert instead is not None
    with ArizeClient(base_url="sandbox:", enum_case="upper") as client:
        fill(client.sandbox)
        users = client.users.list(limit=100).users
        texts = [eval(instead, {"user": user}) for user in users]
    # Each row of the frame is status, kind of role and role.
    assert texts == [row.split()[2] for row in BEHAVIOUR["frame"]]


def test_what_is_recorded() -> None:
    """What is recorded is of each way to select, and is what Arize's client selects where it is installed."""
    with ArizeClient(base_url="sandbox:") as client:
        fill(client.sandbox)
        assert BEHAVIOUR["selections"].keys() == select(client, arize_users).keys()
    assert (official.behaviour() if IS_INSTALLED else BEHAVIOUR) == BEHAVIOUR


def test_a_program_in_upper_case(connect: Connect, case: str) -> None:
    """A program for Arize's client selects the same users here, on either generation, with either client."""
    with Sandbox(enum_case="upper" if case == "upper" else "lower") as sandbox:
        fill(sandbox)
        everybody = len(sandbox.users())
        selected = select(connect(sandbox, case=case), arize_users)
    assert selected == BEHAVIOUR["selections"]
    assert [way for way, emails in selected.items() if not 0 < len(emails) < everybody] == [
        "invite_mode of another"
    ]


@pytest.mark.parametrize("case", ["lower", "upper"])
def test_a_frame_in_upper_case(case: Any) -> None:
    """A frame in upper case spells statuses, kinds of roles and roles as that of Arize's client does."""
    with ArizeClient(base_url="sandbox:", enum_case=case) as client:
        fill(client.sandbox)
        frame = client.users.list(limit=100).to_df(case="upper")
    rows = [" ".join(row) for row in frame[["status", "role_type", "role_name"]].to_numpy()]
    assert rows == BEHAVIOUR["frame"]
    assert len({*rows}) > 10


def test_the_sample() -> None:
    """The page's sample runs as it is shown, without a key."""
    (sample,) = page.PAGE.read_text(encoding="utf-8").split("```python\n")[1:]
    names: dict[str, Any] = {}
    exec(compile(sample.partition("```")[0], str(page.PAGE), "exec"), names)
    names["client"].close()
