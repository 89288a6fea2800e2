"""Errors for people: one line of what happened, one of what to do, and an exit code."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from .output import OutputError, UnknownFormatError
from .settings import SettingsError
from .terminal import say
from .text import literal

if TYPE_CHECKING:
    from arize_users import ArizeError

SETTINGS = 1
USAGE = 2
SOME_FAILED = 3
REFUSED = 4
UNWRITTEN = 5
INTERRUPTED = 130

EXIT_CODES = """\b
Exit codes:
  0    all well
  1    the settings cannot be used, or a prompt was declined or not answered
  2    the command was not called as it should be
  3    some of a batch failed or was not found
  4    the API refused, failed or was not reached, or the user does not exist
  5    the output could not be written
  130  interrupted"""

HIDDEN = "[hidden]"
_SHORTEST_SECRET = 6
"""Anything shorter would blank out half of every message."""
_PASSWORD = re.compile(r'("temporary_?password"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}]+)', re.IGNORECASE)

# What the layer says to Python programmers, in the words of a shell. The first that fits wins.
_WORDS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"users\.get\(user=(['\"])(.+?)\1\)", r"`{group} get \2`"),
        (r"users\.get(?:\(user=\.\.\.\))?", "`{group} get`"),
        (r"users\.update\([^)]*\)", "`{group} update`"),
        (r"emails= in users\.bulk_delete", "--email of `{group} delete`"),
        (r"\bapi_key or ARIZE_API_KEY\b", "--api-key, ARIZE_API_KEY or the profile"),
        (r",? or pass allow_insecure_http=True", ""),
        (r"\bbase_url and region both name\b", "--base-url and --region both name"),
        (r"\bpass base_url\b", "pass --base-url"),
        (r"\bbase_url:", "{endpoint}:"),
        (r"^region:", "{endpoint}:"),
        (r"^name:", "--full-name:"),
        (r"^user_id:", "USER_ID:"),
        (r"^user:", "USER_ID|EMAIL:"),
        (r"^id: a custom role's id", "--role-id: a custom role's id"),
        (r"\bis later than created_before\b", "is later than --created-before"),
        (r"^name, is_developer: give", "--full-name, --is-developer, --is-not-developer: give"),
        (r"^user_ids\[\d+\]:", "--id:"),
        (r"^emails\[\d+\]:", "--email:"),
        (r"^(created|page|invite)_(after|before|size|mode):", r"--\1-\2:"),
        (r"^(cursor|email|limit|role|status):", r"--\1:"),
    )
)


class UsageError(Exception):
    """The command was not called as it should be."""


class Failures:
    """Reports the errors of one command."""

    def __init__(self, command: str, group: str, *, verbose: bool) -> None:
        self._command = command
        self._group = group
        self._verbose = verbose
        self._secret = ""
        self.endpoint_from = "--base-url or --region"
        """Where the endpoint came from, for errors about it."""

    def keep_secret(self, api_key: str | None) -> None:
        """Never repeat this key, even where a server's answer quotes it."""
        if api_key and len(api_key) >= _SHORTEST_SECRET:
            self._secret = api_key

    def hidden(self, text: str) -> str:
        """Take the secrets out of a text."""
        text = _PASSWORD.sub(rf'\1"{HIDDEN}"', text)
        return text.replace(self._secret, HIDDEN) if self._secret else text

    def usage(self, error: UsageError) -> int:
        """Report a command that was not called as it should be."""
        self._report(str(error), f"`{self._command} --help` shows how.")
        return USAGE

    def settings(self, error: SettingsError) -> int:
        """Report settings that cannot be used."""
        self._report(str(error), error.hint)
        return SETTINGS

    def output(self, error: OutputError) -> int:
        """Report an answer that cannot be written."""
        self._report(str(error), error.hint or f"`{self._command} --help` shows how.")
        return USAGE if isinstance(error, UnknownFormatError) else UNWRITTEN

    def layer(self, error: ArizeError) -> int:
        """Report an error of the layer."""
        from arize_users import ConfigurationError, InvalidArgumentError

        what, hint = _what_and_hint(error)
        if isinstance(error, InvalidArgumentError):
            return self.usage(UsageError(self._in_shell_words(what)))
        self._report(self._in_shell_words(what), self._in_shell_words(hint or self._default_hint(error)))
        if self._verbose:
            say(*map(self.hidden, _details(error)))
        return SETTINGS if isinstance(error, ConfigurationError) else REFUSED

    def unknown_email(self, email: str) -> int:
        """Report that nobody has an email address."""
        self._report(
            f"no user has the email {email}",
            f"`{self._group} list --email PART` finds addresses by a part; blocked users are not shown.",
        )
        return REFUSED

    def _default_hint(self, error: ArizeError) -> str:
        from arize_users import APIConnectionError, ConfigurationError

        if isinstance(error, ConfigurationError):
            return f"`{self._command} --help` shows the settings."
        if isinstance(error, APIConnectionError):
            return "Check the network and the endpoint (--base-url or --region), and try again."
        if not hasattr(error, "body"):
            return "This is on the server's side: try again later."
        if self._verbose:
            return "What the server answered is below."
        return "--verbose shows what the server answered."

    def _in_shell_words(self, text: str) -> str:
        for pattern, replacement in _WORDS:
            text = pattern.sub(replacement.replace("{group}", self._group), text)
        return text.replace("{endpoint}", self.endpoint_from)

    def _report(self, what: str, hint: str) -> None:
        say(f"error: {self.hidden(what)}", f"hint: {self.hidden(hint)}")


def _what_and_hint(error: ArizeError) -> tuple[str, str | None]:
    """Divide what an error says into what happened and what to do about it."""
    from arize_users import OutcomeUnknownError, RateLimitError, ResponseDecodeError

    what = str(error.args[0]) if error.args else type(error).__name__
    if isinstance(error, OutcomeUnknownError):
        what, _, hint = what.partition(". ")
        return what, hint
    if isinstance(error, ResponseDecodeError):
        # The rest is for programs: where they find the answer.
        what, _, _ = what.partition(" The request was carried out;")
        return what, "The server did what was asked; only its answer cannot be read."
    if isinstance(error, RateLimitError) and error.retry_after:
        return what, f"Wait {error.retry_after:.0f} s and ask again, with fewer requests at once."
    return what, error.hint


def _details(error: ArizeError) -> list[str]:
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
    return lines if body is None else [*lines, f"  body: {_body(body)}"]


def _body(body: bytes) -> str:
    """Give a body on one line, without its layout where it is JSON."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return literal(body.decode("utf-8", "backslashreplace"))
