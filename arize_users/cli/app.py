"""The program: its commands and their names."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer

from arize_users._streams import silence, writing

from . import apply, create, delete, invitations, listing, plan, settings_command, users
from .errors import EXIT_CODES, INTERRUPTED, UNWRITTEN, USAGE
from .interrupts import interrupts
from .session import command, store_global_options
from .terminal import say

_ABOUT = """Manage the users of an Arize account.

The API key and the endpoint come from options, each by itself; else both from the profile that --profile or
ARIZE_PROFILE names; else both from the environment (ARIZE_API_KEY; ARIZE_BASE_URL, ARIZE_REGION,
ARIZE_SINGLE_HOST, ARIZE_BASE_DOMAIN or ARIZE_API_HOST); else both from the active profile in
~/.arize/profiles. One from the environment and one from a profile is refused. The command `settings` shows
them, and with --check whose account it is.

Ctrl-C, SIGTERM and SIGHUP end a command alike: the answers to requests under way are awaited for 31 s at
most (a second signal ends the wait), and the outcomes are written where they were to go.

The commands are in beta and may change without notice; ARIZE_DISABLE_PRERELEASE_WARNINGS=1 silences the
notice, which the first command of a day gives. The options below can also be given after a command's name.
"""
# Every usage error's class. Typer gives it no public name, but it is the parent of this one.
_UsageErrors: type[Exception] = typer.BadParameter.__bases__[0]
_COMMANDS: dict[str, Callable[..., int | None]] = {
    "list": listing.list_users,
    "get": users.get,
    "create": create.create,
    "update": users.update,
    "delete": delete.delete,
    "resend-invitation": invitations.resend_invitation,
    "reset-password": users.reset_password,
    "plan": plan.plan,
    "apply": apply.apply,
    "import": apply.import_people,
}


def main(program: str, arguments: Sequence[str] | None = None) -> int:
    """Run the program, and give its exit code."""
    with interrupts.installed():
        try:
            code = _run(program, arguments)
            if sys.stdout is not None and not sys.stdout.closed:
                with writing():
                    sys.stdout.flush()
            return code
        except (typer.Abort, KeyboardInterrupt):
            say("interrupted; nothing was changed")
            return interrupts.exit_code or INTERRUPTED + signal.SIGINT
        except BrokenPipeError:
            silence(sys.stdout)
            return 0
        except OSError as error:
            silence(sys.stdout)
            say(f"error: cannot write standard output: {error.strerror or error}")
            return UNWRITTEN


def _run(program: str, arguments: Sequence[str] | None) -> int:
    try:
        return build(program)(args=arguments, prog_name=program, standalone_mode=False) or 0
    except _UsageErrors as error:
        return _report(error, program)
    except SystemExit as end:
        # Typer ends a completion so, and help whose reader has gone, which is no error.
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def _report(error: Any, program: str) -> int:
    """Report a usage error that Typer found."""
    context, message = error.ctx, error.format_message()
    # A group called without a command is an error whose message is the help of the group.
    if context is not None and message == context.get_help():
        say(*message.splitlines())
    else:
        path = program if context is None else context.command_path
        option = _option(error)
        # In the words of our own refusals, which name the option first.
        message = f"{option}: {error.message}" if option else message
        custom = "A custom role is given by its id, with --role-id." if option == "--role" else None
        say(f"error: {' '.join(message.split())}", f"hint: {custom or f'`{path} --help` shows how.'}")
    return USAGE


def _option(error: Any) -> str | None:
    """Give the option whose value Typer refused."""
    is_value = type(error) is typer.BadParameter and error.param is not None
    return max(error.param.opts, key=len) if is_value else None


def build(program: str) -> typer.Typer:
    """Build `ax`, with the commands in the group `users`, or `arize-users`, with them at the top."""
    commands = root = _group()
    if program == "ax":
        commands = _group()
        root.add_typer(commands, name="users")
    for name, function in _COMMANDS.items():
        commands.command(name, epilog=EXIT_CODES)(command(function))
    root.command("settings", epilog=EXIT_CODES)(command(settings_command.settings))
    # The sandbox parses its own options, --help among them.
    root.command(
        "sandbox",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(_sandbox)
    return root


def _group() -> typer.Typer:
    # Without markup Typer does not import Rich for the help, which would double its time.
    group = typer.Typer(
        help=_ABOUT,
        epilog=EXIT_CODES,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    group.callback()(store_global_options)
    return group


def _sandbox(context: typer.Context) -> None:
    """Start a local users API to try things on; `sandbox --help` shows its options."""
    from arize_users.sandbox.command import main as serve

    raise typer.Exit(serve(context.args, program=context.command_path))
