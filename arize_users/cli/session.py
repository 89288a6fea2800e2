"""One run of a command: its settings, its client, and the errors it may end with."""

from __future__ import annotations

import functools
import inspect
import shlex
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import typer

from arize_users._streams import silence

from .answers import results_answer
from .errors import INTERRUPTED, UNWRITTEN, USAGE, CommandError
from .interrupts import Unanswered, interrupts
from .notices import notices
from .options import Options
from .output import Target, checked_target, deliver
from .reporter import Reporter
from .settings import Settings, resolve
from .terminal import say

if TYPE_CHECKING:
    from arize_users import ArizeClient, UsersClient

P = ParamSpec("P")
T = TypeVar("T")

LOOK_SECONDS = 10.0
"""How long a request may take whose answer is only shown."""


class Session:
    """What a command works with: the settings, and the client made from them.

    Args:
        command: The command as it was called: ``ax users get``.
        options: The global options.
        arguments: The command's own arguments.
        exit_stack: Closes the client when the command ends.
    """

    def __init__(
        self, command: str, options: Options, arguments: dict[str, Any], exit_stack: ExitStack
    ) -> None:
        self.options = options
        self.arguments = arguments
        self.reporter: Reporter = Reporter(command, arguments, options.verbose)
        self._exit_stack = exit_stack

    @functools.cached_property
    def settings(self) -> Settings:
        """The account, and where key and endpoint came from."""
        if self.options.base_url is not None and self.options.region is not None:
            raise CommandError(USAGE, "--base-url and --region both name the endpoint: give only one")
        self.reporter.settings = settings = resolve(self.options)
        self._exit_stack.enter_context(notices())
        if settings.note is not None:
            say(f"warning: {settings.note}")
        return settings

    def target(self, requested: str | None, *, is_new: bool = False) -> Target:
        """Settle where the output goes, before the command does anything.

        Args:
            requested: The value of --output.
            is_new: Whether a file must not be there yet.
        """
        requested = self.settings.default_format()[0] if requested is None else requested
        return checked_target(requested, is_new=is_new)

    def users(self) -> UsersClient:
        """Open the client; it is closed when the command ends."""
        return self._client.users

    def users_for_a_look(self) -> UsersClient:
        """Give the client for what a person is shown, and nothing depends on: it gives up soon."""
        return self._client.with_options(max_retries=0, total_timeout=LOOK_SECONDS).users

    @functools.cached_property
    def _client(self) -> ArizeClient:
        settings = self.settings
        from arize_users import ArizeClient

        if self.options.verbose:
            self._log_to_stderr()
        client = ArizeClient(api_key=settings.api_key, base_url=settings.base_url, verify=settings.verify)
        return self._exit_stack.enter_context(client)

    def command_line(self, command: str, *words: str) -> str:
        """Give another command for the same account, as it is typed; a key that was an option is left out."""
        given = self.options._asdict()
        named = [(f"--{name.replace('_', '-')}", given[name]) for name in ("base_url", "region", "profile")]
        options = [word for option in named if option[1] is not None for word in option]
        return shlex.join([*self.reporter.group.split(), command, *words, *options])

    def write(self, target: Target, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call a function of the client that changes something, and give its answer.

        Where a signal leaves the outcome unknown, that is written to the target, and said.
        """
        from arize_users import ArizeError, outcomes_of

        try:
            return interrupts.call(function, *arguments, **named)
        except Unanswered:
            self._tell_unknown(target)
            raise KeyboardInterrupt from None
        except ArizeError as error:
            if interrupts.exit_code and (outcomes := outcomes_of(error)) and outcomes.unknown:
                self._tell_unknown(target)
            raise

    def _tell_unknown(self, target: Target) -> None:
        from arize_users import UserResult, WriteStatus

        text = f"no answer came. {self.reporter.find_out()}"
        result = UserResult(
            user_id=self.arguments.get("user_id"),
            email=self.arguments.get("email"),
            status=WriteStatus.UNKNOWN,
            error=text,
        )
        say(text)
        deliver(results_answer([result]), target, acted=True)

    def _log_to_stderr(self) -> None:
        import logging

        from .setting_rows import setting_rows

        redacted = self.reporter.redacted

        class StderrHandler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                say(f"{record.levelname.lower()}: {redacted(record.getMessage())}")

        logger, handler = logging.getLogger("arize_users"), StderrHandler()
        self._exit_stack.callback(logger.setLevel, logger.level)
        self._exit_stack.callback(logger.removeHandler, handler)
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        with suppress(CommandError):  # The profile's format may be unusable, and need not be used.
            for row in setting_rows(self.settings):
                if row["value"] is not None:
                    value = "" if row["setting"] == "api_key" else f"{row['value']}, "
                    logger.debug("%s: %sfrom %s", row["setting"], value, row["source"])


def command(function: Callable[Concatenate[Session, P], int | None]) -> Callable[..., None]:
    """Make a command from a function that takes a session first, and may return an exit code.

    The command takes the global options beside the function's own, and turns errors into messages and
    exit codes.
    """

    @functools.wraps(function)
    def run(context: typer.Context, **arguments: Any) -> None:
        here = Options(**{name: arguments.pop(name) for name in Options._fields})
        options = here.over(context.obj or Options())
        raise typer.Exit(_exit_code(function, context.command_path, options, arguments))

    return _declared(run, list(inspect.signature(function, eval_str=True).parameters.values())[1:])


def _declared(function: Callable[..., None], own: Iterable[inspect.Parameter]) -> Callable[..., None]:
    """Tell Typer what a function takes: the context, its own parameters, and the global options."""
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    shared = inspect.signature(Options).parameters.values()
    parameters = [context, *(one.replace(kind=context.kind) for one in (*own, *shared))]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {one.name: one.annotation for one in parameters}
    return function


def _store(context: typer.Context, **options: Any) -> None:
    context.obj = Options(**options).over(context.obj or Options())


store_global_options: Callable[..., None] = _declared(_store, ())
"""Keeps the global options given before a command's name for the command."""


def _exit_code(
    function: Callable[..., int | None], path: str, options: Options, arguments: dict[str, Any]
) -> int:
    with ExitStack() as exit_stack:
        session = Session(path, options, arguments, exit_stack)
        try:
            try:
                code = function(session, **arguments) or 0
            finally:
                interrupts.raising = False
        except CommandError as error:
            code = session.reporter.command_error(error)
        except KeyboardInterrupt:
            code = INTERRUPTED + signal.SIGINT
        except BrokenPipeError:
            silence(sys.stdout)
            code = 0
        except Exception as error:
            from arize_users import ArizeError

            if not isinstance(error, ArizeError):
                raise
            code = session.reporter.client_error(error)
        # Where an outcome could not be written, its place is told, which is more than an interrupt.
        if code != UNWRITTEN and (interrupts.exit_code or code > INTERRUPTED):
            say("interrupted" if interrupts.acted else "interrupted; nothing was changed")
            return interrupts.exit_code or code
        return code
