"""The one error of this package."""


class SpecError(Exception):
    """A document, overlay or address that cannot be used; the text says what is wrong and where."""
