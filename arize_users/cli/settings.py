"""Which account: options, then the environment, then the profile files of Arize's own CLI.

The key and the endpoint are found separately, so each may come from another place. Profiles are only
ever read: `~/.arize/profiles/NAME.toml`, where `~/.arize/.active_profile` holds NAME.
"""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FORMATS = ("table", "json", "csv", "parquet")

_DEFAULT_PROFILE = "default"
_ENDPOINT_VARIABLES = ("ARIZE_BASE_URL", "ARIZE_REGION", "ARIZE_API_HOST")
_SANDBOX = "sandbox:"
_REFERENCE = re.compile(r"\$\{([^}:]+)(?::([^}]*))?\}")


class SettingsError(Exception):
    """A setting is missing or cannot be used; `hint` says what to do."""

    def __init__(self, problem: str, *, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


class _UnsetVariableError(SettingsError):
    """A profile's entry refers to a variable that is not set."""

    def __init__(self, problem: str, *, hint: str, variable: str) -> None:
        super().__init__(problem, hint=hint)
        self.variable = variable


class Options(NamedTuple):
    """The global options, as given at one place of the command line or at several."""

    base_url: str | None = None
    api_key: str | None = None
    region: str | None = None
    profile: str | None = None
    verbose: bool = False

    def over(self, outer: Options) -> Options:
        """Let these, given nearer to the command, win over those given before it."""
        names_endpoint = self.base_url is not None or self.region is not None
        endpoint = self if names_endpoint else outer
        return Options(
            base_url=endpoint.base_url,
            region=endpoint.region,
            api_key=outer.api_key if self.api_key is None else self.api_key,
            profile=outer.profile if self.profile is None else self.profile,
            verbose=self.verbose or outer.verbose,
        )


class Settings(NamedTuple):
    """What the client is given. None leaves it to the client: a sandbox's key, the endpoint."""

    api_key: str | None
    base_url: str | None
    region: str | None
    endpoint_from: str
    default_format: Callable[[], str]
    """The format to use where none is asked for; only then is a profile read for it."""
    notes: tuple[str, ...]
    """Where key and endpoint came from, for --verbose."""
    surprises: tuple[str, ...]
    """What somebody who named a profile may not expect."""


def resolve(options: Options, environ: Mapping[str, str] | None = None) -> Settings:
    """Settle the account. A profile is read when it is named, or needed for want of anything else.

    Raises:
        SettingsError: there is no key, or that profile is missing or cannot be used.
    """
    environ = os.environ if environ is None else environ
    env = {name: text for name, value in environ.items() if (text := value.strip())}
    profile = functools.cache(functools.partial(_read_profile, options.profile, env))
    if options.profile is not None:
        profile()
    base_url, region, endpoint_from = _endpoint(options, env, profile)
    in_use = env[endpoint_from] if endpoint_from == "ARIZE_BASE_URL" else base_url or ""
    is_local = in_use.startswith(_SANDBOX)
    key, key_from = _api_key(options, env, profile, is_local=is_local)

    def default_format() -> str:
        try:
            return profile().format()
        except SettingsError:
            if is_local and options.profile is None:
                # Nobody asked for this profile, and a local account has no other use for it.
                return FORMATS[0]
            raise

    return Settings(
        api_key=key,
        base_url=base_url,
        region=region,
        endpoint_from=endpoint_from,
        default_format=default_format,
        notes=(f"endpoint: from {endpoint_from}", f"API key: from {key_from}"),
        surprises=_surprises(options, key_from, endpoint_from),
    )


class _Profile:
    """One profile file, or none."""

    def __init__(self, name: str, tables: Mapping[str, Any], env: Mapping[str, str]) -> None:
        self.name = name
        self._tables = tables
        self._env = env

    def get(self, table: str, entry: str) -> str | None:
        """Give an entry as text, None when it is absent or empty.

        Raises:
            SettingsError: it is not a text, or refers to a variable that is not set.
        """
        found = self._tables.get(table, {})
        if not isinstance(found, dict):
            raise self.problem(f"{table} is not a table")
        value = found.get(entry)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise self.problem(f"{table}.{entry} is not a text")
        if not value:
            return None

        def variable(reference: re.Match[str]) -> str:
            name, default = reference[1].strip(), reference[2]
            if name not in self._env and default is None:
                raise self._unset(f"{table}.{entry}", name)
            return self._env.get(name, default or "")

        return _REFERENCE.sub(variable, value).strip() or None

    def _unset(self, entry: str, variable: str) -> _UnsetVariableError:
        return _UnsetVariableError(
            f"the profile {self.name!r} cannot be used: {entry} refers to {variable}, which is not set",
            hint=f"Set {variable}, or correct {_shown(self.name)}.",
            variable=variable,
        )

    def format(self) -> str:
        """Give the output format to use where none is asked for."""
        format = (self.get("output", "format") or "table").lower()
        if format not in FORMATS:
            raise self.problem(f"output.format {format!r} is not one of {', '.join(FORMATS)}")
        return format

    def endpoint(self) -> tuple[str | None, str | None]:
        """Give the base URL or the region; neither where the profile leaves the hosted API."""
        # These come first: Arize's own CLI writes its default api_host beside them, and falling back
        # to the hosted API would send this profile's key to another server.
        for other in ("single_host", "base_domain"):
            if self.get("routing", other):
                raise self.problem(f"routing.{other} is not read here; name the endpoint by --base-url")
        # A region wins over api_host, which that CLI writes beside it too.
        region = self.get("routing", "region")
        if region:
            return None, region
        host = self.get("routing", "api_host")
        if not host:
            return None, None
        port = self.get("routing", "api_port")
        scheme = self.get("routing", "api_scheme") or "https"
        return f"{scheme}://{host}{f':{port}' if port else ''}", None

    def problem(self, what: str) -> SettingsError:
        """Make the error for something in this file."""
        return SettingsError(
            f"the profile {self.name!r} cannot be used: {what}",
            hint=f"Correct {_shown(self.name)}, or name another with --profile.",
        )


def _read_profile(named: str | None, env: Mapping[str, str]) -> _Profile:
    if named is not None and not named.strip():
        raise SettingsError(
            "--profile: expected a name that is not blank, got " + repr(named),
            hint="Name a profile, or leave --profile out for the active one.",
        )
    name = named or _active_name()
    asked_for = name is not None
    name = name or _DEFAULT_PROFILE
    try:
        if Path(name).name != name:
            raise FileNotFoundError
        content = (_folder() / "profiles" / f"{name}.toml").read_bytes()
        return _Profile(name, tomllib.loads(content.decode()), env)
    except (FileNotFoundError, NotADirectoryError):
        if asked_for:
            raise SettingsError(
                f"there is no profile {name!r}: {_shown(name)} does not exist",
                hint="Name another with --profile, or make that file.",
            ) from None
        return _Profile(name, {}, env)
    except OSError as error:
        raise _Profile(name, {}, env).problem(error.strerror or str(error)) from error
    except ValueError as error:
        raise _Profile(name, {}, env).problem(f"it is not TOML: {error}") from error


def _active_name() -> str | None:
    try:
        return (_folder() / ".active_profile").read_text("utf-8").strip() or None
    except (OSError, ValueError):
        return None


def _folder() -> Path:
    try:
        return Path.home() / ".arize"
    except RuntimeError:  # Nobody's home is known.
        return Path(os.devnull)


def _shown(name: str) -> str:
    return f"~/.arize/profiles/{name}.toml"


def _endpoint(
    options: Options, env: Mapping[str, str], profile: Callable[[], _Profile]
) -> tuple[str | None, str | None, str]:
    if options.base_url is not None:
        return options.base_url, None, "--base-url"
    if options.region is not None:
        return None, options.region, "--region"
    set_here = [name for name in _ENDPOINT_VARIABLES if name in env]
    if set_here:
        return None, None, set_here[0]
    base_url, region = profile().endpoint()
    if base_url or region:
        return base_url, region, f"the profile {profile().name!r}"
    return None, None, "the default, the hosted API"


def _api_key(
    options: Options, env: Mapping[str, str], profile: Callable[[], _Profile], *, is_local: bool
) -> tuple[str | None, str]:
    if options.api_key is not None:
        if not options.api_key.strip():
            raise _no_key("--api-key is blank", options.profile or _DEFAULT_PROFILE)
        return options.api_key, "--api-key"
    if is_local:
        # A profile's key says nothing about a local account, and must not reach it.
        return None, "the sandbox"
    if "ARIZE_API_KEY" in env:
        return env["ARIZE_API_KEY"], "ARIZE_API_KEY"
    key, why = None, ""
    try:
        key = profile().get("auth", "api_key")
        if key is None and profile().get("auth", "auth_method") == "oauth":
            why = " (the profile signs in by OAuth, which is of no use here)"
    except _UnsetVariableError as unset:
        why = f" (the profile refers to {unset.variable}, which is not set)"
    if key is None:
        raise _no_key(f"no API key is set{why}", profile().name)
    return key, f"the profile {profile().name!r}"


def _no_key(problem: str, profile: str) -> SettingsError:
    return SettingsError(
        problem,
        hint=f"Set ARIZE_API_KEY, or auth.api_key in {_shown(profile)}, or pass --api-key "
        "(which other users of this machine can see). --base-url sandbox: needs none.",
    )


def _surprises(options: Options, key_from: str, endpoint_from: str) -> tuple[str, ...]:
    if options.profile is None:
        return ()
    found = {"key": key_from, "endpoint": endpoint_from}
    return tuple(
        f"{source} is set and wins over the {what} of the profile {options.profile!r}"
        for what, source in found.items()
        if source.startswith("ARIZE_")
    )
