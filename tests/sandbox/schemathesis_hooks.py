"""What the sandbox refuses and JSON Schema cannot say, kept out of the generated requests."""

from __future__ import annotations

from typing import Any

import schemathesis

from arize_users.sandbox.checks import make_cursor, read_cursor
from arize_users.sandbox.messages import RefusalError


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Replace invented cursors by one that the server could have given out."""
    cursor = (case.query or {}).get("cursor")
    if not isinstance(cursor, str):
        return
    try:
        read_cursor(cursor)
    except RefusalError:
        case.query["cursor"] = make_cursor(0, 0)
