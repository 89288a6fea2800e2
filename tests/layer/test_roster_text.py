"""Rosters from CSV and tab-separated values: dialects, encodings, lines, and what is refused as a whole."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

import pytest
from support.roster_files import HEADER, people, problems, read, refused

from arize_users import InvalidArgumentError, RosterError, UserRole
from arize_users.roster import Roster

ADA = "ada@example.com,Ada,member\n"


@pytest.mark.parametrize(
    "text",
    [
        "email;name;role\nmira@example.com;Voss, Mira;member\n",
        "email\tname\trole\nmira@example.com\tVoss, Mira\tmember\n",
        'sep=;\nemail;name;role\nmira@example.com;"Voss, Mira";member\n',
        '"sep=|"\nemail|name|role\nmira@example.com|Voss, Mira|member\n',
        'sep=,\r\nemail,name,role\r\nmira@example.com,"Voss, Mira",member\r\n',
        'email,name,role\rmira@example.com,"Voss, Mira",member\r',
        ' EMAIL , Name,rOLE\n mira@example.com , "Voss, Mira" ,\tmember\n',
        'name,role,email\n"Voss, Mira",member,mira@example.com',
        '#TYPE System.Object\r\n"email","name","role"\r\n"mira@example.com","Voss, Mira","member"\r\n',
    ],
)
def test_dialects(text: str) -> None:
    """Delimiter, line ends, quotes, blanks, and the order and case of headers are as the file has them."""
    (person,) = read(text)
    assert (person.email, person.name, person.role.name) == (
        "mira@example.com",
        "Voss, Mira",
        UserRole.MEMBER,
    )


def test_european_excel() -> None:
    """The CSV of a European Excel is read: its mark, ``sep=;``, padded cells, empty rows and columns."""
    text = (
        "\ufeffsep=;\r\nEmail ;Name;Role;;\r\n"
        'mira.voss@example.com ;"Voss; Mira";Member;;\r\n;;;;\r\n'
        "\xa0 tomas.lind@example.com\xa0 ;Tomas Lind;MEMBER;;\r\n;;;;\r\n"
    )
    roster = read(text)
    assert people(roster) == [
        (3, "mira.voss@example.com", "Voss; Mira"),
        (5, "tomas.lind@example.com", "Tomas Lind"),
    ]
    assert roster.notes == ()


def test_delimiter_of_the_header() -> None:
    """The header alone says the delimiter, however often another one stands in the rows below."""
    roster = read("email;name;role\n" + "".join(f"p{n}@example.com;A, B, C, D, E;member\n" for n in range(9)))
    assert {person.name for person in roster} == {"A, B, C, D, E"}


def test_line_break_in_a_name() -> None:
    """A line break in quotes is part of the name, and later lines are counted as the file counts them."""
    text = HEADER + 'mira@example.com,"Mira\nVoss",member\nx@example.com,"A\r\nB\rC",x\n\ny@example.com,,\n'
    assert people(read(text, skip_invalid=True)) == [(2, "mira@example.com", "Mira\nVoss")]
    assert list(problems(text)) == [4, 8]


def test_ragged_rows() -> None:
    """Blank rows and columns are skipped, short and long rows are told, and nothing is shifted."""
    text = (
        ",,,\n,email,name,role\n,mira.voss@example.com,Mira Voss,member\n,tomas.lind@example.com,Tomas Lind\n"
        ",late.row@example.com,Late Row,member,admin\n"
    )
    told = problems(text)
    assert told[4] == "has no role (3 cells where the header has 4)"
    assert told[5].startswith("has 5 cells where the header has 4")
    roster = read(text, skip_invalid=True)
    assert people(roster) == [(3, "mira.voss@example.com", "Mira Voss")]
    assert [one.email for one in roster.problems] == ["tomas.lind@example.com", "late.row@example.com"]


def test_rows_without_optional_cells() -> None:
    """A row may end before a column that is not needed; a note counts such rows."""
    roster = read("email,name,role,is_developer\n" + ADA + "bob@example.com,Bob,admin,true\n")
    assert [person.is_developer for person in roster] == [None, True]
    assert roster.notes == ("1 row has fewer cells than the header, none of them needed: line 2",)


def test_cells_without_a_header() -> None:
    """A column of row numbers before the first header is not read; any other value without one is told."""
    roster = read(",email,name,role\n0,ada@example.com,Ada,member\n")
    assert people(roster) == [(2, "ada@example.com", "Ada")]
    assert roster.notes == ("column 1 has no header: not read",)
    assert problems("email,,name,role\nada@example.com,x,Ada,member\n") == {
        2: "has a value in column 2, which has no header"
    }
    assert list(problems("email,name,role,\nada@example.com,Ada,member,x\n")) == [2]


def test_strict_quotes() -> None:
    """Text behind a closed quote makes a bad row, not another name; quotes inside plain text are text."""
    text = (
        HEADER
        + 'a@example.com,"Ada" L,member\nb@example.com,Bob "Bo" B,member\nc@example.com,"C ""x""",member\n'
    )
    told = problems(text)
    assert list(told) == [2]
    assert told[2].startswith("a quote is closed before its cell ends")
    (named,) = refused('name,email,role\n"Ada" L,ada@example.com,member\n').problems
    assert named.email == "ada@example.com"
    assert [person.name for person in read(text, skip_invalid=True)] == ['Bob "Bo" B', 'C "x"']


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEADER + ADA + 'bob@example.com,"Bob', 3),
        (HEADER + ADA + 'bob@example.com,"Bob,member\ncy@example.com,Cy,member\n', 3),
        (HEADER + 'ada@example.com,"Ada\n\nL","member\n', 4),
        ('"email,name,role\nada@example.com,Ada,member\n', 1),
    ],
)
def test_ends_inside_a_quote(text: str, line: int) -> None:
    """A file that ends inside a quote is refused as incomplete, with the quote's line, and gives nobody."""
    for skip_invalid in (False, True):
        error = refused(text, skip_invalid=skip_invalid)
        assert f"is incomplete: it ends inside a quote, opened in line {line}." in str(error)
        assert error.problems == ()


def test_earlier_quote() -> None:
    """Where a wrong quote stands before the one that never ends, its line is told, too."""
    text = HEADER + 'ada@example.com,"Ada" x,member\nbob@example.com,"Bob,member\n'
    assert "The first quote that looks wrong is in line 2." in str(refused(text))


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_marks(mark: bytes, encoding: str) -> None:
    """A byte order mark says the encoding, whatever else is said; without one it is UTF-8."""
    content = mark + (HEADER + "mira@example.com,Míra \U0001f600,member\r\n").encode(encoding)
    for asked in (None, "cp1252") if mark else (None, "utf-8"):
        assert [person.name for person in read(content, encoding=asked)] == ["Míra \U0001f600"]


ANSI = b"email,name,role\r\njuergen.bach@example.com,J\xfcrgen B\xe4ch \x96 Lead,member\r\n"


def test_ansi() -> None:
    """A file in another encoding is refused with line and byte, never guessed, and read with its encoding."""
    error = refused(ANSI)
    assert "is not UTF-8: line 2, byte 44 of the file (0xFC)." in str(error)
    assert "ave as UTF-8, or --encoding cp1252" in str(error)
    assert [person.name for person in read(ANSI, encoding="cp1252")] == ["J\xfcrgen B\xe4ch \u2013 Lead"]
    told = problems(ANSI, encoding="latin-1")
    assert told == {2: "name holds the control character U+0096"}


@pytest.mark.parametrize(
    ("content", "encoding", "said"),
    [
        (
            (HEADER + "a@b.c,José").encode()[:-1],
            None,
            "line 2, byte 26 of the file (0xC3), where it ends inside a",
        ),
        (codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le")[:-1], None, "utf-16-le: line 1"),
        ((HEADER + ADA).encode("utf-16-le"), None, "looks like UTF-16 without a byte order mark"),
        (ANSI + b"\x81", "cp1252", "is not cp1252: line 3"),
        (b"\r\n\r\r\xff", None, "line 4, byte 5 of the file (0xFF)"),
    ],
)
def test_undecodable(content: bytes, encoding: str | None, said: str) -> None:
    """What cannot be decoded is told by line and byte of the file, whichever the encoding."""
    assert said in str(refused(content, encoding=encoding))


def test_utf16_by_name() -> None:
    """An encoding that is said is used: UTF-16 without a mark."""
    assert people(read((HEADER + ADA).encode("utf-16-le"), encoding="utf-16-le")) == [
        (2, "ada@example.com", "Ada")
    ]


@pytest.mark.parametrize("encoding", ["nope", "rot13", "", 5])
def test_unknown_encoding(encoding: object) -> None:
    """An encoding that is none of text is refused before the file is opened."""
    with pytest.raises(InvalidArgumentError, match="is no encoding of text") as caught:
        Roster.read("nowhere.csv", encoding=encoding)  # type: ignore[arg-type]
    assert caught.value.argument == "encoding"


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\x07", "\x7f", "\x85", "\ud800"])
def test_control_characters(letter: str) -> None:
    """A control character or half a character in a cell makes a bad row, but not in one that is not read."""
    text = f"email,name,role,note\nada@example.com,A{letter}B,member,\nbob@example.com,Bob,member,{letter}\n"
    with pytest.raises(RosterError) as caught:
        Roster.read(io.StringIO(text))
    (problem,) = caught.value.problems
    assert (problem.line, problem.email) == (2, "ada@example.com")
    assert f"name holds the control character U+{ord(letter):04X}" in problem.reason


@pytest.mark.parametrize(
    "text",
    [
        "mira.voss@example.com,Mira Voss\r\ntomas.lind@example.com,Tomas Lind\r\n",
        "\ufeffmira.voss@example.com,Mira Voss\r\n",
        "mira.voss@example.com,group_1;group_2,12\ntomas.lind@example.com,,\n",
        "\n,,\nMira <mira@example.com>;Mira;member\n",
        "mvoss,Mira Voss,2024-01-01,hunter2\n",
        "email,mira@example.com\n",
    ],
)
def test_no_header(text: str) -> None:
    """A file without a header is refused as such; its first row is no header, no person, and not quoted."""
    error = refused(text)
    assert "has no header: line " in str(error)
    assert not any(word in str(error) for word in ("mira", "Mira", "hunter2"))


@pytest.mark.parametrize("text", ["", "\n\n", ",,\n;;\n", "\ufeff", "version:v1.0\n"])
def test_empty(text: str) -> None:
    """A file that holds nothing is refused; one that has a header alone is an empty roster."""
    assert "is empty" in str(refused(text))
    assert len(read(HEADER)) == 0


def test_no_person() -> None:
    """Neither a header nor a mark of a program is a person, wherever it stands; notes name these lines."""
    text = (
        "version:v1.0,,\n"
        + HEADER
        + ADA
        + "\ufeffEmail,NAME,role\nversion:v1.0,,\nbob@example.com,Bob,member\n"
    )
    roster = read(text)
    assert [person.name for person in roster] == ["Ada", "Bob"]
    assert [note.split(",")[0].split(" is")[0] for note in roster.notes] == ["line 1", "line 4", "line 5"]


def test_every_bad_row_once() -> None:
    """All bad rows are told at once, each once, with everything that is wrong with it."""
    text = (
        "email,name,role,is_developer,invite_mode\n"
        + "ada@,,boss,maybe,mail\n"
        + "bob@example.com,Bob,member,yes,none\n"
        + ",,,,\n"
        + ",Cy,member,,\n"
        + f"dee@example.com,{'D' * 256},member,,\n"
    )
    told = problems(text)
    assert list(told) == [2, 5, 6]
    for part in ("'ada@' is not an email", "has no name", "role: 'boss'", "is_developer: 'maybe'", "'mail'"):
        assert told[2].count(part) == 1
    assert told[5] == "has no email"
    assert told[6] == "name: has 256 characters; at most 255 are allowed"
    (bob,) = read(text, skip_invalid=True)
    assert (bob.is_developer, bob.invite_mode) == (True, "none")


@pytest.mark.parametrize(
    ("cell", "email"),
    [
        ("Mira <mira@example.com>", "mira@example.com"),
        ("mailto:mira@example.com", "mira@example.com"),
        ("mira@example.com;m@example.com", "mira@example.com"),
        ("mira", None),
    ],
)
def test_address_of_a_bad_row(cell: str, email: str | None) -> None:
    """The address in a bad row is told where one can be read, so that its user is not taken for missing."""
    (problem,) = refused(f'email;name;role\n"{cell}";Mira;member\n').problems
    assert problem.email == email


def test_sources(tmp_path: Path) -> None:
    """A path, a file open for bytes or for text and a nameless one give the same; the name is the source."""
    path = tmp_path / "people.csv"
    path.write_text(HEADER + ADA)
    with path.open("rb") as raw, path.open() as text:
        rosters = [Roster.read(path), Roster.read(str(path)), Roster.read(raw), Roster.read(text)]
    rosters.append(Roster.read(io.StringIO("\ufeff" + HEADER + ADA)))
    assert [roster.source for roster in rosters] == [str(path)] * 4 + [None]
    assert all(roster == rosters[0] and hash(roster) == hash(rosters[0]) for roster in rosters)
    assert repr(rosters[0]) == f"Roster(1 person, {str(path)!r})"


def test_unreadable(tmp_path: Path) -> None:
    """A file that cannot be opened, is no file or is larger than any roster is told as the others are."""
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    for path, said in (
        (tmp_path / "none.csv", "cannot be read"),
        (tmp_path, "cannot be read"),
        (large, "is larger than 64 MiB"),
    ):
        with pytest.raises(RosterError, match=said):
            Roster.read(path)
    for given in (None, 5, b"people.csv"):
        with pytest.raises(InvalidArgumentError, match="expected a path or an open file"):
            Roster.read(given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "format", "said"),
    [
        (b"PK\x03\x04xxxx", "csv", "but Excel or another packed file"),
        (b"PK\x03\x04xxxx", None, "is no Excel file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", None, "old Excel file"),
        (b"PAR1\x00\x00", None, "is a parquet file"),
        (b"\x1f\x8b\x08\x00", "csv", "is packed with gzip"),
        (b"%PDF-1.7", None, "is a PDF"),
    ],
)
def test_other_files(content: bytes, format: str | None, said: str) -> None:
    """A file of another kind is told for what it is."""
    assert said in str(refused(content, format=format))


def test_format() -> None:
    """The format is one of five in any case; another is refused before the file is read."""
    assert people(read("email\tname\trole\na@example.com\tA\tmember\n", format=" TSV "))
    with pytest.raises(InvalidArgumentError) as caught:
        Roster.read("nowhere", format="parquet")
    assert (caught.value.argument, "csv, tsv, json, jsonl, xlsx" in str(caught.value)) == ("format", True)
