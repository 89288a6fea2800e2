"""Takes a vendor's OpenAPI document in: read, slice, correct, compare, write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class SpecError(Exception):
    """A document, overlay or address that cannot be used; the text says what is wrong and where.

    `details` is what else is known of it, for who asks.
    """

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.details = details


@contextmanager
def errors_in(name: str) -> Iterator[None]:
    """Put a document's name before the text of each error."""
    try:
        yield
    except SpecError as error:
        raise SpecError(f"{name}: {error}", error.details) from error
