"""The one warning that the users functions are in beta."""

from __future__ import annotations

import os
import threading
import warnings

from .errors import BetaWarning

SILENCED_BY = "ARIZE_DISABLE_PRERELEASE_WARNINGS"

_once = threading.Lock()
_given = False


def announce(*, stacklevel: int) -> None:
    """Warn on the first use in this process; ``stacklevel`` counts from the caller, as in `warnings`."""
    global _given
    if _given:
        return
    with _once:
        if _given:
            return
        _given = True
    if os.environ.get(SILENCED_BY, "").strip().lower() not in ("1", "true", "yes", "on"):
        warnings.warn(
            "the users functions are in beta and may change without notice "
            f"(silence this with {SILENCED_BY}=1)",
            BetaWarning,
            stacklevel=stacklevel + 1,
        )
