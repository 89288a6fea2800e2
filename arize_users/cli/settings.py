"""Which account a command works on: options, then the environment, then the profiles of Arize's own CLI.

The key and the endpoint are looked up separately, so they may come from different places. A profile is
`~/.arize/profiles/NAME.toml`, where `~/.arize/.active_profile` holds NAME; profiles are never written.
"""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .errors import SETTINGS, CommandError
from .options import Options

FORMATS = ("table", "json", "csv", "parquet")

_REFERENCE = re.compile(r"\$\{([^}:]+)(?::([^}]*))?\}")


class Settings(NamedTuple):
    """What the client is given, None leaving a setting to the client, and where it came from."""

    api_key: str | None
    key_from: str
    base_url: str | None
    region: str | None
    endpoint_from: str
    is_local: bool
    profile: Profile

    def default_format(self) -> str:
        """Give the format to use without --output."""
        try:
            return self.profile.format()
        except CommandError:
            # A local account needs no profile, so an unusable one that nobody named is no error.
            if self.is_local and not self.profile.is_named:
                return FORMATS[0]
            raise

    def source(self, parameter: str | None) -> str | None:
        """Tell where a parameter of the client came from; None where it was not given."""
        if parameter == "api_key":
            return self.key_from
        given = {"base_url": self.base_url, "region": self.region}
        return None if given.get(parameter or "") is None else self.endpoint_from

    def notes(self) -> list[str]:
        """Tell what overrides the profile that --profile names."""
        return [
            f"{source} is set and wins over the {what} of the profile {self.profile.name!r}"
            for what, source in (("key", self.key_from), ("endpoint", self.endpoint_from))
            if self.profile.is_named and source.startswith("ARIZE_")
        ]


def resolve(options: Options, environ: Mapping[str, str] | None = None) -> Settings:
    """Find the account. A profile is read only when it is named, or when something is found nowhere else.

    Raises:
        CommandError: There is no key, or the profile is missing or cannot be used.
    """
    from arize_users.config import SANDBOX_SCHEME

    environ = os.environ if environ is None else environ
    env = {name: text for name, value in environ.items() if (text := value.strip())}
    profile = Profile(options.profile, env)
    base_url, region, endpoint_from = _endpoint(options, env, profile)
    url = env[endpoint_from] if endpoint_from == "ARIZE_BASE_URL" else base_url or ""
    is_local = url.startswith(SANDBOX_SCHEME)
    key, key_from = _api_key(options, env, profile, is_local=is_local)
    return Settings(key, key_from, base_url, region, endpoint_from, is_local, profile)


class Profile:
    """A profile; empty where there is neither an active one nor a default one.

    Args:
        named: The name that --profile gives.
        env: The environment, which entries may refer to.

    Raises:
        CommandError: The profile that is named is missing or cannot be used.
    """

    def __init__(self, named: str | None, env: Mapping[str, str]) -> None:
        self.is_named: bool = named is not None
        if named is not None and not named.strip():
            raise CommandError(
                SETTINGS,
                f"--profile: expected a name that is not blank, got {named!r}",
                hint="Name a profile, or leave --profile out for the active one.",
            )
        self._chosen = named or _active_name()
        self.name: str = self._chosen or "default"
        self.path: str = f"~/.arize/profiles/{self.name}.toml"
        self._env = env
        if self.is_named:
            _ = self._tables

    @functools.cached_property
    def _tables(self) -> Mapping[str, Any]:
        try:
            if Path(self.name).name != self.name:
                raise FileNotFoundError
            content = (_folder() / "profiles" / f"{self.name}.toml").read_bytes()
            return tomllib.loads(content.decode())
        except (FileNotFoundError, NotADirectoryError):
            if not self._chosen:
                return {}
            raise CommandError(
                SETTINGS,
                f"there is no profile {self.name!r}: {self.path} does not exist",
                hint="Name another with --profile, or make that file.",
            ) from None
        except OSError as error:
            raise self._problem(error.strerror or str(error)) from error
        except ValueError as error:
            raise self._problem(f"it is not TOML: {error}") from error

    def get(self, table: str, entry: str) -> str | None:
        """Give an entry as text; None where it is absent or empty.

        Raises:
            CommandError: It is not a text, or refers to a variable that is not set.
        """
        found = self._tables.get(table, {})
        if not isinstance(found, dict):
            raise self._problem(f"{table} is not a table")
        value = found.get(entry)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise self._problem(f"{table}.{entry} is not a text")

        def variable(reference: re.Match[str]) -> str:
            name, default = reference[1].strip(), reference[2]
            if name not in self._env and default is None:
                problem = f"{table}.{entry} refers to {name}, which is not set"
                raise self._problem(problem, hint=f"Set {name}, or correct {self.path}.")
            return self._env.get(name, default or "")

        return _REFERENCE.sub(variable, value or "").strip() or None

    def format(self) -> str:
        """Give the output format to use without --output."""
        format = (self.get("output", "format") or FORMATS[0]).lower()
        if format not in FORMATS:
            raise self._problem(f"output.format {format!r} is not one of {', '.join(FORMATS)}")
        return format

    def endpoint(self) -> tuple[str | None, str | None]:
        """Give the base URL or the region; neither where the profile names no endpoint."""
        # Arize's own CLI writes its default api_host beside these entries. Falling back to that host
        # would send this profile's key to another server.
        for other in ("single_host", "base_domain"):
            if self.get("routing", other):
                raise self._problem(f"routing.{other} is not read here; name the endpoint by --base-url")
        # A region wins over api_host, which that CLI writes beside it, too.
        if region := self.get("routing", "region"):
            return None, region
        host = self.get("routing", "api_host")
        if not host:
            return None, None
        port = self.get("routing", "api_port")
        scheme = self.get("routing", "api_scheme") or "https"
        return f"{scheme}://{host}{f':{port}' if port else ''}", None

    def _problem(self, what: str, *, hint: str | None = None) -> CommandError:
        return CommandError(
            SETTINGS,
            f"the profile {self.name!r} cannot be used: {what}",
            hint=hint or f"Correct {self.path}, or name another with --profile.",
        )


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


def _endpoint(
    options: Options, env: Mapping[str, str], profile: Profile
) -> tuple[str | None, str | None, str]:
    from arize_users.config import ENDPOINT_VARIABLES

    if options.base_url is not None:
        return options.base_url, None, "--base-url"
    if options.region is not None:
        return None, options.region, "--region"
    for name in ENDPOINT_VARIABLES:
        if name in env:
            return None, None, name
    base_url, region = profile.endpoint()
    if base_url or region:
        return base_url, region, f"the profile {profile.name!r}"
    return None, None, "the default, the hosted API"


def _api_key(
    options: Options, env: Mapping[str, str], profile: Profile, *, is_local: bool
) -> tuple[str | None, str]:
    if options.api_key is not None:
        if not options.api_key.strip():
            raise _no_key("--api-key is blank", profile)
        return options.api_key, "--api-key"
    if is_local:
        # A profile's key belongs to a real account and must not reach a local one.
        return None, "the sandbox"
    if "ARIZE_API_KEY" in env:
        return env["ARIZE_API_KEY"], "ARIZE_API_KEY"
    if key := profile.get("auth", "api_key"):
        return key, f"the profile {profile.name!r}"
    is_oauth = profile.get("auth", "auth_method") == "oauth"
    why = " (the profile signs in by OAuth, which this program does not support)" if is_oauth else ""
    raise _no_key(f"no API key is set{why}", profile)


def _no_key(problem: str, profile: Profile) -> CommandError:
    return CommandError(
        SETTINGS,
        problem,
        hint=f"Set ARIZE_API_KEY, or auth.api_key in {profile.path}, or pass --api-key "
        "(which other users of this machine can see). --base-url sandbox: needs none.",
    )
