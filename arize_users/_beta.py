"""The one warning that the users functions are in beta."""

from __future__ import annotations

import os
import warnings

from .errors import BetaWarning

SILENCED_BY = "ARIZE_DISABLE_PRERELEASE_WARNINGS"

# Emptied by the first use. No lock, which a fork could leave held in the child.
_to_give = [True]


def announce(*, stacklevel: int) -> None:
    """Warn on the first use in this process; ``stacklevel`` counts from the caller, as in `warnings`."""
    if not _to_give:
        return
    try:
        _to_give.pop()
    except IndexError:  # Another thread was first.
        return
    if os.environ.get(SILENCED_BY, "").strip().lower() not in ("1", "true", "yes", "on"):
        warnings.warn(
            "the users functions are in beta and may change without notice "
            f"(silence this with {SILENCED_BY}=1)",
            BetaWarning,
            stacklevel=stacklevel + 1,
        )
