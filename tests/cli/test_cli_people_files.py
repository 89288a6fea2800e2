"""Files of people for `--file`: what is taken for whom, and what is refused with its line."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from arize_users.cli.people_files import Person, parse, read_people
from arize_users.cli.profile_files import FileProblem
from arize_users.sandbox import Sandbox

from .runs import Ax, Scripted, Shell

ADA, OLA, BOB = "ada@x.com", "ola@x.com", "bob@x.com"
ID = "VXNlcjox"


def named(text: str) -> list[str]:
    """Give the ids and addresses in a text without bad lines."""
    found = parse(text)
    assert found.problems == []
    return [one.user_id or one.email or "" for one in found.people]


def bad_lines(text: str) -> list[int]:
    """Give the lines of a text that cannot be used."""
    return [problem.line for problem in parse(text).problems]


@pytest.mark.parametrize(
    "text",
    [
        f"{ADA}\n{OLA}\n{BOB}\n",
        f"{ADA}\r\n\r\n{OLA}\r\n \t \r\n{BOB}",
        f"{ADA}\r{OLA}\r{BOB}",
        f"{ADA},{OLA};{BOB}",
        f"{ADA}\t{OLA}\t{BOB}\n",
        f" {ADA} , {OLA} ,\n,;\n{BOB};",
        f"# leavers of May\n{ADA} # since Monday\n  # {ID}\n{OLA},# and\n{BOB}",
        f"Ada King <{ADA}>\nOla <{OLA}>\n<{BOB}>",
        f'"King, Ada" <{ADA}>\n"Berg; Ola"<{OLA}>\n\'Bob\' <{BOB}>',
        f'To: Ada King <{ADA}>, "Berg, Ola" <{OLA}>, {BOB}',
        f"cc: {ADA}; {OLA}; Tim O'Neil <{BOB}>;",
        f"mailto:{ADA}\nMAILTO:{OLA}?subject=Bye\n<mailto:{BOB}>",
        f"\"{ADA}\"\n'{OLA}'\n`{BOB}`",
        f"“{ADA}”\n«{OLA}»\n„{BOB}“",
        f"\u00a0{ADA}\u00a0\n\u200b{OLA}\n{BOB}\ufeff",
        f"{ADA}\n{OLA}\n{ADA}\n{BOB}\n{OLA}",
        f"mailto:ada%40x.com\n{OLA}\n{BOB}",
    ],
)
def test_addresses(text: str) -> None:
    """Addresses are taken as people, mail clients and spreadsheets write them, each once."""
    assert named(text) == [ADA, OLA, BOB]


@pytest.mark.parametrize(
    "text",
    [
        f"{ADA}\n{ID}\nusr_abc123\n",
        f"{ADA}, {ID}\nusr_abc123",
        f'{ADA}\n"{ID}"\n<usr_abc123>',
        f"Email,User ID\n{ADA},\n,{ID}\n,usr_abc123",
    ],
)
def test_ids(text: str) -> None:
    """Ids stand beside addresses, one per line or in a list."""
    assert named(text) == [ADA, ID, "usr_abc123"]


def test_ids_of_any_kind() -> None:
    """An id is whatever the API gives: with signs, or a bare word on a line of its own."""
    ids = ["VXNlcjo0OuD2O2bR6tY=", "a/b+c==", "gone", "12", "+x", "-y"]
    assert named("\n".join(ids)) == ids


@pytest.mark.parametrize(
    "text",
    [
        f"email,name\n{ADA},Ada\n{OLA},Ola\n",
        f'NAME;E-Mail\n"King; Ada";{ADA}\n\n;;\nOla;{OLA}\n',
        f"name\tEmail Address\nAda\t{ADA}\nOla\t{OLA}",
        f"\ufeffsep=;\r\nName;Email;;\r\nAda; {ADA} ;;\r\n;;;\r\nOla;\u00a0{OLA};;\r\n".lstrip("\ufeff"),
        f'name,email\n"Ada\nKing",{ADA}\nOla,{OLA}\n',
        f"#of May\nemail\n{ADA}\n#{BOB}\n{OLA}\n",
        f",,\n,email,name\n,{ADA},Ada\n,{OLA},Ola\n",
        f"version:v1.0\nname,email\nAda,Ada King <{ADA}>\nOla,mailto:{OLA}\n",
        f"email,password\n{ADA},s3cret,\n{OLA},s3cret\n",
        f"login,email,secondEmail\nada,{ADA},ada@home.x\nola,{OLA},\n",
    ],
)
def test_csv(text: str) -> None:
    """CSV with a header gives the column of email, whatever the others hold; a row may span lines."""
    assert named(text) == [ADA, OLA]


def test_csv_with_ids() -> None:
    """A row with an id and an address names one person by both, and is known by its first line."""
    text = f'id,name,email\n{ID},"Ada\nKing",{ADA}\n{ID}x,,\n,,{OLA}\n'
    assert parse(text).people == [Person(2, ID, ADA), Person(4, f"{ID}x"), Person(5, None, OLA)]


@pytest.mark.parametrize("cell", ["'+tag@x.com", "'=tag@x.com", "'-tag@x.com"])
def test_escaped_cells(cell: str) -> None:
    """A cell that our own CSV escapes for spreadsheets is the address itself."""
    assert named(f"email\n{cell}\n") == [cell[1:]]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{ADA}\nAda King\n{OLA}\nola@\n@x.com\n", [2, 4, 5]),
        (f"King, Ada <{ADA}>\n{ADA},Ada,member\n{ADA},12\nMember-1;{ADA}\n", [1, 2, 3, 4]),
        (f'"King <{ADA}>\nAda <{ADA}\nAda <>\n{OLA}', [1, 2, 3]),
        ("ada\uff20x.com\na@b@c.com\na b@x.com\n<a@x.com, b@x.com>\n", [1, 2, 3, 4]),
        (f"email,name\nn/a,Ada\n,Ola\n{BOB},Stone, Bob\n{ADA},Ada\n", [2, 3, 4]),
        (f'email,name\n{ADA},"Ada\n{OLA},Ola\n', [2]),
        (f"id,email\na b,{ADA}\n", [2]),
        ("..\n.\n", [1, 2]),
    ],
)
def test_bad_lines(text: str, lines: list[int]) -> None:
    """Whatever could be somebody else, or nobody, is told with its line; no part of such a line is used."""
    assert bad_lines(text) == lines
    assert not {person.line for person in parse(text).people} & {*lines}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"userPrincipalName,displayName\n{ADA},Ada\n", "userPrincipalName, displayName"),
        (f"userPrincipalName\n{ADA}\n", "userPrincipalName"),
        (
            f"Email [inviteeEmail] Required,Redirect\n{ADA},https://x\n",
            "Email [inviteeEmail] Required, Redirect",
        ),
        (f"email,E-Mail\n{ADA},{ADA}\n", "two columns for email"),
        (f"id,User ID,email\na,b,{ADA}\n", "two columns for user_id"),
        ('{"users": []}', "JSON"),
        ("[]", "JSON"),
        ("PK\x03\x04rest", "workbook"),
        ("a\0d\0a\0", "other data"),
    ],
)
def test_other_files(text: str, said: str) -> None:
    """A header without a column for people, a workbook and JSON are refused whole, never read as ids."""
    with pytest.raises(FileProblem) as caught:
        parse(text)
    assert said in caught.value.what


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with or without a byte order mark, and UTF-16 with one, are read."""
    file = tmp_path / "leavers.txt"
    file.write_text(f"Zoë <{ADA}>\r\n", encoding)
    assert read_people(str(file), skip_invalid=False) == ([Person(1, None, ADA)], [])


COMMANDS = [
    "delete --force",
    "get",
    "update --is-not-developer",
    "resend-invitation",
    "reset-password",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_all_bad_lines_at_once(ax: Ax, scripted: Scripted, tmp_path: Path, command: str) -> None:
    """All bad lines are told at once, with file, line and reason; nothing is sent, and the exit code is 2."""
    file = tmp_path / "leavers.txt"
    file.write_text(f"{ADA}\nAda King\n\n{OLA}\nola@@x.com\x1b[31m\n")
    ran = ax(*command.split(), "--file", str(file))
    second, fifth, hint = ran.err.splitlines()
    assert (ran.code, ran.out, scripted.requests) == (2, "", [])
    assert second == f"error: {file}, line 2: 'Ada King' holds blanks; no user's id does"
    assert fifth.startswith(f"error: {file}, line 5: ")
    assert "\x1b" not in ran.err
    assert hint == "hint: Nothing was sent. Mend the file, or let --skip-invalid do the rest."


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("content", ["", "\n \n# nobody\n", "email,name\n", ",;\n"])
def test_nobody(ax: Ax, scripted: Scripted, tmp_path: Path, command: str, content: str) -> None:
    """A file that names nobody is refused, also with --skip-invalid."""
    file = tmp_path / "leavers.txt"
    file.write_text(content)
    for options in ([], ["--skip-invalid"]):
        error, _ = ax(*command.split(), "--file", str(file), *options).refused(2)
        assert error == f"{file} names nobody"
    assert scripted.requests == []


@pytest.mark.parametrize("command", COMMANDS)
def test_unreadable(ax: Ax, scripted: Scripted, tmp_path: Path, command: str) -> None:
    """A file that is not there, a folder, and bytes in no known encoding are refused with what is wrong."""
    file = tmp_path / "leavers.txt"
    assert (
        ax(*command.split(), "--file", str(file)).refused(2)[0]
        == f"cannot read {file}: No such file or directory"
    )
    assert ax(*command.split(), "--file", str(tmp_path)).refused(2)[0].startswith(f"cannot read {tmp_path}: ")
    file.write_bytes(b"ada@x.com\nJ\xfcrgen <juergen@x.com>\n")
    assert (
        ax(*command.split(), "--file", str(file)).refused(2)[0] == f"{file}, line 2: it is not text in UTF-8"
    )
    assert scripted.requests == []


def test_skip_invalid(ax: Ax, account: Sandbox, tmp_path: Path) -> None:
    """With --skip-invalid the rest is done, what was left out is told, and the exit code is 3."""
    file = tmp_path / "leavers.txt"
    file.write_text(f"{ADA}\nAda King\n{OLA}, Ola\n")
    user_id = account.add_user(email=ADA, name="Ada")
    account.add_user(email=OLA, name="Ola")
    ran = ax("delete", "--file", str(file), "--skip-invalid", "--force", "-o", "json")
    assert [(one["user_id"], one["status"]) for one in ran.json["results"]] == [(user_id, "deleted")]
    skipped = [line for line in ran.err.splitlines() if line.startswith("skipped: ")]
    assert [line.split(": ")[1] for line in skipped] == [f"{file}, line 2", f"{file}, line 3"]
    assert (ran.code, [entry.email for entry in account.audit]) == (3, [ADA])


def test_skip_invalid_needs_a_file(ax: Ax, scripted: Scripted) -> None:
    """--skip-invalid without --file is refused: it would hide nothing."""
    for line in (
        "delete --id x --force",
        "get x",
        "update x -n X",
        "resend-invitation x",
        "reset-password x",
    ):
        error, _ = ax(*line.split(), "--skip-invalid").refused(2)
        assert error == "--skip-invalid is about the lines of --file, which is not given"
    assert scripted.requests == []


def test_standard_input(ax: Ax, account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--file -` reads standard input, and messages call it so."""
    account.add_user(email=ADA, name="Ada")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"Ada <{ADA}>\n".encode())))
    assert [one["email"] for one in ax("get", "--file", "-", "-o", "json").json["users"]] == [ADA]
    monkeypatch.setattr(sys, "stdin", io.StringIO("a b\n"))
    assert ax("get", "--file", "-").refused(2)[0].startswith("standard input, line 1: 'a b' holds blanks")
    monkeypatch.setattr(sys, "stdin", None)
    assert ax("get", "--file", "-").refused(2)[0] == "cannot read standard input: it is closed"


@pytest.mark.usefixtures("account")
def test_no_terminal(shell: Shell, tmp_path: Path) -> None:
    """Names that come through a pipe leave no terminal to ask at: --force is needed, or --dry-run."""
    (tmp_path / "leavers.txt").write_text(ADA)
    error, _ = shell("ax", "users", "delete", "--file", "leavers.txt").refused(2)
    assert error == "there is no terminal to ask at: --force deletes without asking"
    assert shell("ax", "users", "delete", "--file", "leavers.txt", "--dry-run").code == 3


@pytest.mark.parametrize("command", ["get", "update -n X", "resend-invitation", "reset-password"])
def test_named_twice_or_not(ax: Ax, scripted: Scripted, tmp_path: Path, command: str) -> None:
    """A user and a file together are refused, and so is neither."""
    (tmp_path / "one.txt").write_text(ADA)
    name, *options = command.split()
    assert "nobody is named" in ax(name, *options).refused(2)[0]
    both = ax(name, "x", "--file", str(tmp_path / "one.txt"), *options)
    assert both.refused(2)[0] == "--file names the users: a USER_ID or EMAIL does not go with it"
    assert scripted.requests == []


def test_no_other_column_is_shown(ax: Ax, scripted: Scripted, tmp_path: Path) -> None:
    """What other columns hold, a password among them, is in no message, with a header and without."""
    file = tmp_path / "leavers.csv"
    file.write_text("ada@x.com,s3cret-pw1\nola@x.com,Ola,s3cret pw\n")
    ran = ax("get", "--file", str(file))
    assert (ran.code, "s3cret" in ran.out + ran.err) == (2, False)
    file.write_text(
        'email,password\nnobody,s3cret-pw\n,s3cret-pw\nada@x.com,s3cret-pw,s3cret-pw\nola@x.com,"s3cret-pw\n'
    )
    for options in ([], ["--skip-invalid"], ["-v"]):
        ran = ax("get", "--file", str(file), *options)
        assert (ran.code, "s3cret" in ran.out + ran.err) == (2, False)
    assert scripted.requests == []
