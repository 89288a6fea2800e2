"""Which account a command works on: options, then the environment, then the profiles of Arize's own CLI.

The key and the endpoint are looked up separately, so they may come from different places. A profile is
`~/.arize/profiles/NAME.toml`, where `~/.arize/.active_profile` holds NAME; profiles are never written.
"""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .errors import SettingsError

FORMATS = ("table", "json", "csv", "parquet")

_DEFAULT_PROFILE = "default"
_REFERENCE = re.compile(r"\$\{([^}:]+)(?::([^}]*))?\}")


class _UnsetVariableError(SettingsError):
    """A profile's entry refers to a variable that is not set."""

    def __init__(self, profile: str, entry: str, variable: str) -> None:
        super().__init__(
            f"the profile {profile!r} cannot be used: {entry} refers to {variable}, which is not set",
            hint=f"Set {variable}, or correct {_shown(profile)}.",
        )
        self.variable = variable


class Options(NamedTuple):
    """The global options, as given at one place of the command line or merged from several."""

    base_url: str | None = None
    api_key: str | None = None
    region: str | None = None
    profile: str | None = None
    verbose: bool = False

    def over(self, outer: Options) -> Options:
        """Merge with options given before a group's or command's name; these, given after it, win."""
        has_endpoint = self.base_url is not None or self.region is not None
        endpoint = self if has_endpoint else outer
        return Options(
            base_url=endpoint.base_url,
            region=endpoint.region,
            api_key=outer.api_key if self.api_key is None else self.api_key,
            profile=outer.profile if self.profile is None else self.profile,
            verbose=self.verbose or outer.verbose,
        )


class Settings(NamedTuple):
    """What the client is given; None leaves a setting to the client."""

    api_key: str | None
    base_url: str | None
    region: str | None
    sources: Mapping[str, str]
    """Where each of those that are given came from."""
    default_format: Callable[[], str]
    """Gives the format to use without --output; it reads the profile only when called."""
    origins: tuple[str, ...]
    """Where endpoint and key came from, for --verbose."""
    notes: tuple[str, ...]
    """What overrides the profile that --profile names."""


def resolve(options: Options, environ: Mapping[str, str] | None = None) -> Settings:
    """Find the account. A profile is read only when it is named, or when something is found nowhere else.

    Raises:
        SettingsError: There is no key, or the profile is missing or cannot be used.
    """
    from arize_users.config import SANDBOX_SCHEME

    environ = os.environ if environ is None else environ
    env = {name: text for name, value in environ.items() if (text := value.strip())}
    profile = functools.cache(functools.partial(_read_profile, options.profile, env))
    if options.profile is not None:
        profile()
    base_url, region, endpoint_from = _endpoint(options, env, profile)
    url = env[endpoint_from] if endpoint_from == "ARIZE_BASE_URL" else base_url or ""
    is_local = url.startswith(SANDBOX_SCHEME)
    key, key_from = _api_key(options, env, profile, is_local=is_local)
    given = (
        ("api_key", key, key_from),
        ("base_url", base_url, endpoint_from),
        ("region", region, endpoint_from),
    )

    def default_format() -> str:
        try:
            return profile().format()
        except SettingsError:
            if is_local and options.profile is None:
                # A local account needs no profile, so an unusable one that nobody named is no error.
                return FORMATS[0]
            raise

    return Settings(
        api_key=key,
        base_url=base_url,
        region=region,
        sources={name: source for name, value, source in given if value is not None},
        default_format=default_format,
        origins=(f"endpoint: from {endpoint_from}", f"API key: from {key_from}"),
        notes=() if options.profile is None else _notes(options.profile, key_from, endpoint_from),
    )


class _Profile:
    """The content of one profile file; empty where there is none."""

    def __init__(self, name: str, tables: Mapping[str, Any], env: Mapping[str, str]) -> None:
        self.name = name
        self._tables = tables
        self._env = env

    def get(self, table: str, entry: str) -> str | None:
        """Give an entry as text; None where it is absent or empty.

        Raises:
            SettingsError: It is not a text, or refers to a variable that is not set.
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
                raise _UnsetVariableError(self.name, f"{table}.{entry}", name)
            return self._env.get(name, default or "")

        return _REFERENCE.sub(variable, value).strip() or None

    def format(self) -> str:
        """Give the output format to use without --output."""
        format = (self.get("output", "format") or "table").lower()
        if format not in FORMATS:
            raise self.problem(f"output.format {format!r} is not one of {', '.join(FORMATS)}")
        return format

    def endpoint(self) -> tuple[str | None, str | None]:
        """Give the base URL or the region; neither where the profile names no endpoint."""
        # Arize's own CLI writes its default api_host beside these entries. Falling back to that host
        # would send this profile's key to another server.
        for other in ("single_host", "base_domain"):
            if self.get("routing", other):
                raise self.problem(f"routing.{other} is not read here; name the endpoint by --base-url")
        # A region wins over api_host, which that CLI writes beside it, too.
        if region := self.get("routing", "region"):
            return None, region
        host = self.get("routing", "api_host")
        if not host:
            return None, None
        port = self.get("routing", "api_port")
        scheme = self.get("routing", "api_scheme") or "https"
        return f"{scheme}://{host}{f':{port}' if port else ''}", None

    def problem(self, what: str) -> SettingsError:
        """Make the error for a problem in this file."""
        return SettingsError(
            f"the profile {self.name!r} cannot be used: {what}",
            hint=f"Correct {_shown(self.name)}, or name another with --profile.",
        )


def _read_profile(named: str | None, env: Mapping[str, str]) -> _Profile:
    if named is not None and not named.strip():
        raise SettingsError(
            f"--profile: expected a name that is not blank, got {named!r}",
            hint="Name a profile, or leave --profile out for the active one.",
        )
    chosen = named or _active_name()
    name = chosen or _DEFAULT_PROFILE
    try:
        if Path(name).name != name:
            raise FileNotFoundError
        content = (_folder() / "profiles" / f"{name}.toml").read_bytes()
        return _Profile(name, tomllib.loads(content.decode()), env)
    except (FileNotFoundError, NotADirectoryError):
        if chosen:
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
    except RuntimeError:  # There is no home directory.
        return Path(os.devnull)


def _shown(name: str) -> str:
    return f"~/.arize/profiles/{name}.toml"


def _endpoint(
    options: Options, env: Mapping[str, str], profile: Callable[[], _Profile]
) -> tuple[str | None, str | None, str]:
    from arize_users.config import ENDPOINT_VARIABLES

    if options.base_url is not None:
        return options.base_url, None, "--base-url"
    if options.region is not None:
        return None, options.region, "--region"
    for name in ENDPOINT_VARIABLES:
        if name in env:
            return None, None, name
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
        # A profile's key belongs to a real account and must not reach a local one.
        return None, "the sandbox"
    if "ARIZE_API_KEY" in env:
        return env["ARIZE_API_KEY"], "ARIZE_API_KEY"
    key, why = None, ""
    try:
        key = profile().get("auth", "api_key")
        if key is None and profile().get("auth", "auth_method") == "oauth":
            why = " (the profile signs in by OAuth, which this program does not support)"
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


def _notes(profile: str, key_from: str, endpoint_from: str) -> tuple[str, ...]:
    return tuple(
        f"{source} is set and wins over the {what} of the profile {profile!r}"
        for what, source in (("key", key_from), ("endpoint", endpoint_from))
        if source.startswith("ARIZE_")
    )
