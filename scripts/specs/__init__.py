"""Takes a vendor's OpenAPI document in: read, slice, correct, compare, write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class SpecError(Exception):
    """A document, overlay or address that cannot be used; the text says what is wrong and where."""


@contextmanager
def errors_in(name: str) -> Iterator[None]:
    """Put a document's name before the text of each error."""
    try:
        yield
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error
