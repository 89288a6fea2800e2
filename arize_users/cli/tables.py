"""Tables and panels for people. Loads Rich, so it is itself loaded only when asked for.

Every text becomes a `rich.text.Text`, so nothing a server sends is read as markup.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

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
_STYLES = {
    "active": "green",
    "invited": "yellow",
    "expired": "red",
    "deleted": "green",
    "not_found": "yellow",
    "failed": "red",
}


class Canvas(NamedTuple):
    """What is drawn on. Without a width there is as much room as it takes."""

    width: int | None
    colour: bool
    encoding: str

    @property
    def nothing(self) -> str:
        """The sign for an absent value."""
        return "—" if self.can_show("—") else "-"

    def can_show(self, text: str) -> bool:
        """Tell whether the encoding has these characters."""
        try:
            text.encode(self.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True


class _Column(NamedTuple):
    """A column, and the width down to which it may be folded; None for never."""

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
    """A way to save room: fold a column."""

    title: str


class _Drop(NamedTuple):
    """A way to save room: leave a column out."""

    title: str


# What tells least gives way first. An id never does, nor the outcome of a deletion.
_USERS_GIVE_WAY = (
    *(_Fold("Name"), _Drop("Developer"), _Drop("Created"), _Fold("Role"), _Fold("Email")),
    *(_Drop("Role"), _Drop("Status"), _Drop("Name"), _Drop("Email")),
)
_DELETIONS_GIVE_WAY = (_Fold("Error"), _Fold("Email"), _Drop("Error"))


def users_table(users: Sequence[User], canvas: Canvas) -> str:
    """Draw users, one per line where the width allows."""
    shown = _Shown(canvas)

    def column(title: str, cell: Callable[[User], Text], least: int | None = None) -> _Column:
        return _Column(title, [cell(user) for user in users], least)

    columns = [
        column("ID", lambda user: shown.text(user.id)),
        column("Name", lambda user: shown.text(user.name), 12),
        column("Email", lambda user: shown.text(user.email), 14),
        column("Status", lambda user: shown.status(user.status)),
        column("Role", shown.role, 9),
        column("Developer", lambda user: shown.flag(user.is_developer)),
        column("Created", lambda user: shown.minute(user.created_at)),
    ]
    widths = _widths(columns, _USERS_GIVE_WAY, canvas.width)
    left_out = [one.title for one in columns if one.title not in widths]
    if left_out:
        say(f"note: there is no room for {', '.join(left_out)}; other formats show everything")
    return _drawn(columns, widths, canvas)


def deletions_table(results: Sequence[BulkUserDeletionResult], canvas: Canvas) -> str:
    """Draw the outcome of each input, in the order given; errors below where there is no room beside."""
    shown = _Shown(canvas)
    columns = [
        _Column("User ID", [shown.text(result.user_id) for result in results]),
        _Column("Email", [shown.text(result.email) for result in results], 8),
        _Column("Status", [shown.status(result.status) for result in results]),
    ]
    if any(result.error for result in results):
        columns.append(_Column("Error", [shown.text(result.error) for result in results], 30))
    widths = _widths(columns, _DELETIONS_GIVE_WAY, canvas.width)
    drawn = _drawn(columns, widths, canvas)
    if len(widths) == len(columns):
        return drawn
    errors = ((result.email or result.user_id or "", result.error) for result in results if result.error)
    return drawn + "".join(f"{literal(named)}: {literal(error)}\n" for named, error in errors)


def user_panel(user: User, canvas: Canvas) -> str:
    """Draw one user in full. The id and a temporary password are never folded."""
    shown = _Shown(canvas)
    lines = [
        ("ID", shown.text(user.id)),
        ("Name", shown.text(user.name)),
        ("Email", shown.text(user.email)),
        ("Status", shown.status(user.status)),
        ("Role", shown.role(user)),
        ("Developer", shown.flag(user.is_developer)),
        ("Created", shown.second(user.created_at)),
    ]
    unbroken = [shown.text(user.id)]
    if (mode := getattr(user, "invite_mode", None)) is not None:
        lines.append(("Invite mode", shown.text(str(mode))))
    if (password := getattr(user, "temporary_password", None)) is not None:
        lines.append(("Temporary password", shown.text(password)))
        unbroken.append(shown.text(password))
    grid = Table.grid(padding=(0, _GAP))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold", min_width=max(cell_len(text.plain) for text in unbroken))
    for label, text in lines:
        grid.add_row(Text(label), text)
    frame = box.ROUNDED if canvas.can_show("╭─│") else box.ASCII
    panel = Panel(grid, box=frame, expand=False, padding=(0, 1))
    labels = max(cell_len(label) for label, _ in lines)
    # The frame and its padding take four columns.
    needed = labels + _GAP + max(cell_len(text.plain) for text in unbroken) + 4
    room = labels + _GAP + max(cell_len(text.plain) for _, text in lines) + 4
    return _printed(panel, _console(canvas, max(needed, canvas.width or room)))


class _Shown:
    """Values as texts for reading."""

    def __init__(self, canvas: Canvas) -> None:
        self._nothing = canvas.nothing

    def text(self, value: str | None, style: str = "") -> Text:
        return Text(literal(value), style) if value else Text(self._nothing, "dim")

    def status(self, status: str | None) -> Text:
        name = None if status is None else str(status)
        return self.text(name, _STYLES.get(name or "", ""))

    def role(self, user: User) -> Text:
        role = user.role
        return self.text(None if role is None else str(role.name or role.type or ""))

    def flag(self, value: bool | None) -> Text:
        return self.text(None if value is None else "yes" if value else "no")

    def minute(self, moment: datetime | None) -> Text:
        return self._time(moment, "%Y-%m-%d %H:%M")

    def second(self, moment: datetime | None) -> Text:
        return self._time(moment, "%Y-%m-%d %H:%M:%S %Z")

    def _time(self, moment: datetime | None, form: str) -> Text:
        if moment is None:
            return self.text(None)
        try:
            return Text(moment.astimezone().strftime(form))
        except (OverflowError, ValueError, OSError):  # A year that the local calendar cannot say.
            return Text(moment.isoformat())


def _drawn(columns: Sequence[_Column], widths: Mapping[str, int], canvas: Canvas) -> str:
    """Lay the columns out side by side; no line ends in blanks, which could wrap at the edge."""
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


def _widths(
    columns: Sequence[_Column], give_way: Sequence[_Fold | _Drop], room: int | None
) -> dict[str, int]:
    """Give each column that stays its width: the natural one, as far as there is room."""
    kept = {column.title: column for column in columns}
    folded: list[_Column] = []

    def excess(widths: Iterable[int]) -> int:
        return 0 if room is None else sum(widths) + _GAP * (len(kept) - 1) - room

    def fits() -> bool:
        return excess(one.smallest if one in folded else one.natural for one in kept.values()) <= 0

    for step in give_way:
        if fits():
            break
        if isinstance(step, _Fold) and step.title in kept:
            folded.append(kept[step.title])
        elif isinstance(step, _Drop):
            kept.pop(step.title, None)
    widths = {title: column.natural for title, column in kept.items()}
    for column in folded:
        if column.title in kept:
            # No more than needed: what left after it was folded may have made room again.
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
