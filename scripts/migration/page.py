"""The tables of docs/coming-from-arize.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coming-from-arize.md"


class Row(NamedTuple):
    """What the page says of some names of Arize's packages: "same", "renamed to" names of ours, or "gone"."""

    names: list[str]
    verdict: str
    here: list[str]
    note: str


def tables(first: str) -> Iterator[list[str]]:
    """Give the cells of each row of the tables whose first column has a title."""
    is_inside = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            is_inside = False
        elif cells[0] == first:
            is_inside = True
        elif is_inside and set(cells[0]) != {"-"}:
            yield cells


def rows() -> Iterator[Row]:
    """Give what the page says of each name."""
    for names, verdict, note in tables("in Arize's"):
        words, _, rest = verdict.partition("`")
        yield Row(spans(names), words.strip(), spans(f"`{rest}") if rest else [], note)


class Difference(NamedTuple):
    """An expression that has another value here, and one that has the value of Arize's client here."""

    expression: str
    theirs: str
    ours: str
    instead: str | None


def differences() -> Iterator[Difference]:
    """Give what the page says has another value."""
    for cells in tables("expression"):
        expression, theirs, ours, *instead = [span for cell in cells for span in spans(cell)]
        yield Difference(expression, theirs, ours, instead[0] if instead else None)


def search() -> str:
    """Give the command that finds such expressions."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("```sh\n")
    return rest.partition("\n```")[0]


def spans(cell: str) -> list[str]:
    """Give what a cell has in backticks."""
    return re.findall(r"`([^`]+)`", cell)
