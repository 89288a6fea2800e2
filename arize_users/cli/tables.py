"""Tables and panels, drawn with Rich. This module is imported only when a command draws one.

Every text becomes a `rich.text.Text`, so Rich reads no markup in what a server sends.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from arize_users._streams import escaped, visible

from .terminal import say
from .text import local_time

if TYPE_CHECKING:
    from arize_users import User, UserResult

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
"""The fields of a user that are shown, and their titles."""
_TITLES = _FIELDS | {"role_type": "Role type", "role_name": "Role name", "role_id": "Role ID"}
"""All that can be asked for."""
_LEAST = {"Name": 12, "Email": 14, "Role": 9}
"""The widths down to which columns of users may be folded."""
_STYLES = {
    "active": "green",
    "invited": "yellow",
    "expired": "red",
    "deleted": "green",
    "not_found": "yellow",
    "failed": "red",
    "unknown": "red",
    "not_attempted": "yellow",
}
_SIGNS = {"- ": 31, "+ ": 32, "~ ": 33, "! ": 35}
"""The colours of what a plan removes, invites, changes, and cannot do."""
# To save room, each of these is folded if it may be and is not yet, else left out, in this order. Ids and
# the status of a result always stay whole.
_USERS_STEPS = ("Name", "Developer", "Created", "Role", "Email", "Role", "Status", "Name", "Email")
_RESULTS_STEPS = ("Error", "Email", "Error")


class _Column(NamedTuple):
    """A column. ``least`` is the width down to which it may be folded; None where it may not."""

    title: str
    cells: Sequence[Text]
    least: int | None = None

    @property
    def natural(self) -> int:
        return max(cell_len(self.title), *(cell.cell_len for cell in self.cells))

    @property
    def smallest(self) -> int:
        return self.natural if self.least is None else min(self.natural, self.least)


class Canvas(NamedTuple):
    """Draws for one output. A width of None sets no limit."""

    width: int | None
    colour: bool
    encoding: str

    def users_table(self, users: Sequence[User], fields: Sequence[str] | None = None) -> str:
        """Draw users, one per line; in full, one below the other, where not even their emails have room."""
        titles = _FIELDS if fields is None else {field: _TITLES[field] for field in fields}
        columns = [
            _Column(title, [self._cell(user, field) for user in users], _LEAST.get(title))
            for field, title in titles.items()
        ]
        widths = _widths(columns, _USERS_STEPS, self.width)
        left_out = [one.title for one in columns if one.title not in widths]
        if "Email" in left_out or not widths:
            return "\n".join(self._user_lines(user, titles) for user in users)
        if left_out:
            say(f"note: there is no room for {', '.join(left_out)}; other formats show everything")
        return self._drawn(columns, widths)

    def results_table(self, results: Sequence[UserResult]) -> str:
        """Draw the result of each input, in the order given; errors go below a table too narrow for them."""
        columns = [
            _Column("User ID", [self._text(result.user_id) for result in results]),
            _Column("Email", [self._text(result.email) for result in results], 8),
            _Column("Status", [self._status(result.status) for result in results]),
        ]
        if any(result.error for result in results):
            columns.append(_Column("Error", [self._text(result.error) for result in results], 30))
        widths = _widths(columns, _RESULTS_STEPS, self.width)
        drawn = self._drawn(columns, widths)
        if len(widths) == len(columns):
            return drawn
        errors = ((one.email or one.user_id or "", one.error) for one in results if one.error)
        return drawn + "".join(f"{visible(named)}: {visible(error)}\n" for named, error in errors)

    def settings_table(self, rows: Sequence[Mapping[str, str | None]]) -> str:
        """Draw settings, one per row."""
        columns = [
            _Column(title.capitalize(), [self._text(row[title]) for row in rows], 12) for title in rows[0]
        ]
        return self._drawn(columns, _widths(columns, ("Source", "Value"), self.width))

    def lines(self, lines: Iterable[str]) -> str:
        """Draw lines of text, those that a sign begins in its colour."""
        drawn = []
        for line in map(visible, lines):
            style = _SIGNS.get(line.lstrip()[:2]) if self.colour else None
            drawn.append(f"\x1b[{style}m{line}\x1b[0m\n" if style else f"{line}\n")
        return "".join(drawn)

    def _user_lines(self, user: User, titles: Mapping[str, str]) -> str:
        return "".join(f"{title}: {self._cell(user, field).plain}\n" for field, title in titles.items())

    def user_panel(self, user: User) -> str:
        """Draw one user in full. The id and a temporary password are never folded."""
        lines = {title: self._cell(user, field) for field, title in _FIELDS.items()}
        whole = ["ID"]
        if (mode := getattr(user, "invite_mode", None)) is not None:
            lines["Invite mode"] = self._text(str(mode))
        if (password := getattr(user, "temporary_password", None)) is not None:
            lines["Temporary password"] = self._text(password)
            whole.append("Temporary password")
        unbroken = max(lines[label].cell_len for label in whole)
        grid = Table.grid(padding=(0, _GAP))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold", min_width=unbroken)
        for label, text in lines.items():
            grid.add_row(Text(label), text)
        # The frame and its padding take four columns.
        beside = max(map(len, lines)) + _GAP + 4
        natural = beside + max(text.cell_len for text in lines.values())
        frame = box.ROUNDED if self._has_unicode else box.ASCII
        panel = Panel.fit(grid, box=frame, padding=(0, 1))
        return _printed(panel, self._console(max(beside + unbroken, self.width or natural)))

    @property
    def _has_unicode(self) -> bool:
        return self.encoding.lower().startswith("utf")

    def _cell(self, user: User, field: str) -> Text:
        """Show a field of a user, which the server may have left out."""
        value: Any = user.to_row()[field] if field.startswith("role_") else getattr(user, field, None)
        if value is None or field == "status":
            return self._status(value)
        if field == "role":
            return self._text(value.name or value.type)
        if field == "is_developer":
            return self._text("yes" if value else "no")
        if field == "created_at":
            return self._text(local_time(value))
        return self._text(value)

    def _status(self, status: str | None) -> Text:
        return self._text(status, _STYLES.get(status or "", ""))

    def _text(self, value: str | None, style: str = "") -> Text:
        if not value:
            return Text("—" if self._has_unicode else "-", "dim")
        # What the encoding lacks is escaped before the layout, which counts each escape's letters.
        return Text(escaped(visible(value), self.encoding), style)

    def _drawn(self, columns: Sequence[_Column], widths: Mapping[str, int]) -> str:
        """Lay the columns out side by side, in a sixth of the time that Rich's own tables take."""
        kept = [column for column in columns if column.title in widths]
        console = self._console(sum(widths.values()) + _GAP * len(widths))
        lines: list[Text] = []
        for cells in zip(*([Text(column.title, "bold"), *column.cells] for column in kept), strict=True):
            folded = [
                _folded(cell, widths[column.title], console) for cell, column in zip(cells, kept, strict=True)
            ]
            for parts in itertools.zip_longest(*folded, fillvalue=Text()):
                line = Text()
                for part, column in zip(parts, kept, strict=True):
                    line.append_text(part)
                    line.append(" " * (widths[column.title] - part.cell_len + _GAP))
                # A terminal could wrap a line that ends in blanks.
                line.rstrip()
                lines.append(line)
        return _printed(Text("\n").join(lines), console)

    def _console(self, width: int) -> Console:
        # A size that is left out Rich takes from the environment, and at width 0 it draws nothing. On the
        # height nothing depends.
        return Console(
            file=io.StringIO(),
            width=width,
            height=25,
            force_jupyter=False,
            force_terminal=self.colour,
            color_system="standard" if self.colour else None,
            no_color=not self.colour,
            legacy_windows=False,
        )


def _folded(cell: Text, width: int, console: Console) -> list[Text]:
    return [cell] if cell.cell_len <= width else [*cell.wrap(console, width, overflow="fold")]


def _printed(drawing: Text | Panel, console: Console) -> str:
    with console.capture() as drawn:
        console.print(drawing, soft_wrap=isinstance(drawing, Text))
    return drawn.get()


def _widths(columns: Sequence[_Column], steps: Sequence[str], room: int | None) -> dict[str, int]:
    """Take steps until the columns fit, and give the width of each that stays."""
    kept = {column.title: column for column in columns}
    foldable = [column.title for column in columns if column.least is not None]
    folded: list[str] = []

    def excess(widths: Iterable[int]) -> int:
        return 0 if room is None else sum(widths) + _GAP * (len(kept) - 1) - room

    for title in steps:
        if excess(one.smallest if one.title in folded else one.natural for one in kept.values()) <= 0:
            break
        if title in foldable:
            foldable.remove(title)
            folded.append(title)
        else:
            kept.pop(title, None)
    widths = {title: column.natural for title, column in kept.items()}
    for title in folded:
        if title in kept:
            # No more than needed: a column dropped later may have made room again.
            fold = min(excess(widths.values()), widths[title] - kept[title].smallest)
            widths[title] -= max(0, fold)
    return widths
