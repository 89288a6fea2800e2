"""Reports errors to people: a line of what happened, a line of what to do, and an exit code.

The hints of the client's own errors speak to Python programs. Here are others, in the words of a shell.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import arize_users as client
from arize_users._streams import visible

from .errors import NO_SUCH_USER, REFUSED, SETTINGS, UNREACHED, UNWRITTEN, USAGE, CommandError
from .settings import Settings
from .terminal import say
from .text import in_shell_words

HIDDEN = "[hidden]"
_SHORTEST_SECRET = 6
"""Hiding anything shorter would blank out half of every message."""
_PASSWORD = re.compile(r'("temporary_?password"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}]+)', re.IGNORECASE)
_OPTIONS = {
    "name": "--full-name",
    "user": "USER_ID|EMAIL",
    "user_id": "USER_ID|EMAIL",
    "user_ids": "--id",
    "emails": "--email",
    "id": "--role-id",
    "columns": "--map",
    "max_concurrency": "--concurrency",
}
"""The options that are not called like the parameter of the client that they are passed to."""

_HINTED = ("keep", "max_removals", "columns", "encoding")
"""The parameters whose hints are true in a shell, too."""
_CHECK_KEY = (
    "Check the API key (--api-key, ARIZE_API_KEY or the profile) and that it belongs to this endpoint."
)
_PROBLEM = frozenset({"title", "status", "detail", "type", "instance", "error_code"})
"""The members of a problem document: its message says the first three, and no person needs the others."""


@dataclass
class Reporter:
    """Reports the errors of one command.

    Args:
        command: The command as it was called: ``ax users get``.
        arguments: What the command was given.
        verbose: Whether to show all that is known of an error.
        settings: The settings, once they are known.
    """

    command: str
    arguments: Mapping[str, object]
    verbose: bool
    settings: Settings | None = None

    @property
    def group(self) -> str:
        """What comes before the command's name: ``ax users``, or ``arize-users``."""
        return self.command.rpartition(" ")[0]

    def redacted(self, text: str) -> str:
        """Take the secrets out of a text: passwords, and the key, which a server's answer may quote."""
        text = _PASSWORD.sub(rf'\1"{HIDDEN}"', text)
        key = self.settings.api_key if self.settings else None
        return text.replace(key, HIDDEN) if key and len(key) >= _SHORTEST_SECRET else text

    def command_error(self, error: CommandError) -> int:
        """Report an error of the command line, and give its exit code."""
        self._say([error.message, *error.more], error.hint or f"`{self.command} --help` shows how.")
        return error.exit_code

    def client_error(self, error: client.ArizeError) -> int:
        """Report an error of the client, and give the exit code for it."""
        messages, code = [error.message], _exit_code(error)
        if isinstance(error, client.ConfigurationError):
            if self.settings and not error.variable:
                in_profile = self.settings.in_profile(error.argument, error.message)
                if in_profile is not None:
                    return self.command_error(in_profile)
            source = error.variable or (self.settings and self.settings.source(error.argument))
            messages, code = [_labelled(source, error.message)], SETTINGS
        elif isinstance(error, client.InvalidArgumentError):
            # Each bad entry of several on a line of its own.
            messages = [_labelled(_option(one.argument), one.message) for one in (error, *error.others)]
            code = USAGE
        rows: Sequence[str] = ()
        if isinstance(error, client.RosterError):
            first, *rows = error.message.split("\n")
            messages = [first]
        elif isinstance(error, client.PlanRefusedError) and error.refusals:
            messages = [f"refused: {in_shell_words(one.message)}" for one in error.refusals]
        elif isinstance(error, client.JournalError) and is_unwritable(error):
            code = UNWRITTEN
        self._say(messages, in_shell_words(self._hint(error)), rows)
        if self.verbose:
            say(*map(self.redacted, _details(error)))
        return code

    def _say(self, messages: Sequence[str], hint: str, rows: Sequence[str] = ()) -> None:
        lines = *(f"error: {message}" for message in messages), *rows, f"hint: {hint}"
        say(*map(self.redacted, lines))

    def _hint(self, error: client.ArizeError) -> str:
        """Say what to do about an error of the client."""
        match error:
            case client.PlanRefusedError() if error.refusals:
                return " ".join(dict.fromkeys(one.remedy for one in error.refusals))
            case (
                client.RosterError()
                | client.PlanRefusedError()
                | client.JournalError()
                | client.AmbiguousEmailError()
            ) if error.hint:
                return error.hint
            case client.InvalidArgumentError() if error.hint and (
                error.argument in _HINTED or "\uff20" in error.message  # A wide @, which no address has.
            ):
                return error.hint
            case client.InvalidArgumentError():
                return f"`{self.command} --help` shows how."
            case client.ConfigurationError(argument="base_url"):
                return "Give --base-url an https:// URL (http:// only for this machine), or sandbox:FILE."
            case client.ConfigurationError(argument="api_key"):
                return error.hint or ""
            case client.ConfigurationError(variable=str(variable)) if not variable.startswith("--"):
                return f"Correct {variable}, or unset it."
            case client.ConfigurationError():
                return f"`{self.command} --help` shows the settings."
            case client.OutcomeUnknownError():
                return self._found_out
            case client.APIError(maybe_applied=True) if self._name != "delete":
                return self.find_out()
            case client.APIError() if hint := self._failure_hint(error):
                return hint
        return self._answer_hint(error) or "Check the endpoint (--base-url or --region)."

    def _answer_hint(self, error: client.ArizeError) -> str | None:
        """Point at the server's answer, where it says more than the error does."""
        if not _says_more(getattr(error, "body", b"")):
            return None
        below = "What the server answered is below."
        return below if self.verbose else "--verbose shows what the server answered."

    def find_out(self) -> str:
        """Say that a change was maybe carried out, and how to find out."""
        may_have = {
            "create": "The user may have been created all the same: ",
            "update": "The user may have been changed all the same: ",
        }
        return may_have.get(self._name, "The mail may have been sent: ") + self._found_out

    @property
    def _name(self) -> str:
        return self.command.rpartition(" ")[2]

    @property
    def _found_out(self) -> str:
        if self._name == "update":
            return f"{self._lookup(self.arguments['user_id'])} shows the user as it is."
        if self._name != "create":
            return "ask the user before sending another."
        look = f"{self._lookup(self.arguments['email'])} shows whether the user exists"
        if self.arguments["invite_mode"] != client.InviteMode.TEMPORARY_PASSWORD:
            return f"{look}."
        mends = ", ".join(self._mends.values())
        return f"{look}. If so, {mends}. Deleting would block the address for good."

    @property
    def _mends(self) -> Mapping[str, str]:
        """How a user of each status comes to a password."""
        user_id = shlex.quote(str(self.arguments.get("user_id", "USER_ID")))
        return {
            "invited": f"`{self.group} resend-invitation {user_id}` mails an invited one a link",
            "active": f"`{self.group} reset-password {user_id}` mails an active one a link",
            "expired": f"`{self.group} create` invites an expired one anew",
        }

    def _failure_hint(self, error: client.APIError) -> str | None:
        match error:
            case client.APIStatusError() | client.ResponseDecodeError() if _is_foreign(error):
                hint = self._endpoint_hint(error)
                return f"{hint} {_CHECK_KEY}" if isinstance(error, client.UnauthorizedError) else hint
            case client.BadRequestError() | client.UnprocessableEntityError():
                return self._refused_hint(error)
            case client.UnauthorizedError():
                return _CHECK_KEY
            case client.ForbiddenError():
                return error.hint
            case client.NotFoundError(operation="create_user") if self.arguments.get("role_id") is not None:
                return "Check --role-id: the account has no custom role of this id."
            case client.NotFoundError(operation="list_users" | "create_user"):
                return self._endpoint_hint(error)
            case client.NotFoundError():
                look = f"`{self.group} list --email PART`"
                return f"Check the id; {look} finds the user, or says that the key may not read."
            case client.ConflictError():
                look = self._lookup(self.arguments.get("email") or "EMAIL")
                return f"{look} shows the user; a blocked one is not shown and cannot return."
            case client.RateLimitError():
                wait = f"Wait {error.retry_after:.0f} s" if error.retry_after else "Wait"
                return f"{wait} and ask again, with fewer requests at once."
            case client.APIConnectionError():
                return "Check the network and the endpoint (--base-url or --region), and try again."
            case client.ServerError() | client.PaginationError():
                return "This is on the server's side: try again later."
        return None

    def _endpoint_hint(self, error: client.APIError) -> str:
        source = f", which is from {self.settings.endpoint_from}" if self.settings else ""
        if client.errors.has_version(error.base_url):
            return f"Leave /v2 out of the endpoint{source}: each path begins with it."
        return f"Check the endpoint{source} (--base-url or --region)."

    def _refused_hint(self, error: client.APIStatusError) -> str:
        """Say what to do about a 400 or 422."""
        seen = self._answer_hint(error)
        mends = self._mends
        if "is_developer" in (error.hint or ""):  # Newer deployments take it in an update only.
            return (
                "This deployment may not take --is-not-developer here: create the user without it, then "
                f"run `{self.group} update USER_ID --is-not-developer`. {seen or ''}".rstrip()
            )
        if error.hint and error.operation == "resend_user_invitation":
            return f"Only an invited user is sent an invitation: {mends['active']}, {mends['expired']}."
        if error.hint and error.operation == "reset_user_password":
            return f"Only an active user with a password is sent one: {mends['invited']}, {mends['expired']}."
        return seen or f"Correct what the server names; `{self.command} --help` shows the options."

    def _lookup(self, user: object) -> str:
        return f"`{self.group} get {shlex.quote(str(user))}`"


def is_unwritable(error: client.JournalError) -> bool:
    """Tell whether the operating system refused a file, other than by the lock of another run."""
    cause = error.__cause__
    return isinstance(cause, OSError) and not isinstance(cause, BlockingIOError)


def _exit_code(error: client.ArizeError) -> int:
    match error:
        # Any other 404 came from something between, or is about a path or a role.
        case client.NotFoundError(is_about_user=True):
            return NO_SUCH_USER
        case client.APIConnectionError(sent=False, maybe_applied=False):
            return UNREACHED
    return REFUSED


def _is_foreign(error: client.APIStatusError | client.ResponseDecodeError) -> bool:
    """Tell whether the endpoint is to be looked at: not for a failure or a limit, which pass."""
    if isinstance(error, client.ServerError | client.RateLimitError):
        return False
    return isinstance(error, client.ResponseDecodeError) or error.is_about_route or not error.is_from_api


def _option(argument: str | None) -> str | None:
    """Give the option that a parameter of the client is passed from."""
    return argument and _OPTIONS.get(argument, "--" + argument.replace("_", "-"))


def _labelled(label: str | None, message: str) -> str:
    return f"{label}: {message}" if label else message


def _details(error: client.ArizeError) -> list[str]:
    """Give what is known of the request and its answer, one thing per line."""
    found = {
        "method": getattr(error, "method", None),
        "path": getattr(error, "path", None),
        "status": getattr(error, "status_code", None),
        "request id": getattr(error, "request_id", None),
        "cause": repr(error.__cause__) if error.__cause__ is not None else None,
    }
    lines = [f"  {name}: {value}" for name, value in found.items() if value is not None]
    body = getattr(error, "body", None)
    return lines if body is None else [*lines, f"  body: {_one_line(body)}"]


def _says_more(body: bytes) -> bool:
    """Tell whether the body of an answer says more than what the message of an error is made of."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return bool(body.strip())
    return not isinstance(document, dict) or not document.keys() <= _PROBLEM


def _one_line(body: bytes) -> str:
    """Give a body on one line, without its layout where it is JSON."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return visible(body.decode("utf-8", "backslashreplace"))
