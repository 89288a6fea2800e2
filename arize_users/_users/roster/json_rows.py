"""Reads people from JSON and JSON Lines: objects with a value for each column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .separated import count_line_ends
from .tables import Row, Table, Typed, refused

_NEEDED = ("email", "name", "role")
_CUT_TEXT = re.compile(r'"([^"\\]|\\.)*+\\?\Z', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
_SHAPE = 'Give a list of objects, or {"users": [...]} as `ax users list -o json` writes it.'


class _Document(dict[str, Any]):
    """An object of JSON that knows which of its keys it has twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        keys = [key.strip().casefold() for key, _ in pairs]
        self.twice = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]


_DECODER = json.JSONDecoder(object_pairs_hook=_Document)


class _Text:
    """A text of JSON that is read piece by piece, so that each piece has its line."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._place = 0
        self._counted = 0
        self._line = 1

    def peek(self) -> str:
        """Give the next character that is no blank, or an empty text."""
        found = _SPACE.match(self._text, self._place)
        self._place = found.end() if found else self._place
        return self._text[self._place : self._place + 1]

    def take(self, marks: str) -> str:
        """Take one of several marks."""
        found = self.peek()
        if not found or found not in marks:
            raise self.flaw(f"expected {' or '.join(marks)}")
        self._place += 1
        return found

    def value(self) -> Any:
        """Take a whole value."""
        self.peek()
        try:
            found, self._place = _DECODER.raw_decode(self._text, self._place)
        except json.JSONDecodeError as error:
            is_cut = _CUT_TEXT.match(self._text, error.pos)
            self._place = len(self._text) if is_cut else error.pos
            raise self.flaw(error.msg) from None
        except RecursionError:
            raise self.flaw("it is nested too deeply") from None
        except ValueError as error:  # Such as a number of too many digits.
            raise self.flaw(str(error)) from None
        return found

    @property
    def line(self) -> int:
        """The line of the next character that is no blank."""
        self.peek()
        self._line += count_line_ends(self._text, self._counted, self._place)
        self._counted = self._place
        return self._line

    def flaw(self, what: str) -> Exception:
        """Make the error of a text that is no JSON."""
        if not self._text[self._place :].strip():
            return refused(self._name, f"is incomplete: it ends in line {self.line}", "Get the whole file.")
        return refused(self._name, f"is no JSON: line {self.line}: {what}")


def read_json(text: str, name: str) -> Table:
    """Read people from JSON.

    Raises:
        RosterError: It is no JSON, ends too early, or holds something else.
    """
    reader, documents, is_partial = _Text(text, name), list[tuple[int, Any]](), False
    if reader.peek() == "[":
        documents = list(_elements(reader))
    elif reader.peek() == "{":
        keys, others = [], dict[str, Any]()
        for key in _keys(reader):
            if key in keys:
                raise reader.flaw(f"it has {key!r} twice")
            keys.append(key)
            if key == "users" and reader.peek() == "[":
                documents = list(_elements(reader))
            else:
                others[key] = reader.value()
        if "users" not in keys or "users" in others:
            found = ", ".join(keys) or "nothing"
            raise refused(name, f"is an object without a list of users; it has {found}", _SHAPE)
        pagination = others.get("pagination")
        is_partial = isinstance(pagination, dict) and pagination.get("has_more") is True
    else:
        raise refused(name, "is no list of people" if reader.peek() else "is empty", _SHAPE)
    if reader.peek():
        raise reader.flaw("something stands behind the end")
    table = _table(name, "json", documents)
    table.is_partial = is_partial
    if is_partial:
        table.notes.append("the list goes on beyond this file (has_more): it does not hold everybody")
    return table


def _elements(reader: _Text) -> Iterator[tuple[int, Any]]:
    reader.take("[")
    if reader.peek() == "]":
        reader.take("]")
        return
    while True:
        yield reader.line, reader.value()
        if reader.take(",]") == "]":
            return


def _keys(reader: _Text) -> Iterator[str]:
    reader.take("{")
    if reader.peek() == "}":
        reader.take("}")
        return
    while True:
        key = reader.value()
        if not isinstance(key, str):
            raise reader.flaw("expected the name of a field in quotes")
        reader.take(":")
        yield key
        if reader.take(",}") == "}":
            return


def read_json_lines(text: str, name: str) -> Table:
    """Read people from JSON Lines: one object a line.

    Raises:
        RosterError: The last line ends too early.
    """
    documents: list[tuple[int, Any]] = []
    unread: dict[int, str] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            documents.append((number, _DECODER.decode(line)))
        except (ValueError, RecursionError) as error:
            if number == len(lines):
                raise refused(
                    name, f"is incomplete: it ends inside line {number}", "Get the whole file."
                ) from None
            what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            documents.append((number, line))
            unread[number] = f"is no JSON: {what}"
    return _table(name, "jsonl", documents, unread)


def _table(name: str, kind: str, documents: list[tuple[int, Any]], unread: Mapping[int, str] = {}) -> Table:
    if not documents:
        return Table(name, kind, [*_NEEDED], 1, [])
    names: dict[str, str] = {}
    flat = [_flat(document) for _, document in documents]
    for row in flat:
        for key in row:
            names.setdefault(key.strip().casefold(), key)
    rows = []
    for (line, document), fields in zip(documents, flat, strict=True):
        by_name = {key.strip().casefold(): value for key, value in fields.items()}
        cells = [_cell(by_name.get(folded)) for folded in names]
        rows.append(Row(line, cells, document, unread.get(line) or _flaw(document)))
    return Table(name, kind, [*names.values()] or [*_NEEDED], documents[0][0], rows)


def _flaw(document: Any) -> str | None:
    if not isinstance(document, _Document):
        return "is no object"
    return f"has a field twice: {', '.join(document.twice)}" if document.twice else None


def _flat(document: Any) -> dict[str, Any]:
    """Give the fields of an object; those of a role stand beside them."""
    fields: dict[str, Any] = {}
    if isinstance(document, dict):
        for key, value in document.items():
            if key.strip().casefold() == "role" and isinstance(value, dict):
                fields |= {f"role_{name}": value.get(name) for name in ("type", "name", "id")}
            else:
                fields[key] = value
    return fields


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return Typed(str(value).lower(), "true or false")
    if isinstance(value, int | float):
        return Typed(str(value), "a number")
    return Typed(json.dumps(value, ensure_ascii=False), "a list" if isinstance(value, list) else "an object")
