"""What to do about a refusal of the API, where that differs from the advice of its kind of error."""

from __future__ import annotations

from collections.abc import Mapping

from .._core.retry import Failure

_ADVICE: Mapping[tuple[str, int | None], str] = {
    ("list_users", 403): "Use the key of an admin or a member, or of a role with USER_READ.",
    ("create_user", 403): "Use the key of an admin, or of a role with USER_CREATE.",
    ("update_user", 403): (
        "Use the key of an admin; to change the name alone, a role with USER_UPDATE will do."
    ),
    ("delete_user", 403): (
        "Use the key of an admin, or of a role with USER_DELETE. Nobody can delete themselves: where this is "
        "the user of the key, use the key of another admin."
    ),
    ("resend_user_invitation", 403): "Use the key of an admin, or of a role with USER_CREATE.",
    ("reset_user_password", 403): "Use the key of an admin, or of a role with USER_UPDATE.",
    ("delete_user", 400): (
        "Check the id. Nobody can delete themselves: where this is the user of the key, use the key of "
        "another admin."
    ),
    ("resend_user_invitation", 400): (
        "Only an invited user is sent an invitation, and nobody where SSO is enforced: users.create invites "
        "an expired one anew, users.reset_password mails an active one a link."
    ),
    ("reset_user_password", 400): (
        "Only an active user with a password is mailed a link, and nobody who logs in by SSO: "
        "users.resend_invitation mails an invited one, users.create invites an expired one anew."
    ),
}


def advice(failure: Failure) -> str | None:
    """Say what to do about a refusal of the API; None where its kind of error says it."""
    request, status = failure.request, failure.api_status
    if (request.operation, status) == ("create_user", 404):
        role = (request.body or {})["role"]
        return (
            f"Check the id of the custom role, {role['id']!r}: the account has none of this id."
            if "id" in role
            else "Check base_url: it may lead to another API."
        )
    return _ADVICE.get((request.operation, status))
