"""The errors of the command line itself, and the exit codes."""

from __future__ import annotations

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


class CommandError(Exception):
    """Ends a command with an exit code.

    Args:
        message: What happened.
        hint: What to do about it; None points to the help of the command.
    """

    exit_code: int

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingsError(CommandError):
    """A setting is missing or cannot be used."""

    exit_code = SETTINGS


class EndOfInput(CommandError):
    """The input ended where a prompt waited for an answer."""

    exit_code = SETTINGS


class UsageError(CommandError):
    """The command was not called as it should be."""

    exit_code = USAGE


class UnknownEmailError(CommandError):
    """No user has the email address."""

    exit_code = REFUSED


class OutputError(CommandError):
    """The output cannot be written where it was to go."""

    exit_code = UNWRITTEN
