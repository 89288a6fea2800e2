"""A client for the users of an Arize account, for code (`ArizeClient`) and for shells (``ax users``)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .async_client import AsyncArizeClient, AsyncUsersClient
    from .client import ArizeClient, UsersClient
    from .errors import (
        AmbiguousEmailError,
        APIConnectionError,
        APIError,
        APIStatusError,
        APITimeoutError,
        ArizeError,
        BadRequestError,
        BetaWarning,
        BulkInterrupted,
        ConfigurationError,
        ConfigurationWarning,
        ConflictError,
        ForbiddenError,
        InvalidArgumentError,
        MissingFieldError,
        NotFoundError,
        OutcomeUnknownError,
        PaginationError,
        RateLimitError,
        ResponseDecodeError,
        ServerError,
        UnauthorizedError,
        UnprocessableEntityError,
    )
    from .results import BulkUserDeletionResult, Outcomes, UserResult, outcomes_of
    from .types import (
        USER_COLUMNS,
        CreatedUser,
        CustomUserRole,
        DeletionStatus,
        InviteMode,
        Pagination,
        PredefinedUserRole,
        UnknownUserRole,
        User,
        UserPage,
        UserRole,
        UserStatus,
        WriteStatus,
        assign_custom_role,
        assign_predefined_role,
    )

__all__ = [
    "USER_COLUMNS",
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AmbiguousEmailError",
    "ArizeClient",
    "ArizeError",
    "AsyncArizeClient",
    "AsyncUsersClient",
    "BadRequestError",
    "BetaWarning",
    "BulkInterrupted",
    "BulkUserDeletionResult",
    "ConfigurationError",
    "ConfigurationWarning",
    "ConflictError",
    "CreatedUser",
    "CustomUserRole",
    "DeletionStatus",
    "ForbiddenError",
    "InvalidArgumentError",
    "InviteMode",
    "MissingFieldError",
    "NotFoundError",
    "OutcomeUnknownError",
    "Outcomes",
    "Pagination",
    "PaginationError",
    "PredefinedUserRole",
    "RateLimitError",
    "ResponseDecodeError",
    "ServerError",
    "UnauthorizedError",
    "UnknownUserRole",
    "UnprocessableEntityError",
    "User",
    "UserPage",
    "UserResult",
    "UserRole",
    "UserStatus",
    "UsersClient",
    "WriteStatus",
    "__version__",
    "assign_custom_role",
    "assign_predefined_role",
    "outcomes_of",
]

_HOMES = {
    "ArizeClient": "client",
    "UsersClient": "client",
    "AsyncArizeClient": "async_client",
    "AsyncUsersClient": "async_client",
    "BulkUserDeletionResult": "results",
    "Outcomes": "results",
    "UserResult": "results",
    "outcomes_of": "results",
}


def _home(name: str) -> str:
    if name in _HOMES:
        return _HOMES[name]
    return "errors" if name.endswith(("Error", "Warning", "Interrupted")) else "types"


def __getattr__(name: str) -> object:
    # Lazy, because `ax --help`, the sandbox and the pytest plugin, which are part of this package, do
    # without httpx.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_home(name)}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
