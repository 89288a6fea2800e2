"""What to do about an error of the client, in the words of a shell.

The hints of the errors themselves speak to Python programs and are not used. This module imports the
client's errors, so it is itself imported only when there is one.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import arize_users as client

_OPTIONS = {
    "name": "--full-name",
    "user": "USER_ID|EMAIL",
    "user_id": "USER_ID",
    "user_ids": "--id",
    "emails": "--email",
    "id": "--role-id",
}
"""The options that are not called like the parameter of the client that they are passed to."""


def option_for(parameter: str) -> str:
    """Give the name under which the command line takes a parameter of the client."""
    return _OPTIONS.get(parameter, "--" + parameter.replace("_", "-"))


def hint_for(error: client.ArizeError, group: str, arguments: Mapping[str, object]) -> str | None:
    """Say what to do about an error; None where only the general advice applies.

    Args:
        error: The error of the client.
        group: What comes before the name of a command: ``ax users``, or ``arize-users``.
        arguments: The arguments that the command was given.
    """
    if isinstance(error, client.InvalidArgumentError):
        return _argument_hint(error, group, arguments)
    if isinstance(error, client.ConfigurationError):
        return _setting_hint(error)
    if isinstance(error, client.OutcomeUnknownError):
        return (
            f"{_lookup(group, error.email)} shows whether the user exists; if so, delete the user, or have "
            "the password reset once the address is verified."
        )
    if isinstance(error, client.APIError):
        return _doubt_hint(error, group, arguments) or _failure_hint(error, group, arguments)
    return None


def _argument_hint(
    error: client.InvalidArgumentError, group: str, arguments: Mapping[str, object]
) -> str | None:
    """Say where an email address belongs that was given as an id."""
    user_id = str(arguments.get("user_id"))
    if error.argument == "user_id" and "@" in user_id:
        return f"{_lookup(group, user_id)} shows the id."
    if error.argument == "user_ids" and "@" in str(arguments.get("ids")):
        return "Give email addresses with --email."
    return None


def _setting_hint(error: client.ConfigurationError) -> str | None:
    if error.argument == "base_url":
        return "Give --base-url an https:// URL (http:// only for this machine), or sandbox:FILE."
    return f"Correct {error.variable}, or unset it." if error.variable else None


def _doubt_hint(error: client.APIError, group: str, arguments: Mapping[str, object]) -> str | None:
    """Say how to find out about a change that was maybe carried out, and must not simply be repeated."""
    if isinstance(error, client.ResponseDecodeError):
        return "The server did what was asked; only its answer cannot be read."
    if error.maybe_applied and error.operation == "create_user":
        look = _lookup(group, arguments["email"])
        return f"The user may have been created all the same: {look} shows whether the user exists."
    if error.maybe_applied and error.operation in ("resend_user_invitation", "reset_user_password"):
        return "The mail may have been sent: ask the user before sending another."
    return None


def _failure_hint(error: client.APIError, group: str, arguments: Mapping[str, object]) -> str | None:
    has_flag = bool(arguments.get("is_not_developer"))  # Newer deployments take it in an update only.
    match error:
        case client.BadRequestError() | client.UnprocessableEntityError() if has_flag:
            return (
                "This deployment may not take --is-not-developer here: create the user without it, then run "
                f"`{group} update USER_ID --is-not-developer`. --verbose shows what the server answered."
            )
        case client.UnauthorizedError():
            key = "--api-key, ARIZE_API_KEY or the profile"
            return f"Check the API key ({key}) and that it belongs to this endpoint."
        case client.ForbiddenError():
            return "Use the key of an admin, or of a role with the permission."
        case client.NotFoundError():
            return f"Check the id; `{group} list --email PART` finds the user."
        case client.ConflictError():
            look = _lookup(group, arguments.get("email") or "EMAIL")
            return f"{look} shows the user; a blocked one is not shown and cannot return."
        case client.RateLimitError():
            wait = f"Wait {error.retry_after:.0f} s" if error.retry_after else "Wait"
            return f"{wait} and ask again, with fewer requests at once."
        case client.APIConnectionError():
            return "Check the network and the endpoint (--base-url or --region), and try again."
        case client.ServerError() | client.PaginationError():
            return "This is on the server's side: try again later."
    return None


def _lookup(group: str, user: object) -> str:
    return f"`{group} get {shlex.quote(str(user))}`"
