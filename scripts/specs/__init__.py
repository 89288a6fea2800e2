"""Takes a vendor's OpenAPI document in: read, slice, correct, compare, write."""


class SpecError(Exception):
    """A document, overlay or address that cannot be used; the text says what is wrong and where."""
