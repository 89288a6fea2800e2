"""`Roster`: the people whom an account is to have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from ...errors import InvalidArgumentError
from ...people import NewUser
from ...types import CustomUserRole
from .. import arguments as check
from ..addresses import identity_key
from .alike import alike_notes, duplicates
from .entries import Entry, Reading, RowProblem
from .files import File, format_to_write, write_to
from .persons import checked_person
from .plan_text import counted
from .writing import table_bytes

if TYPE_CHECKING:
    from .rejects import Rejects


class Roster:
    """The people whom an account is to have, checked; `Roster.read` takes them from a file.

    Two rosters are equal where they have the same people, in the same order and with the same statuses.

    Args:
        people: The people, in any iterable. Nobody may be in it twice, in whichever spelling of the address.

    Attributes:
        entries: The people, with their lines. Names are without blanks around them and in NFC, as they are
            sent.
        problems: The rows that were skipped, where that was asked for.
        inactive: Those whom the file itself calls inactive, with the column and value that say so; nothing
            is done for them.
        notes: What a reader should know: columns kept out, look-alikes, sheets not read.
        source: The file's name; None where there is none.
        mentioned: What the file names anywhere, also in rows that were skipped and columns that are not
            read: keys of addresses, and ids of our own export. Who is named is not missing.
        is_partial: Whether the file itself says that it does not hold everybody, as one page of a list does.

    Raises:
        InvalidArgumentError: Somebody cannot be created as given; all of them are told at once.
    """

    entries: tuple[Entry, ...]
    problems: tuple[RowProblem, ...]
    inactive: tuple[tuple[Entry, str], ...]
    notes: tuple[str, ...]
    source: str | None
    mentioned: frozenset[str] = frozenset()
    is_partial: bool = False

    def __init__(self, people: Iterable[NewUser]) -> None:
        found: dict[int, NewUser] = {}
        problems: dict[int, str] = {}
        for index, person in enumerate(check.items(people, "people")):
            try:
                found[index] = checked_person(person)
            except InvalidArgumentError as error:
                problems[index] = error.message
        addresses = [(index, person.email) for index, person in found.items()]
        for index, told in duplicates(addresses, lambda index: f"people[{index}]").items():
            problems[index] = f"is the same person as {told}"
        check.refuse(
            [
                InvalidArgumentError(problem, argument="people", index=index)
                for index, problem in sorted(problems.items())
            ]
        )
        self._fill(
            Reading(
                source=None,
                entries=[Entry(person=person) for person in found.values()],
                notes=alike_notes([(f"people[{index}]", address) for index, address in addresses]),
                mentioned={identity_key(address) for _, address in addresses},
            )
        )

    @classmethod
    def read(
        cls,
        path_or_file: File,
        *,
        columns: Mapping[str, str] | None = None,
        encoding: str | None = None,
        format: str | None = None,
        include_inactive: bool = False,
        skip_invalid: bool = False,
    ) -> Self:
        """Read people from CSV, TSV, JSON, JSON Lines or Excel.

        The columns ``email``, ``name`` and ``role`` (or ``role_name``; of a custom role ``role_id``) are
        needed, ``is_developer`` and ``invite_mode`` may be left out; their case and order do not matter.
        Other columns are not read, and ``notes`` names them. A file that ``write``, ``write_users`` or
        ``ax users list`` wrote is read back exactly.

        Args:
            path_or_file: A path, or a file open for bytes or for text. At most 64 MiB.
            columns: For fields of a person the file's own headers, such as
                ``{"email": "userPrincipalName"}``.
            encoding: The encoding of a text without a byte order mark; UTF-8 where it is left out.
            format: csv, tsv, json, jsonl or xlsx; left out, the name's extension says it, or else the
                file's beginning.
            include_inactive: Take those, too, whom a column such as ``Status``, ``accountEnabled`` or
                ``suspended`` calls inactive. Otherwise they are in ``inactive``.
            skip_invalid: Leave out rows that cannot be used: they are in ``problems`` then, and the roster
                does not go with ``remove_missing``.

        Returns:
            The roster.

        Raises:
            RosterError: The file is no roster, or rows of it cannot be used: all of them are told at once,
                with their lines.
            InvalidArgumentError: An argument cannot be right.
        """
        from .reading import read_people  # Who reads no file need not wait until this is loaded.

        roster = cls.__new__(cls)
        roster._fill(
            read_people(
                path_or_file,
                columns=columns,
                encoding=encoding,
                format=format,
                include_inactive=check.flag(include_inactive, "include_inactive"),
                skip_invalid=check.flag(skip_invalid, "skip_invalid"),
            )
        )
        return roster

    def _fill(self, reading: Reading) -> None:
        self.entries = tuple(reading.entries)
        self.problems = tuple(reading.problems)
        self.inactive = tuple(reading.inactive)
        self.notes = tuple(reading.notes)
        self.source = reading.source
        self.mentioned = frozenset(reading.mentioned)
        self.is_partial = reading.is_partial
        self._rejects = reading.rejects

    @property
    def rejects(self) -> Rejects | None:
        """The rows that were skipped, as they stand in the file; None where there is no file."""
        return self._rejects

    def write(self, path_or_file: File, *, format: str | None = None) -> None:
        """Write the people as a file that `Roster.read` reads back exactly.

        A cell of CSV or TSV that a spreadsheet would run has an apostrophe before it, which `Roster.read`
        takes away. Who is in ``problems`` or ``inactive`` is not written.

        Args:
            path_or_file: A path, which is written whole or not at all, or a file open for bytes or for text.
            format: csv, tsv, json, jsonl or xlsx; left out, the path's extension says it.

        Raises:
            InvalidArgumentError: The format is none of these, or is not said.
            ImportError: openpyxl, which Excel needs, is not installed; the extra ``excel`` brings it.
            OSError: The file cannot be written.
        """
        kind = format_to_write(format, path_or_file)
        rows = [_row(entry) for entry in self.entries]
        columns = [name for name in _COLUMNS if name in _ALWAYS or any(row[name] for row in rows)]
        if "role_id" in columns or "status" in columns:  # By these the role and the status are known.
            columns.insert(columns.index("role") + 1, "role_type")
        write_to(path_or_file, table_bytes(kind, columns, rows))

    def write_rejects(self, path_or_file: File) -> int:
        """Write the rows that were skipped, as they stand in the file, to be mended and read again.

        Args:
            path_or_file: A path, or a file open for bytes or for text; see `Rejects.write`.

        Returns:
            How many rows were written. Where there are none, nothing is.

        Raises:
            InvalidArgumentError: The path is that of the file itself, or its name asks for another format.
            OSError: The file cannot be written.
        """
        return 0 if self._rejects is None else self._rejects.write(path_or_file)

    def __iter__(self) -> Iterator[NewUser]:
        return (entry.person for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Roster):
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash(tuple(_compared(self)))

    def __repr__(self) -> str:
        people = counted(len(self), "person", "people")
        skipped = f", {len(self.problems):,} skipped" if self.problems else ""
        inactive = f", {len(self.inactive):,} inactive" if self.inactive else ""
        source = "" if self.source is None else f", {self.source!r}"
        return f"Roster({people}{skipped}{inactive}{source})"


_ALWAYS = ("email", "name", "role", "is_developer", "invite_mode")
_COLUMNS = ("email", "name", "role", "role_id", "is_developer", "invite_mode", "status")


def _compared(roster: Roster) -> list[tuple[NewUser, str | None]]:
    return [(entry.person, entry.status) for entry in roster.entries]


def _row(entry: Entry) -> dict[str, Any]:
    person = entry.person
    role = person.role
    role_id = role.id if isinstance(role, CustomUserRole) else None
    return {
        "email": person.email,
        "name": person.name,
        "role": None if isinstance(role, str) or role.name is None else str(role.name),
        "role_type": "custom" if role_id else "predefined",
        "role_id": role_id,
        "is_developer": person.is_developer,
        "invite_mode": str(person.invite_mode),
        "status": entry.status,
    }
