"""One run of a command: its settings, its client, and whatever may go wrong."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import typer

from .failures import INTERRUPTED, SETTINGS, Failures, UsageError
from .options import ApiKey, BaseUrl, Profile, Region, Verbose
from .output import OutputError, Target, checked_target
from .settings import Options, Settings, SettingsError, resolve
from .terminal import EndOfInput, say, silence

if TYPE_CHECKING:
    from arize_users import UsersClient

P = ParamSpec("P")


def remember(
    context: typer.Context,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    region: Region = None,
    profile: Profile = None,
    verbose: Verbose = False,
) -> None:
    """Keep the global options given before the command's name."""
    context.obj = Options(base_url, api_key, region, profile, verbose).over(context.obj or Options())


class Session:
    """What a command works with: settled settings, and the account they lead to."""

    def __init__(self, command: str, options: Options, open_until: ExitStack) -> None:
        self.command = command
        self.options = options
        self.group: str = command.rpartition(" ")[0]
        """What comes before the command's name: `ax users`, or `arize-users`."""
        self.failures: Failures = Failures(command, self.group, verbose=options.verbose)
        self._open_until = open_until

    @functools.cached_property
    def _settings(self) -> Settings:
        if self.options.base_url is not None and self.options.region is not None:
            raise UsageError("--base-url and --region both name the endpoint: give only one")
        settings = resolve(self.options)
        self.failures.keep_secret(settings.api_key)
        self.failures.endpoint_from = settings.endpoint_from
        return settings

    def target(self, asked: str | None) -> Target:
        """Settle where the answer goes, before anything is done."""
        return checked_target(self._settings.default_format() if asked is None else asked)

    def users(self) -> UsersClient:
        """Open the client; it is closed when the command ends."""
        settings = self._settings
        for surprise in settings.surprises:
            say(f"note: {surprise}")
        load_httpx()
        from arize_users import ArizeClient

        self._open_until.enter_context(_beta_warning_in_one_line())
        if self.options.verbose:
            self._open_until.enter_context(_logging(self.failures.hidden, settings.notes))
        client = ArizeClient(api_key=settings.api_key, base_url=settings.base_url, region=settings.region)
        return self._open_until.enter_context(client).users


def load_httpx() -> None:
    """Import httpx without the command line of its own that it brings along.

    That is optional there, but is loaded wherever click and Rich are found, as they are beside this
    program, and takes longer than all the rest of httpx. Without click, httpx goes without it.
    """
    if "httpx" in sys.modules:
        return
    click = sys.modules.get("click")
    sys.modules["click"] = None  # type: ignore[assignment]  # How Python is told: not to be found.
    try:
        import httpx  # noqa: F401
    finally:
        del sys.modules["click"]
        if click is not None:
            sys.modules["click"] = click


def command(function: Callable[Concatenate[Session, P], int | None]) -> Callable[..., None]:
    """Make a command of a function that takes a session first, and may return an exit code.

    The global options are added to its own, and its errors become messages and exit codes.
    """

    @functools.wraps(function)
    def run(
        context: typer.Context,
        base_url: str | None,
        api_key: str | None,
        region: str | None,
        profile: str | None,
        verbose: bool,
        **own: Any,
    ) -> None:
        here = Options(base_url, api_key, region, profile, verbose)
        options = here.over(context.obj or Options())
        raise typer.Exit(_exit_code(function, context.command_path, options, own))

    signature = inspect.signature(function, eval_str=True)
    global_options = inspect.signature(remember, eval_str=True).parameters.values()
    own_options = list(signature.parameters.values())[1:]
    parameters = {one.name: one for one in [*own_options, *global_options]}
    by_name = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters.values()]
    run.__signature__ = inspect.Signature(by_name)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in by_name}
    return run


def _exit_code(
    function: Callable[..., int | None], path: str, options: Options, arguments: dict[str, Any]
) -> int:
    with ExitStack() as open_until:
        session = Session(path, options, open_until)
        failures = session.failures
        try:
            return function(session, **arguments) or 0
        except UsageError as error:
            return failures.usage(error)
        except SettingsError as error:
            return failures.settings(error)
        except OutputError as error:
            return failures.output(error)
        except EndOfInput:
            say("error: the input ended before the answer", "hint: Nothing was done.")
            return SETTINGS
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
            return failures.layer(error)


@contextmanager
def _beta_warning_in_one_line() -> Iterator[None]:
    import warnings

    from arize_users import BetaWarning

    with warnings.catch_warnings():
        shown_else = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
            if issubclass(category, BetaWarning):
                say(f"warning: {message}")
            else:
                shown_else(message, category, *rest, **named)

        warnings.showwarning = show
        # Also where PYTHONWARNINGS would make it an error: it is a notice.
        warnings.simplefilter("always", BetaWarning)
        yield


@contextmanager
def _logging(hidden: Callable[[str], str], notes: tuple[str, ...]) -> Iterator[None]:
    import logging

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(f"{record.levelname.lower()}: {hidden(record.getMessage())}")

    logger = logging.getLogger("arize_users")
    handler, before = Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        for note in notes:
            logger.debug(note)
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
