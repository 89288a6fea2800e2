"""People in bulk: who is to be created or changed, what became of each, and how far a call is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from .enums import CreationStatus, LookupStatus, WriteStatus
from .results import UserResult

if TYPE_CHECKING:
    from .types import CreatedUser, InviteModeLike, RoleLike, User


@frozen(kw_only=True)
class NewUser:
    """Someone to be created, for ``users.bulk_create`` and for a `Roster`. It is checked where it is used.

    Args:
        email: The address.
        name: 1 to 255 characters.
        role: admin, member or annotator in any case, or the result of a role builder.
        invite_mode: As for ``users.create``.
        is_developer: As for ``users.create``. Where a deployment does not take it there, the user is created
            without and updated after.
    """

    email: str
    name: str
    role: RoleLike
    invite_mode: InviteModeLike = "email_link"
    is_developer: bool | None = None


@frozen(kw_only=True)
class UserUpdate:
    """A change of one user, for ``users.bulk_update``; at least one field besides the user is given.

    Args:
        user: A user's id, an email address, or a `User`.
        name: As for ``users.update``.
        is_developer: As for ``users.update``.
    """

    user: str | User
    name: str | None = None
    is_developer: bool | None = None


@frozen(kw_only=True)
class BulkCreateResult(UserResult):
    """What became of one `NewUser` given to ``users.bulk_create``.

    Args:
        status: What became of it; see `CreationStatus`.
        user: The user as the server answered, or as a look-up found who has the address; None where nobody
            was seen. Left out of the repr, since it may hold a temporary password.
        differences: Where a user who was there before is not as asked for, by field: what is. None under
            ``temporary_password`` says that none was issued.
    """

    status: CreationStatus
    user: CreatedUser | User | None = field(default=None, repr=False)
    differences: Mapping[str, Any] = field(factory=dict, hash=False)

    @property
    def temporary_password(self) -> str | None:
        """The password that was issued, once; a secret."""
        return getattr(self.user, "temporary_password", None)

    def to_dict(self) -> dict[str, Any]:
        """Give all fields, but no temporary password.

        Returns:
            The fields by name.
        """
        user = None if self.user is None else self.user.to_dict()
        if user is not None:
            user.pop("temporary_password", None)
        found = {name: value for name, value in self.differences.items() if name != "role"}
        if "role" in self.differences:
            found["role"] = self.differences["role"].to_dict()
        return super().to_dict() | {"user": user, "differences": found}


@frozen(kw_only=True)
class BulkUpdateResult(UserResult):
    """What became of one `UserUpdate` given to ``users.bulk_update``; ``user`` is the user as it is now."""

    status: WriteStatus
    user: User | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give all fields.

        Returns:
            The fields by name.
        """
        return super().to_dict() | {"user": None if self.user is None else self.user.to_dict()}


@frozen(kw_only=True)
class BulkInvitationResult(UserResult):
    """What became of one user given to ``users.bulk_resend_invitation``."""

    status: WriteStatus


@frozen(kw_only=True)
class BulkPasswordResetResult(UserResult):
    """What became of one user given to ``users.bulk_reset_password``."""

    status: WriteStatus


@frozen(kw_only=True)
class BulkGetResult(UserResult):
    """What became of one user given to ``users.bulk_get``; ``user`` is who was found."""

    status: LookupStatus
    user: User | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give all fields.

        Returns:
            The fields by name.
        """
        return super().to_dict() | {"user": None if self.user is None else self.user.to_dict()}


@frozen(kw_only=True)
class BulkProgress:
    """How far a bulk operation is. Fields may be added.

    Args:
        phase: What is being done, in a word or two: "looking up", "deleting".
        done: How many are done in this phase.
        total: How many there are; None where that is not known.
        waiting_until: Until when a rate limit keeps everyone waiting, in UTC; None where none does.
    """

    phase: str
    done: int
    total: int | None = None
    waiting_until: datetime | None = None
