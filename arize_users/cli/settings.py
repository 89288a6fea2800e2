"""Which account a command works on: options, then a named profile, the environment, or the active profile.

Key and endpoint belong together: unless an option gives one of them, the environment does not give one and a
profile the other. A profile is `~/.arize/profiles/NAME.toml` of Arize's own CLI; `~/.arize/.active_profile`
holds the NAME of the active one. Profiles are never written.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import SETTINGS, CommandError
from .options import Options
from .profile_files import FileProblem, line_of, tables_of, text_of

if TYPE_CHECKING:
    from arize_users.config import Endpoint

DEFAULT = "the default"
"""Where a setting comes from that is set nowhere."""
FORMATS = ("table", "json", "jsonl", "csv", "tsv", "xlsx", "parquet")

_VARIABLE = "ARIZE_PROFILE"
_VERIFY = "ARIZE_REQUEST_VERIFY"
_ACTIVE = "~/.arize/.active_profile"
_KINDS: dict[type, str] = {bool: "true or false", float: "a number", list: "an array", dict: "a table"}
"""What TOML calls the values of a Python type; all that are not listed are dates and times."""
_REFERENCE = re.compile(r"\$\{([^}:]+)(?::([^}]*))?\}")


class Settings(NamedTuple):
    """The account that a command works on, and where key and endpoint came from.

    ``api_key`` is None for a local account, which has keys of its own. ``verify`` is what the profile says of
    verifying certificates. ``note`` names variables that look as if they named the endpoint, but are not
    read.
    """

    api_key: str | None
    key_from: str
    base_url: str
    endpoint_from: str
    is_local: bool
    verify: bool | None
    profile: Profile
    note: str | None

    def default_format(self) -> tuple[str, str]:
        """Give the format to use without --output, and where it comes from."""
        try:
            if format := self.profile.format():
                return format, self.profile.label
        except CommandError:
            # A local account needs no profile, so an unusable one that nobody named is no error.
            if not self.is_local or self.profile.named_by is not None:
                raise
        return FORMATS[0], DEFAULT

    def in_profile(self, parameter: str | None, problem: str) -> CommandError | None:
        """Say what is wrong with a parameter of the client that the profile gave; None where it did not."""
        entry = {"api_key": "auth.api_key", "base_url": "routing"}.get(parameter or "")
        if entry is None or self.source(parameter) != self.profile.label:
            return None
        return self.profile.problem(f"{entry} {problem}", at=entry)

    def source(self, parameter: str | None) -> str | None:
        """Tell where a parameter of the client came from; None where it was not given."""
        return {"api_key": self.key_from, "base_url": self.endpoint_from}.get(parameter or "")


def resolve(options: Options, environ: Mapping[str, str] | None = None) -> Settings:
    """Find the account. A profile is read only when it is named, or when something is found nowhere else.

    Raises:
        CommandError: There is no key, key and endpoint do not belong together, or the profile is missing or
            cannot be used.
        ConfigurationError: What names the endpoint cannot be used.
    """
    from arize_users.config import DEFAULT_BASE_URL, unread_note

    environ = os.environ if environ is None else environ
    env = {name: text for name, value in environ.items() if (text := value.strip())}
    profile = Profile(options.profile, env)
    # A profile that is named stands in for the environment.
    variables = env if profile.named_by is None else {}
    endpoint = _endpoint(options, variables)
    is_local = endpoint is not None and endpoint.is_local
    if profile.named_by == _VARIABLE and not is_local and (endpoint is None or options.api_key is None):
        _refuse_beside_variables(env)
    api_key, key_from = _api_key(options, variables, profile, is_local=is_local)
    if endpoint is not None:
        base_url, endpoint_from = endpoint.url, endpoint.source.variable or ""
    else:
        named = profile.endpoint()
        base_url, endpoint_from = (named, profile.label) if named else (DEFAULT_BASE_URL, DEFAULT)
    sources = {key_from, endpoint_from}
    # The environment's key means the hosted API where no variable names another.
    is_mixed = profile.label in sources and any(source.startswith("ARIZE_") for source in sources)
    if is_mixed and (endpoint is not None or base_url != DEFAULT_BASE_URL):
        raise CommandError(
            SETTINGS,
            f"the API key is from {key_from}, but the endpoint is from {endpoint_from}",
            hint="Name the profile with --profile to take both from it, set both in the environment "
            f"({DEFAULT_BASE_URL} is the hosted API), or give one of them as an option.",
        )
    # What a profile says of certificates is said of its own endpoint, and not of one named elsewhere.
    is_profiles = endpoint is None and (profile.label in sources or profile.named_by is not None)
    verify = _verify(profile, env) if is_profiles else None
    is_asked = options.base_url is None and options.region is None and profile.named_by is None
    note = unread_note(env) if is_asked else None
    return Settings(api_key, key_from, base_url, endpoint_from, is_local, verify, profile, note)


def _endpoint(options: Options, environ: Mapping[str, str]) -> Endpoint | None:
    """Find the endpoint that options or else variables name, and say which one did."""
    from arize_users import ConfigurationError
    from arize_users.config import find_endpoint

    option = (
        "--base-url" if options.base_url is not None else "--region" if options.region is not None else None
    )
    try:
        found = find_endpoint(base_url=options.base_url, region=options.region, environ=environ)
    except ConfigurationError as error:
        variable = option or error.variable
        if variable is None:  # Several variables name it.
            raise CommandError(
                SETTINGS, error.message, hint="Unset all but one, or give --base-url."
            ) from error
        raise ConfigurationError(error.message, argument=error.argument, variable=variable) from error
    if found is None or option is None:
        return found
    return found._replace(source=found.source._replace(variable=option))


def _verify(profile: Profile, env: Mapping[str, str]) -> bool | None:
    """Give what the profile says of certificates, unless a variable says the opposite."""
    from arize_users.config import truth_of

    verifies, variable = profile.verifies(), env.get(_VERIFY)
    if verifies is not None and variable is not None and truth_of(variable) is not verifies:
        raise CommandError(
            SETTINGS,
            f"{_VERIFY} is {variable!r}, and security.request_verify of {profile.label} says the opposite",
            hint=f"Unset {_VERIFY}, or correct {profile.path}.",
        )
    return verifies


def _refuse_beside_variables(env: Mapping[str, str]) -> None:
    from arize_users.config import ENDPOINT_VARIABLES

    # A port of 0 is not set.
    others = [name for name in ("ARIZE_API_KEY", *ENDPOINT_VARIABLES) if env.get(name, "0").strip("0")]
    if others:
        raise CommandError(
            SETTINGS,
            f"{' and '.join([_VARIABLE, *others])} are set: the first names a profile, which has both itself",
            hint=f"Unset {_VARIABLE} or the others, or name the profile by --profile, which wins over them.",
        )


class Profile:
    """A profile; empty where there is neither an active one nor a default one.

    Args:
        named: The name that --profile gives.
        env: The environment, which may name a profile, and which entries may refer to.

    Raises:
        CommandError: The profile that is named is missing or cannot be used.
    """

    def __init__(self, named: str | None, env: Mapping[str, str]) -> None:
        if named is not None and not named.strip():
            raise CommandError(
                SETTINGS,
                f"--profile: expected a name that is not blank, got {named!r}",
                hint="Name a profile, or leave --profile out for the active one.",
            )
        self.named_by: str | None = "--profile" if named else _VARIABLE if _VARIABLE in env else None
        active, self._unusable = (None, None) if self.named_by else _active_name()
        self.chosen_by: str = self.named_by or (_ACTIVE if active else DEFAULT)
        self._chosen = named or env.get(_VARIABLE) or active
        self.name: str = self._chosen or "default"
        self.label: str = f"the profile {self.name!r}"
        self.path: str = f"~/.arize/profiles/{self.name}.toml"
        self._file = _folder() / "profiles" / f"{self.name}.toml"
        self._env = env
        if self.named_by is not None:
            _ = self._tables

    @functools.cached_property
    def _text(self) -> str:
        if self._unusable is not None:
            raise self._unusable
        try:
            if Path(self.name).name != self.name or "\0" in self.name:
                raise FileNotFoundError
            return text_of(self._file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            if not self._chosen:
                return ""
            raise CommandError(
                SETTINGS,
                f"there is no profile {self.name!r}: {self.path} does not exist",
                hint="Name another with --profile, or make that file.",
            ) from None
        except OSError as error:
            raise self.problem(error.strerror or str(error)) from error
        except UnicodeEncodeError as error:
            raise self.problem("the encoding of this system's file names lacks its name") from error
        except FileProblem as error:
            raise self.problem(error.what, line=error.line) from error

    @functools.cached_property
    def _tables(self) -> Mapping[str, Any]:
        try:
            return tables_of(self._text)
        except FileProblem as error:
            raise self.problem(error.what, line=error.line) from error

    def exists(self) -> bool:
        """Tell whether there is such a file."""
        return self._unusable is None and self._file.is_file()

    def _value(self, table: str, entry: str) -> object:
        found = self._tables.get(table, {})
        if not isinstance(found, dict):
            raise self.problem(f"{table} is not a table", at=table)
        return found.get(entry)

    def get(self, table: str, entry: str) -> str | None:
        """Give an entry as text; None where it is absent or empty.

        Raises:
            CommandError: It is not a text, or refers to a variable that is not set.
        """
        value = self._value(table, entry)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            kind = _KINDS.get(type(value), "a date or time")
            raise self.problem(f"{table}.{entry} is not a text, but {kind}", at=f"{table}.{entry}")

        def variable(reference: re.Match[str]) -> str:
            name, default = reference[1].strip(), reference[2]
            if name not in self._env and default is None:
                problem = f"{table}.{entry} refers to {name}, which is not set"
                hint = f"Set {name}, or correct {self.path}."
                raise self.problem(problem, at=f"{table}.{entry}", hint=hint)
            return self._env.get(name, default or "")

        return _REFERENCE.sub(variable, value or "").strip() or None

    def format(self) -> str | None:
        """Give the output format to use without --output; None where the profile names none."""
        format = self.get("output", "format")
        if format is not None and format.lower() not in FORMATS:
            problem = f"output.format {format.lower()!r} is not one of {', '.join(FORMATS)}"
            raise self.problem(problem, at="output.format")
        return format and format.lower()

    def verifies(self) -> bool | None:
        """Tell whether certificates are to be verified; None where the profile does not say."""
        from arize_users.config import truth_of

        value = self._value("security", "request_verify")
        if isinstance(value, bool):
            return value
        text = self.get("security", "request_verify")
        if text is None:
            return None
        if (verifies := truth_of(text)) is None:
            problem = f"security.request_verify {text!r} is neither true nor false"
            raise self.problem(problem, at="security.request_verify")
        return verifies

    def endpoint(self) -> str | None:
        """Give the base URL; None where the profile names no endpoint."""
        from arize_users import ConfigurationError
        from arize_users.config import ROUTING, profile_endpoint

        try:
            found = profile_endpoint({entry: self.get("routing", entry) or "" for entry in ROUTING})
        except ConfigurationError as error:
            label = f"{error.variable}: " if error.variable else ""
            raise self.problem(f"{label}{error.message}", at=error.variable) from error
        return found and found.url

    def problem(
        self, what: str, *, line: int | None = None, at: str | None = None, hint: str | None = None
    ) -> CommandError:
        """Make the error for what is wrong in the file, in a line or at an entry of it."""
        line = line_of(self._text, at.split(".")) if at else line
        return CommandError(
            SETTINGS,
            f"the profile {self.name!r} cannot be used: {what} ({_place(self.path, line)})",
            hint=hint or f"Correct {self.path}, or name another with --profile.",
        )


def _place(path: str, line: int | None) -> str:
    return path if line is None else f"{path}, line {line}"


def _active_name() -> tuple[str | None, CommandError | None]:
    """Give the name of the active profile, if there is one, or why the file that names it cannot be used."""
    line = None
    try:
        return text_of((_folder() / ".active_profile").read_bytes()).strip() or None, None
    except (FileNotFoundError, NotADirectoryError):
        return None, None
    except OSError as error:
        what = error.strerror or str(error)
    except FileProblem as error:
        what, line = error.what, error.line
    hint = "Correct or remove that file, or name a profile with --profile."
    problem = f"the active profile is not known: {what} ({_place(_ACTIVE, line)})"
    return None, CommandError(SETTINGS, problem, hint=hint)


def _folder() -> Path:
    try:
        return Path.home() / ".arize"
    except RuntimeError:  # There is no home directory.
        return Path(os.devnull)


def _api_key(
    options: Options, variables: Mapping[str, str], profile: Profile, *, is_local: bool
) -> tuple[str | None, str]:
    if options.api_key is not None:
        if not options.api_key.strip():
            raise _no_key("--api-key is blank", profile)
        return options.api_key, "--api-key"
    if is_local:
        # The key of a real account must not reach a local one.
        return None, "the sandbox"
    if "ARIZE_API_KEY" in variables:
        return variables["ARIZE_API_KEY"], "ARIZE_API_KEY"
    if key := profile.get("auth", "api_key"):
        return key, profile.label
    is_oauth = profile.get("auth", "auth_method") == "oauth"
    why = " (the profile signs in by OAuth, which this program does not support)" if is_oauth else ""
    problem = f"{profile.label} has no API key" if profile.named_by else "no API key is set"
    raise _no_key(f"{problem}{why}", profile)


def _no_key(problem: str, profile: Profile) -> CommandError:
    places = f"auth.api_key in {profile.path}, or pass --api-key"
    return CommandError(
        SETTINGS,
        problem,
        hint=f"Set {places if profile.named_by else f'ARIZE_API_KEY, or {places}'} "
        "(which other users of this machine can see). --base-url sandbox: needs none.",
    )
