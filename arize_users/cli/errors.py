"""The error of the command line itself, and the exit codes."""

from __future__ import annotations

SETTINGS = 1
USAGE = 2
PARTIAL = 3
REFUSED = 4
UNWRITTEN = 5
CHANGES = 6
NO_SUCH_USER = 7
UNREACHED = 8
INTERRUPTED = 128
"""To which the number of the signal is added."""

EXIT_CODES = """\b
Exit codes:
  0    all well
  1    the settings cannot be used, or a prompt was declined or not answered
  2    the command was not called as it should be, or a file of people cannot
       be used; nothing was sent
  3    done in part: an outcome is not what was asked for, or cannot be
  4    the API, or something between, refused or failed; or a plan is refused
  5    the output could not be written
  6    the plan has changes
  7    the API says that there is no such user
  8    the endpoint was not reached
  129  interrupted by SIGHUP
  130  interrupted by Ctrl-C (SIGINT)
  143  interrupted by SIGTERM"""


class CommandError(Exception):
    """Ends a command with an exit code.

    Args:
        exit_code: The exit code.
        message: What happened.
        more: What else did, each on a line of its own.
        hint: What to do about it; None points to the help of the command.
    """

    def __init__(self, exit_code: int, message: str, *more: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.message = message
        self.more = more
        self.hint = hint
