"""Reports errors to people: a line of what happened, a line of what to do, and an exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .errors import REFUSED, SETTINGS, USAGE, CommandError
from .terminal import say
from .text import literal

if TYPE_CHECKING:
    from arize_users import ArizeError

HIDDEN = "[hidden]"
_SHORTEST_SECRET = 6
"""Hiding anything shorter would blank out half of every message."""
_PASSWORD = re.compile(r'("temporary_?password"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}]+)', re.IGNORECASE)


class Reporter:
    """Reports the errors of one command.

    Args:
        command: The command as it was called: ``ax users get``.
        group: What comes before its name: ``ax users``, or ``arize-users``.
        arguments: What the command was given.
        verbose: Whether to show all that is known of an error.
    """

    def __init__(self, command: str, group: str, arguments: Mapping[str, object], *, verbose: bool) -> None:
        self._help = f"`{command} --help`"
        self._group = group
        self._arguments = arguments
        self._verbose = verbose
        self._secret = ""
        self.sources: Mapping[str, str] = {}
        """Where the settings came from that the client was given, by its parameters."""

    def keep_secret(self, api_key: str | None) -> None:
        """Never show this key, even where a server's answer quotes it."""
        if api_key and len(api_key) >= _SHORTEST_SECRET:
            self._secret = api_key

    def redacted(self, text: str) -> str:
        """Take the secrets out of a text."""
        text = _PASSWORD.sub(rf'\1"{HIDDEN}"', text)
        return text.replace(self._secret, HIDDEN) if self._secret else text

    def command_error(self, error: CommandError) -> int:
        """Report an error of the command line, and give its exit code."""
        self._report(error.message, error.hint or f"{self._help} shows how.")
        return error.exit_code

    def client_error(self, error: ArizeError) -> int:
        """Report an error of the client, and give the exit code for it."""
        from arize_users import ConfigurationError, InvalidArgumentError

        from .hints import hint_for, option_for

        label, code, hint = None, REFUSED, self._hint_to_the_answer(error)
        if isinstance(error, ConfigurationError):
            label = error.variable or self.sources.get(error.argument or "")
            code, hint = SETTINGS, f"{self._help} shows the settings."
        elif isinstance(error, InvalidArgumentError):
            label = error.argument and option_for(error.argument)
            code, hint = USAGE, f"{self._help} shows how."
        message = f"{label}: {error.message}" if label else error.message
        self._report(message, hint_for(error, self._group, self._arguments) or hint)
        if self._verbose:
            say(*map(self.redacted, _details(error)))
        return code

    def _hint_to_the_answer(self, error: ArizeError) -> str:
        if self._verbose and hasattr(error, "body"):
            return "What the server answered is below."
        return "--verbose shows what the server answered."

    def _report(self, message: str, hint: str) -> None:
        say(f"error: {self.redacted(message)}", f"hint: {self.redacted(hint)}")


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
    return lines if body is None else [*lines, f"  body: {_one_line(body)}"]


def _one_line(body: bytes) -> str:
    """Give a body on one line, without its layout where it is JSON."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return literal(body.decode("utf-8", "backslashreplace"))
