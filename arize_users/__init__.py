"""A client for the users of an Arize account, for code (`ArizeClient`) and for shells (``ax users``)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .async_client import AsyncArizeClient, AsyncUsersClient
    from .client import ArizeClient, UsersClient
    from .errors import (
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
    from .types import (
        USER_COLUMNS,
        BulkUserDeletionResult,
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
        assign_custom_role,
        assign_predefined_role,
    )

__all__ = [
    "USER_COLUMNS",
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
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
    "UserRole",
    "UserStatus",
    "UsersClient",
    "__version__",
    "assign_custom_role",
    "assign_predefined_role",
]

_CLIENTS = {
    "ArizeClient": "client",
    "UsersClient": "client",
    "AsyncArizeClient": "async_client",
    "AsyncUsersClient": "async_client",
}


def _home(name: str) -> str:
    if name in _CLIENTS:
        return _CLIENTS[name]
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
