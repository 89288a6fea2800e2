"""What the columns of a file are: fields of a person, marks of who is inactive, secrets, or not ours."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import define, field

from ...errors import InvalidArgumentError, RosterError
from .tables import Row, Table, Typed, shown

FIELDS = ("email", "name", "role", "role_name", "role_id", "role_type", "is_developer", "invite_mode")
_NEEDED = {"email": ("email",), "name": ("name",), "role": ("role", "role_name", "role_id")}
_OPTIONAL = "is_developer, invite_mode may be left out; a custom role is role_id"
_OUR_OWN = frozenset({"id", "status", "created_at", "created"})
# The last two stand in empty rows, and where files with headers were joined.
_OUR_STATUSES = frozenset({"active", "invited", "expired", "inactive", "", "status"})
_SECRET = re.compile(
    "password|passwort|passwd|passphrase|passcode|kennwort|motdepasse|contrase|wachtwoord|senha|parola|pwd"
    "|secret(?!ar)|token|(?<!block)credential|apikey|privatekey|(^|user|initial|temp)(pass|pw|pin|otp)$"
)
_STATE = re.compile("(status|state)$")
_IS_ACTIVE = re.compile(
    "(is)?(account|user|login|employee|worker|konto)?(is)?"
    "(enabled|active|aktiv|aktiviert|actif|activo|ativo|attivo|actief)(status|flag)?"
)
_IS_INACTIVE = re.compile(
    "(is|has|been|was|account|user)*"
    "(suspended|deactivated|deleted|disabled|inactive|blocked|terminated|archived|deprovisioned|removed|revoked"
    "|banned|(soft)?deletion|deactivation|suspension|termination|block(credentials?|signin)|signinblocked)"
    "(at|on|date|time|datetime|timestamp|since|reason)?"
)
_INACTIVE = re.compile(
    r"\b(deactivated|deleted|suspended|disabled|inactive|blocked|deprovisioned|terminated|archived|removed|revoked"
    r"|banned|offboarded|departed|resigned|retired|dismissed|expired|cancell?ed|false|closed|leaver"
    r"|deaktiviert|gesperrt|inaktiv|ausgeschieden|ausgetreten|inacti(f|vo|ef)|inativo|inattivo|(not|no|non)\b.*\b(active|enabled))\b|\A(left|former)\Z"
)
_NO = frozenset({"false", "no", "n", "0", "f", "off", "0.0", "falsch", "nein", "faux", "non", "falso", "não"})
_NO |= {"onwaar", "nee", "falskt", "nej", "fałsz", "nie"}
_NOTHING = _NO | {"never", "0000-00-00", "none", "null", "nil", "-", "n/a", "na", "active", "enabled"}
_KNOWN_VALUE = re.compile(rf"({_INACTIVE.pattern})|true|yes|y|1|{'|'.join(_NOTHING)}|invited|pending|staged|")
_LETTER = r"""[^\s@<>()\[\],;:"|]"""
_ADDRESS = re.compile(rf"(?<!{_LETTER}){_LETTER}++@{_LETTER}++")
# In a text, an address may stand in single quotes, beside another, or at the end of a sentence.
_INNER_LETTER = r"""[^\s@<>()\[\],;:"|'`/&={}]"""
_INNER_ADDRESS = re.compile(rf"(?<!{_INNER_LETTER}){_INNER_LETTER}++@{_INNER_LETTER}++")
_NUMBER = re.compile(r"[\d.,:/+()\s-]*\d[\d.,:/+()\s-]*")
_MAX_VALUES = 6


def letters(header: str) -> str:
    """Give the letters and digits of a header, in lower case."""
    return "".join(letter for letter in header.casefold() if letter.isalnum())


def as_field(header: str) -> str:
    """Write a header as the fields are written: in lower case, with _ between its words."""
    return re.sub(r"[\s_-]+", "_", header.strip("\ufeff \t\r\n\xa0").casefold())


def _plain(header: str) -> str:
    return " ".join(header.replace("\ufeff", "").split()).casefold()


def checked_columns(columns: Mapping[str, str] | None) -> dict[str, str]:
    """Check which field of a person is read from which header.

    Raises:
        InvalidArgumentError: A field is none of ours, or a header is no text, or one of a password.
    """
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        raise InvalidArgumentError(
            f"expected a mapping of fields to headers, got {type(columns).__name__}", argument="columns"
        )
    problems = []
    checked: dict[str, str] = {}
    for name, header in columns.items():
        key = as_field(name) if isinstance(name, str) else ""
        if key not in FIELDS:
            problems.append(f"{name!r} is no field of a person")
        elif not isinstance(header, str) or not header.strip():
            problems.append(f"the header for {key} is {header!r}, which no column has")
        elif _is_secret(header):
            problems.append(f"the header for {key} names a column of secrets, which is never read")
        else:
            checked[key] = header
    if problems:
        raise InvalidArgumentError(
            "; ".join(problems), argument="columns", hint=f"The fields are {', '.join(FIELDS)}."
        )
    return checked


def known_counter(columns: Mapping[str, str]) -> Callable[[list[str]], int]:
    """Give a function that counts the texts of a header that name a field of a person."""
    mapped = {_plain(header) for header in columns.values()}
    return lambda header: sum(as_field(one) in FIELDS or _plain(one) in mapped for one in header)


def _is_secret(header: str) -> bool:
    return _SECRET.search(letters(header)) is not None


@define
class Layout:
    """Which column of a file is what.

    Args:
        fields: The place of each field of a person that the file has.
        width: How many columns there are, up to the last that has a header.
        first: The place of the first column that has a header.
        headless: The places of columns without one.
        secrets: The places of columns that may hold passwords: they are never read.
        marks: The columns that say who is inactive: their place, and a function that reads a value.
        status: The place of the status in our own export.
        ids: The place of the id in our own export.
        unread: The places of other columns with a header.
    """

    header: Sequence[str]
    fields: dict[str, int] = field(factory=dict)
    width: int = 0
    first: int = 0
    headless: Sequence[int] = ()
    secrets: list[int] = field(factory=list)
    marks: dict[int, Callable[[str], bool]] = field(factory=dict)
    status: int | None = None
    ids: int | None = None
    unread: list[int] = field(factory=list)

    def cell(self, row: Row, name: str) -> str:
        """Give the text of a field in a row; empty where the file or the row has none."""
        return self.at(row, self.fields.get(name))

    def at(self, row: Row, place: int | None) -> str:
        """Give the text at a place of a row; empty where there is none."""
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def inactivity(self, row: Row) -> str | None:
        """Say which column calls a person inactive, and how; None where none does."""
        for place, is_inactive in self.marks.items():
            value = self.at(row, place)
            if value and is_inactive(value):
                return f"{shown(self.header[place])} is {self.told(value)}"
        return None

    def told(self, value: str) -> str:
        """Write a value of a mark in a message.

        In a file with passwords, one may stand in a wrong column: only known values are quoted.
        """
        if self.secrets and not _KNOWN_VALUE.fullmatch(value.casefold()):
            return "another value"
        return shown(value) or "empty"

    def addresses(self, row: Row, *, is_shifted: bool) -> list[str]:
        """Give everything in a row that looks like an address, but not what may be a password.

        Args:
            row: The row.
            is_shifted: Whether its cells may stand in other columns than their own.
        """
        if is_shifted:
            texts = [row.source] if isinstance(row.source, str) else row.cells
            return [] if self.secrets else [found for text in texts for found in addresses_in(text)]
        return [
            found
            for place, cell in enumerate(row.cells)
            if place not in self.secrets
            for found in addresses_in(cell)
        ]


def addresses_in(text: str) -> list[str]:
    """Give everything in a text that may be meant as an address: rather too much than too little."""
    if "@" not in text:
        return []
    found = [*_ADDRESS.findall(text), *_INNER_ADDRESS.findall(text)]
    return [*dict.fromkeys([*found, *(one.strip("'.!?*") for one in found)])]


def layout_of(table: Table, columns: Mapping[str, str]) -> Layout:
    """Tell what each column of a file is.

    Raises:
        RosterError: The file has no header, or its columns are not those of a roster; one message says all.
    """
    header = table.header
    has_known = known_counter(columns)(header) > 0
    if any(_ADDRESS.search(one) or (not has_known and _NUMBER.fullmatch(one)) for one in header):
        raise RosterError(
            f"{table.name} has no header: line {table.header_line} holds what a row of people does",
            hint="Put a first line before it that names the columns, such as email,name,role.",
        )
    named = [place for place, one in enumerate(header) if one.strip("\ufeff ")]
    layout = Layout(header, width=max(named, default=-1) + 1, first=min(named, default=0))
    layout.headless = [place for place in range(layout.width) if place not in named]
    problems = _find_fields(layout, columns)
    _sort_rest(layout, named, table)
    missing = [
        name
        for name, fields in _NEEDED.items()
        if not any(one in layout.fields or one in problems for one in fields)
    ]
    if missing or problems:
        raise _foreign(table, layout, missing, problems)
    return layout


def _find_fields(layout: Layout, columns: Mapping[str, str]) -> dict[str, str]:
    """Find the columns of the fields; give what is wrong with them, by field."""
    problems: dict[str, str] = {}
    for name in FIELDS:
        if mapped := columns.get(name):
            places = [place for place, one in enumerate(layout.header) if _plain(one) == _plain(mapped)]
            if not places:
                problems[name] = f"no column {shown(mapped)!r}, from which {name} is to be read"
        else:
            places = [place for place, one in enumerate(layout.header) if as_field(one) == name]
        if len(places) > 1:
            numbers = " and ".join(str(place + 1) for place in places)
            problems[name] = f"more than one column for {name}: columns {numbers}"
        elif places:
            layout.fields[name] = places[0]
    return problems


def _sort_rest(layout: Layout, named: Iterable[int], table: Table) -> None:
    names = {as_field(one): place for place, one in enumerate(layout.header)}
    is_ours = (
        "status" in names
        and ("role_type" in names or "role_name" in names or {"id", "created_at"} <= names.keys())
        and all(layout.at(row, names["status"]).casefold() in _OUR_STATUSES for row in table.rows)
    )
    for place in named:
        if place in layout.fields.values():
            continue
        name = as_field(layout.header[place])
        if is_ours and name in _OUR_OWN:
            layout.status = place if name == "status" else layout.status
            layout.ids = place if name == "id" else layout.ids
        elif _is_secret(layout.header[place]):
            layout.secrets.append(place)
            continue
        else:
            layout.unread.append(place)
        if mark := inactivity_mark(layout.header[place]):
            layout.marks[place] = _not_ours(mark) if place == layout.status else mark


def _not_ours(mark: Callable[[str], bool]) -> Callable[[str], bool]:
    """Make an exception for the status of an invitation that was not taken in time: nobody left."""
    return lambda value: value.casefold() != "expired" and mark(value)


def inactivity_mark(header: str) -> Callable[[str], bool] | None:
    """Give the function that reads a column which says who is inactive; None for any other column.

    It tells of a value, such as ``DEPROVISIONED``, whether it calls a person inactive.
    """
    outside, _, inside = header.partition("[")
    for name in map(letters, (header, outside, inside)):
        if _IS_ACTIVE.fullmatch(name):
            return lambda value: value.casefold() in _NO or _says_inactive(value)
        if _STATE.search(name):
            return _says_inactive
        if _IS_INACTIVE.fullmatch(name):
            return lambda value: value.casefold() not in _NOTHING
    return None


def _says_inactive(value: str) -> bool:
    return _INACTIVE.search(value.casefold().replace("_", " ")) is not None


def unread_note(table: Table, layout: Layout) -> str | None:
    """Name the columns that are not read, those that say who is inactive with their values."""
    if not layout.unread and not layout.secrets:
        return None
    return f"columns not read: {_named(table, layout, layout.unread)}"


def _named(table: Table, layout: Layout, places: Iterable[int]) -> str:
    names = []
    for place in places:
        values = f" ({_values(table, layout, place)})" if place in layout.marks else ""
        names.append(f"{shown(layout.header[place])}{values}")
    if layout.secrets:
        names.append(f"{len(layout.secrets)} that may hold secrets")
    return ", ".join(names)


def _values(table: Table, layout: Layout, place: int) -> str:
    # Where a row has a cell too many, another column's text may stand here.
    counts = Counter(
        layout.told(row.cells[place])
        for row in table.rows
        if place < len(row.cells) and not (row.is_blank or row.flaw or any(row.cells[len(table.header) :]))
    )
    told = [f"{value} {count:,}" for value, count in counts.most_common(_MAX_VALUES)]
    if len(counts) > _MAX_VALUES:
        told.append(f"{len(counts) - _MAX_VALUES:,} other values")
    return ", ".join(told) or "no rows"


def _foreign(
    table: Table, layout: Layout, missing: Sequence[str], problems: Mapping[str, str]
) -> RosterError:
    """Make the one error of a file whose columns are not those of a roster."""
    listed = " or ".join(filter(None, [", ".join(missing[:-1]), *missing[-1:]]))
    lacks = [f"no column for {listed}"] if missing else []
    places = [place for place, one in enumerate(layout.header) if one and place not in layout.secrets]
    lines = [
        f"{table.name} has {'; '.join([*lacks, *problems.values()])}",
        f"  its columns: {_named(table, layout, places)}",
        f"  needed:      email, name, role ({_OPTIONAL})",
    ]
    notes = [f"  note:        {note}" for note in table.notes]
    return RosterError("\n".join([*lines, *notes]), hint=_advice(table, layout, [*missing, *problems]))


def _advice(table: Table, layout: Layout, missing: Sequence[str]) -> str | None:
    if below := next((row.line for row in table.rows[:_MAX_ABOVE] if _is_header(row)), None):
        return f"Line {below} looks like the header: delete what stands above it."
    advice = []
    found = {name: _likely(table, layout, name) for name in missing if name in _LIKELY}
    maps = {name: header for name, header in found.items() if header}
    if maps:
        options = " ".join(f"--map {shlex.quote(f'{name}={header}')}" for name, header in maps.items())
        advice.append(f"{options} (in code, columns=) reads what is there")
    halves = [one for one in layout.header if _HALVES.fullmatch(letters(one.partition("[")[0]))]
    if "name" in missing and "name" not in maps and len(halves) > 1:
        both = " and ".join(shown(one) for one in halves)
        advice.append(f"a name is one column: join {both} into one that is called name")
    if "role" in missing and "role" not in maps:
        advice.append(
            "a role has to be given for each person: a column role with admin, member or annotator, "
            "or role_id with the id of a custom role"
        )
    text = "; ".join(advice)
    return f"{text}." if text else None


def _is_header(row: Row) -> bool:
    return known_counter({})(row.cells) > 1 and not any(map(_ADDRESS.search, row.cells))


_MAX_ABOVE = 20
_HALVES = re.compile("(first|last|given|sur|family|fore|f|l)name|first|last|vorname|nachname")
_LIKELY = {
    "email": "email emailaddress mail userprincipalname upn primaryemail workemail useremail login username",
    "name": "displayname fullname name commonname cn realname",
    "role": "role userrole accountrole roles accessrole rolle",
}
_ROLES = frozenset({"admin", "member", "annotator"})


def _likely(table: Table, layout: Layout, name: str) -> str | None:
    """Find a column that looks like a field which the file lacks: by its header and by all of its values."""

    def looks(value: str) -> bool:
        if isinstance(value, Typed) or not value:
            return not value and name != "name"
        if name == "email":
            return _ADDRESS.fullmatch(value) is not None
        return "@" not in value if name == "name" else value.casefold() in _ROLES

    rows = [row for row in table.rows if not row.is_blank]
    likely = _LIKELY[name].split()
    places = [
        place
        for place in layout.unread
        if (name == "email" or letters(layout.header[place]) in likely)
        and list(map(_plain, layout.header)).count(_plain(layout.header[place])) == 1
    ]
    places.sort(key=lambda place: _rank(letters(layout.header[place]), likely))
    for place in places:
        texts = [layout.at(row, place) for row in rows]
        if any(texts) and all(map(looks, texts)):
            return layout.header[place]
    return None


def _rank(header: str, likely: Sequence[str]) -> int:
    return likely.index(header) if header in likely else len(likely)
