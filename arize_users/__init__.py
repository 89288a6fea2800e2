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
        JournalError,
        MissingFieldError,
        NoSandboxError,
        NotFoundError,
        OutcomeUnknownError,
        PaginationError,
        PlanRefusedError,
        RateLimitError,
        ResponseDecodeError,
        RosterError,
        ServerError,
        UnauthorizedError,
        UnprocessableEntityError,
    )
    from .literals import (
        EnumCaseLiteral,
        InviteModeLiteral,
        RegionLiteral,
        UserRoleLiteral,
        UserStatusLiteral,
    )
    from .people import (
        BulkCreateResult,
        BulkGetResult,
        BulkInvitationResult,
        BulkPasswordResetResult,
        BulkProgress,
        BulkUpdateResult,
        NewUser,
        UserUpdate,
    )
    from .results import BulkUserDeletionResult, Outcomes, UserResult, outcomes_of
    from .roster import PlanResult, Report
    from .types import (
        USER_COLUMNS,
        ActionKind,
        ActionStatus,
        AnyCaseText,
        CreatedUser,
        CreationStatus,
        CustomUserRole,
        DeletionStatus,
        InviteMode,
        InviteModeLike,
        LookupStatus,
        Pagination,
        PredefinedUserRole,
        Role,
        RoleLike,
        StatusLike,
        UnknownUserRole,
        User,
        UserPage,
        UserRole,
        UserStatus,
        When,
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
    "ActionKind",
    "ActionStatus",
    "AmbiguousEmailError",
    "AnyCaseText",
    "ArizeClient",
    "ArizeError",
    "AsyncArizeClient",
    "AsyncUsersClient",
    "BadRequestError",
    "BetaWarning",
    "BulkCreateResult",
    "BulkGetResult",
    "BulkInterrupted",
    "BulkInvitationResult",
    "BulkPasswordResetResult",
    "BulkProgress",
    "BulkUpdateResult",
    "BulkUserDeletionResult",
    "ConfigurationError",
    "ConfigurationWarning",
    "ConflictError",
    "CreatedUser",
    "CreationStatus",
    "CustomUserRole",
    "DeletionStatus",
    "EnumCaseLiteral",
    "ForbiddenError",
    "InvalidArgumentError",
    "InviteMode",
    "InviteModeLike",
    "InviteModeLiteral",
    "JournalError",
    "LookupStatus",
    "MissingFieldError",
    "NewUser",
    "NoSandboxError",
    "NotFoundError",
    "OutcomeUnknownError",
    "Outcomes",
    "Pagination",
    "PaginationError",
    "PlanRefusedError",
    "PlanResult",
    "PredefinedUserRole",
    "RateLimitError",
    "RegionLiteral",
    "Report",
    "ResponseDecodeError",
    "Role",
    "RoleLike",
    "RosterError",
    "ServerError",
    "StatusLike",
    "UnauthorizedError",
    "UnknownUserRole",
    "UnprocessableEntityError",
    "User",
    "UserPage",
    "UserResult",
    "UserRole",
    "UserRoleLiteral",
    "UserStatus",
    "UserStatusLiteral",
    "UserUpdate",
    "UsersClient",
    "When",
    "WriteStatus",
    "__version__",
    "assign_custom_role",
    "assign_predefined_role",
    "outcomes_of",
]

_NAMES_BY_HOME = {
    "client": ("ArizeClient", "UsersClient"),
    "async_client": ("AsyncArizeClient", "AsyncUsersClient"),
    "people": (
        "BulkCreateResult",
        "BulkGetResult",
        "BulkInvitationResult",
        "BulkPasswordResetResult",
        "BulkProgress",
        "BulkUpdateResult",
        "NewUser",
        "UserUpdate",
    ),
    "results": ("BulkUserDeletionResult", "Outcomes", "UserResult", "outcomes_of"),
    "roster": ("PlanResult", "Report"),
}


def _home(name: str) -> str:
    for home, names in _NAMES_BY_HOME.items():
        if name in names:
            return home
    if name.endswith("Literal"):
        return "literals"
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
