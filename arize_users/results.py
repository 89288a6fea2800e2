"""What bulk operations give: one result for each input."""

from __future__ import annotations

import json
from typing import Any, Protocol

from attrs import frozen

from .enums import DeletionStatus


class _HasDict(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


class Document:
    """Adds `to_json` to a class that has ``to_dict``."""

    __slots__ = ()

    def to_json(self: _HasDict, *, indent: int | None = None) -> str:
        """Give what ``to_dict`` gives, as JSON text.

        Args:
            indent: Spaces for each level; None writes one line.

        Returns:
            The JSON text, in Unicode.
        """
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)


@frozen(kw_only=True)
class BulkUserDeletionResult(Document):
    """What became of one id or email given to ``users.bulk_delete``.

    ``email`` is as the caller spelled it, None for an id; ``user_id`` is None for an email that no
    user has; ``error`` is one line, for ``FAILED`` only.
    """

    user_id: str | None = None
    email: str | None = None
    status: DeletionStatus
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give all four fields.

        Returns:
            The fields by name; those that do not apply are None.
        """
        return {
            "user_id": self.user_id,
            "email": self.email,
            "status": str(self.status),
            "error": self.error,
        }
