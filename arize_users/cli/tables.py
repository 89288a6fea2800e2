"""Tables and panels, drawn with Rich. This module is imported only when a command draws one.

Every text becomes a `rich.text.Text`, so Rich reads no markup in what a server sends.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .terminal import say
from .text import literal

if TYPE_CHECKING:
    from arize_users import BulkUserDeletionResult, User

_GAP = 2
_FIELDS = {
    "id": "ID",
    "name": "Name",
    "email": "Email",
    "status": "Status",
    "role": "Role",
    "is_developer": "Developer",
    "created_at": "Created",
}
"""The fields of a user, and their titles."""
_LEAST = {"Name": 12, "Email": 14, "Role": 9}
"""The widths down to which columns of users may be folded."""
_STYLES = {
    "active": "green",
    "invited": "yellow",
    "expired": "red",
    "deleted": "green",
    "not_found": "yellow",
    "failed": "red",
}


class Canvas(NamedTuple):
    """What a table is drawn for. A width of None sets no limit."""

    width: int | None
    colour: bool
    encoding: str

    @property
    def placeholder(self) -> str:
        """The sign for a missing value."""
        return "—" if self.can_show("—") else "-"

    def can_show(self, text: str) -> bool:
        """Tell whether the encoding has these characters."""
        try:
            text.encode(self.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True


class _Column(NamedTuple):
    """A column. ``least`` is the width down to which it may be folded; None where it may not."""

    title: str
    cells: Sequence[Text]
    least: int | None = None

    @property
    def natural(self) -> int:
        return max(cell_len(self.title), *(cell_len(cell.plain) for cell in self.cells))

    @property
    def smallest(self) -> int:
        return self.natural if self.least is None else min(self.natural, self.least)


class _Fold(NamedTuple):
    """A step to save room: fold a column."""

    title: str


class _Drop(NamedTuple):
    """A step to save room: leave a column out."""

    title: str


# The steps to save room, in this order. Ids and the status of a deletion always stay whole.
_USERS_STEPS = (
    *(_Fold("Name"), _Drop("Developer"), _Drop("Created"), _Fold("Role"), _Fold("Email")),
    *(_Drop("Role"), _Drop("Status"), _Drop("Name"), _Drop("Email")),
)
_DELETIONS_STEPS = (_Fold("Error"), _Fold("Email"), _Drop("Error"))


def users_table(users: Sequence[User], canvas: Canvas) -> str:
    """Draw users, one per line if the width allows."""
    cells = _Cells(canvas, "%Y-%m-%d %H:%M")
    columns = [
        _Column(title, [cells.of(user, field) for user in users], _LEAST.get(title))
        for field, title in _FIELDS.items()
    ]
    widths = _widths(columns, _USERS_STEPS, canvas.width)
    left_out = [one.title for one in columns if one.title not in widths]
    if left_out:
        say(f"note: there is no room for {', '.join(left_out)}; other formats show everything")
    return _drawn(columns, widths, canvas)


def deletions_table(results: Sequence[BulkUserDeletionResult], canvas: Canvas) -> str:
    """Draw the result of each input, in the order given; errors go below a table too narrow for them."""
    cells = _Cells(canvas, "")
    columns = [
        _Column("User ID", [cells.text(result.user_id) for result in results]),
        _Column("Email", [cells.text(result.email) for result in results], 8),
        _Column("Status", [cells.status(result.status) for result in results]),
    ]
    if any(result.error for result in results):
        columns.append(_Column("Error", [cells.text(result.error) for result in results], 30))
    widths = _widths(columns, _DELETIONS_STEPS, canvas.width)
    drawn = _drawn(columns, widths, canvas)
    if len(widths) == len(columns):
        return drawn
    errors = ((result.email or result.user_id or "", result.error) for result in results if result.error)
    return drawn + "".join(f"{literal(named)}: {literal(error)}\n" for named, error in errors)


def user_panel(user: User, canvas: Canvas) -> str:
    """Draw one user in full. The id and a temporary password are never folded."""
    cells = _Cells(canvas, "%Y-%m-%d %H:%M:%S %Z")
    lines = [(title, cells.of(user, field)) for field, title in _FIELDS.items()]
    unbroken = [cells.of(user, "id")]
    if (mode := getattr(user, "invite_mode", None)) is not None:
        lines.append(("Invite mode", cells.text(str(mode))))
    if (password := getattr(user, "temporary_password", None)) is not None:
        lines.append(("Temporary password", cells.text(password)))
        unbroken.append(cells.text(password))
    grid = Table.grid(padding=(0, _GAP))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold", min_width=max(text.cell_len for text in unbroken))
    for label, text in lines:
        grid.add_row(Text(label), text)
    frame = box.ROUNDED if canvas.can_show("╭─│") else box.ASCII
    panel = Panel(grid, box=frame, expand=False, padding=(0, 1))
    # The frame and its padding take four columns.
    beside = max(cell_len(label) for label, _ in lines) + _GAP + 4
    needed = beside + max(text.cell_len for text in unbroken)
    natural = beside + max(text.cell_len for _, text in lines)
    return _printed(panel, _console(canvas, max(needed, canvas.width or natural)))


class _Cells:
    """Makes the texts of cells; a missing value becomes a placeholder."""

    def __init__(self, canvas: Canvas, time_format: str) -> None:
        self._placeholder = canvas.placeholder
        self._time_format = time_format

    def of(self, user: User, field: str) -> Text:
        """Show a field of a user, which the server may have left out."""
        value: Any = getattr(user, field, None)
        if field == "status":
            return self.status(value)
        if field == "role":
            return self.text(None if value is None else str(value.name or value.type or ""))
        if field == "is_developer":
            return self.text(None if value is None else "yes" if value else "no")
        if field == "created_at" and value is not None:
            return self._time(value)
        return self.text(value)

    def text(self, value: str | None, style: str = "") -> Text:
        return Text(literal(value), style) if value else Text(self._placeholder, "dim")

    def status(self, status: str | None) -> Text:
        name = None if status is None else str(status)
        return self.text(name, _STYLES.get(name or "", ""))

    def _time(self, moment: datetime) -> Text:
        try:
            return Text(moment.astimezone().strftime(self._time_format))
        except (OverflowError, ValueError, OSError):  # The local calendar has no such year.
            return Text(moment.isoformat())


def _drawn(columns: Sequence[_Column], widths: Mapping[str, int], canvas: Canvas) -> str:
    """Lay the columns out side by side. No line ends in blanks, which a terminal could wrap."""
    kept = [column for column in columns if column.title in widths]
    console = _console(canvas)
    table: list[Text] = []
    for cells in zip(*([Text(column.title, "bold"), *column.cells] for column in kept), strict=True):
        folded = [
            _folded(cell, widths[column.title], console) for cell, column in zip(cells, kept, strict=True)
        ]
        for parts in itertools.zip_longest(*folded, fillvalue=Text()):
            line = Text()
            for part, column in zip(parts, kept, strict=True):
                line.append_text(part)
                line.append(" " * (widths[column.title] - part.cell_len + _GAP))
            line.rstrip()
            table.append(line)
    return _printed(Text("\n").join(table), console)


def _folded(cell: Text, width: int, console: Console) -> list[Text]:
    return [cell] if cell.cell_len <= width else [*cell.wrap(console, width, overflow="fold")]


def _widths(columns: Sequence[_Column], steps: Sequence[_Fold | _Drop], room: int | None) -> dict[str, int]:
    """Take steps until the columns fit, and give the width of each that stays."""
    kept = {column.title: column for column in columns}
    folded: list[_Column] = []

    def excess(widths: Iterable[int]) -> int:
        return 0 if room is None else sum(widths) + _GAP * (len(kept) - 1) - room

    def fits() -> bool:
        return excess(one.smallest if one in folded else one.natural for one in kept.values()) <= 0

    for step in steps:
        if fits():
            break
        if isinstance(step, _Fold) and step.title in kept:
            folded.append(kept[step.title])
        elif isinstance(step, _Drop):
            kept.pop(step.title, None)
    widths = {title: column.natural for title, column in kept.items()}
    for column in folded:
        if column.title in kept:
            # No more than needed: a column dropped later may have made room again.
            fold = min(excess(widths.values()), column.natural - column.smallest)
            widths[column.title] -= max(0, fold)
    return widths


def _console(canvas: Canvas, columns: int | None = None) -> Console:
    return Console(
        file=io.StringIO(),
        width=columns,
        force_terminal=canvas.colour,
        color_system="standard" if canvas.colour else None,
        no_color=not canvas.colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def _printed(drawing: RenderableType, console: Console) -> str:
    with console.capture() as paper:
        console.print(drawing, soft_wrap=isinstance(drawing, Text))
    return paper.get()
