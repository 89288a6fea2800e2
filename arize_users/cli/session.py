"""One run of a command: its settings, its client, and the errors it may end with."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import typer

from .errors import INTERRUPTED, CommandError, UsageError
from .options import ApiKey, BaseUrl, Profile, Region, Verbose
from .output import Target, checked_target
from .reporter import Reporter
from .settings import Options, Settings, resolve
from .terminal import say, silence

if TYPE_CHECKING:
    from arize_users import UsersClient

P = ParamSpec("P")


def store_global_options(
    context: typer.Context,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    region: Region = None,
    profile: Profile = None,
    verbose: Verbose = False,
) -> None:
    """Keep the global options given before a command's name for the command."""
    context.obj = Options(base_url, api_key, region, profile, verbose).over(context.obj or Options())


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
        self.command = command
        self.group: str = command.rpartition(" ")[0]
        """What comes before the command's name: ``ax users``, or ``arize-users``."""
        self.options = options
        self.arguments = arguments
        self.reporter: Reporter = Reporter(command, self.group, arguments, verbose=options.verbose)
        self._exit_stack = exit_stack

    @functools.cached_property
    def _settings(self) -> Settings:
        if self.options.base_url is not None and self.options.region is not None:
            raise UsageError("--base-url and --region both name the endpoint: give only one")
        settings = resolve(self.options)
        self.reporter.keep_secret(settings.api_key)
        self.reporter.sources = settings.sources
        return settings

    def target(self, requested: str | None) -> Target:
        """Settle where the output goes, before the command does anything."""
        return checked_target(self._settings.default_format() if requested is None else requested)

    def users(self) -> UsersClient:
        """Open the client; it is closed when the command ends."""
        settings = self._settings
        for note in settings.notes:
            say(f"note: {note}")
        from arize_users import ArizeClient

        self._exit_stack.enter_context(_one_line_beta_warning())
        if self.options.verbose:
            self._exit_stack.enter_context(_logging_to_stderr(self.reporter.redacted, settings.origins))
        client = ArizeClient(api_key=settings.api_key, base_url=settings.base_url, region=settings.region)
        return self._exit_stack.enter_context(client).users


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

    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = inspect.signature(store_global_options, eval_str=True).parameters.values()
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *shared)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _exit_code(
    function: Callable[..., int | None], path: str, options: Options, arguments: dict[str, Any]
) -> int:
    with ExitStack() as exit_stack:
        session = Session(path, options, arguments, exit_stack)
        try:
            return function(session, **arguments) or 0
        except CommandError as error:
            return session.reporter.command_error(error)
        except KeyboardInterrupt:
            say("interrupted")
            return INTERRUPTED
        except BrokenPipeError:
            silence(sys.stdout)
            return 0
        except Exception as error:
            from arize_users import ArizeError

            if not isinstance(error, ArizeError):
                raise
            return session.reporter.client_error(error)


@contextmanager
def _one_line_beta_warning() -> Iterator[None]:
    import warnings

    from arize_users import BetaWarning

    with warnings.catch_warnings():
        show_other = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
            if issubclass(category, BetaWarning):
                say(f"warning: {message}")
            else:
                show_other(message, category, *rest, **named)

        warnings.showwarning = show
        # It is a notice, and no error even where PYTHONWARNINGS makes warnings errors.
        warnings.simplefilter("always", BetaWarning)
        yield


@contextmanager
def _logging_to_stderr(redacted: Callable[[str], str], lines: tuple[str, ...]) -> Iterator[None]:
    import logging

    class StderrHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(f"{record.levelname.lower()}: {redacted(record.getMessage())}")

    logger = logging.getLogger("arize_users")
    handler, before = StderrHandler(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        for line in lines:
            logger.debug(line)
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
