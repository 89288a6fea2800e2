"""Creates a user as asked for, also where a deployment does not take all of it at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from .._core.effects import Flow
from ..enums import UserStatus, WriteStatus
from ..errors import ArizeError, ConfigurationError
from ..types import CreatedUser, User
from .arguments import as_sent
from .operations import Operations
from .outcomes import Record, one_line
from .records import Creation, update_record
from .roster.comparison import role_key


def create_whole(
    operations: Operations,
    creation: Creation,
    record: Record,
    settle: Callable[[CreatedUser, str | None], None],
) -> Flow[None]:
    """Create a user, and set is_developer by an update where the deployment does not take it on create.

    Args:
        operations: Those of the client.
        creation: Who is to be created.
        record: The record of the create.
        settle: Settles it by the user, and by why is_developer is not as asked for, None where it is. It is
            called when the create was answered, before any other request, and again after the update.
    """
    user = yield from operations.create_adapted(creation, record)
    if not operations.is_developer_missing(creation, user):
        settle(user, None)
        return
    is_developer = creation.is_developer
    missing = (
        f"The user is created, but is_developer is not set: users.update(user_id={user.id!r}, "
        f"is_developer={is_developer}) sets it."
    )
    settle(user, missing)
    try:
        change = operations.change(user_id=user.id, name=None, is_developer=is_developer)
        changed = yield from operations.update_recorded(change, update_record(WriteStatus.DONE))
    except ConfigurationError:
        raise
    except ArizeError as error:
        settle(user, f"{missing} {one_line(error)}")
    else:
        user = copy.copy(user)
        vars(user)["is_developer"] = getattr(changed, "is_developer", is_developer)
        settle(user, None)


def differences(creation: Creation, user: User) -> Mapping[str, Any]:
    """Tell in what a user who was there before is not as asked for: by field, what is.

    A field that the server leaves out is not compared. Who was to log in at once, and is invited, differs in
    ``status``; who was to get a temporary password, in that.
    """
    body, shown, flag = creation.request.body or {}, vars(user), creation.is_developer
    found: dict[str, Any] = {}
    if "name" in shown and as_sent(user.name) != body["name"]:
        found["name"] = user.name
    if "role" in shown and role_key(body["role"]) != role_key(user.role.to_dict()):
        found["role"] = user.role
    if flag is not None and shown.get("is_developer", flag) is not flag:
        found["is_developer"] = user.is_developer
    if shown.get("status") != UserStatus.ACTIVE:
        if body["invite_mode"] == "none" and "status" in shown:
            found["status"] = user.status
        elif body["invite_mode"] == "temporary_password":
            found["temporary_password"] = None
    return found
