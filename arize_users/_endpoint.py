"""Which server a client talks to: arguments, variables or a profile -> a URL, and what a URL may be."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import httpx

from .errors import ConfigurationError

REGIONS = ("us-central-1a", "us-east-1b", "eu-west-1a", "ca-central-1a")
REGION_ALIASES = {"US": "us-east-1b", "CA": "ca-central-1a", "EU": "eu-west-1a"}
"""What profiles of Arize's own CLI call a region, in any case."""
DEFAULT_BASE_URL = "https://api.arize.com"
SANDBOX_SCHEME = "sandbox:"

_OVERRIDES = ("region", "single_host", "base_domain")
_HOSTS = (*_OVERRIDES, "api_host")
ROUTING = (*_HOSTS, "single_port", "api_scheme", "api_port")
"""The entries of ``[routing]`` in a profile of Arize's own CLI that name the endpoint, or a part of it."""

ENDPOINT_VARIABLES = ("ARIZE_BASE_URL", *(f"ARIZE_{entry.upper()}" for entry in ROUTING))
"""The environment variables that name the endpoint, or a part of it."""

_READ = (*ENDPOINT_VARIABLES, "ARIZE_PROXY_URL")
# Variables of Arize's SDK and command line for the addresses of other services than this API.
_OTHER_SERVICES = ("APP_", "OTLP_", "FLIGHT_", "COLLECTOR_")
_LOOKS_LIKE_ROUTING = re.compile(
    r"HOST|DOMAIN|URL|_URI|ENDPOINT|REGION|SCHEME|PROTOCOL|SERVER|ADDRESS|GATEWAY|_BASE$|(?:_|API)PORT(?:_|$)"
)
# A path that Python or SQLite would take as the name of a file where a person means another place.
_MISLEADING_PATH = re.compile(r"//|[\s~:]|file:", re.IGNORECASE)


class Source(NamedTuple):
    """Where a setting comes from: a parameter, or the environment variable that stands in for it."""

    argument: str
    variable: str | None = None

    @property
    def label(self) -> str:
        """What to call it in a sentence."""
        return self.variable or f"the argument {self.argument}"

    def error(self, problem: str, hint: str | None = None) -> ConfigurationError:
        """Make the error for what this gives."""
        return ConfigurationError(problem, argument=self.argument, variable=self.variable, hint=hint)


class Endpoint(NamedTuple):
    """A base URL, or ``sandbox:`` with the file of a local account, and what names it."""

    url: str
    source: Source

    @property
    def is_local(self) -> bool:
        """Whether it is a local account."""
        return self.url.startswith(SANDBOX_SCHEME)


def find_endpoint(
    *, base_url: str | None = None, region: str | None = None, environ: Mapping[str, str]
) -> Endpoint | None:
    """Find what the arguments, or else the environment, name as the endpoint.

    Args:
        base_url: See `ArizeClient`.
        region: See `ArizeClient`.
        environ: The environment, without variables that are blank.

    Returns:
        The endpoint, or None where none is named. The URL of one that is not local is still to be checked.

    Raises:
        ConfigurationError: It is named twice at the same level, or what names it is malformed.
    """
    if base_url is not None and region is not None:
        raise Source("base_url").error("region names the endpoint, too", "Give only one of them.")
    if base_url is not None:
        source = Source("base_url")
        found: Endpoint | None = Endpoint(not_blank(base_url, source), source)
    elif region is not None:
        found = Endpoint(_of_region(region, Source("region")), Source("region"))
    else:
        found = _of_environment(environ)
    if found is not None and found.url.lower().startswith(SANDBOX_SCHEME):
        path = found.url[len(SANDBOX_SCHEME) :]
        if not found.is_local or _MISLEADING_PATH.match(path):
            problem = f"{found.url!r} is not how a local account is named"
            raise found.source.error(problem, "Write sandbox: or sandbox:PATH, such as sandbox:/tmp/x.db.")
    return found


def _of_environment(environ: Mapping[str, str]) -> Endpoint | None:
    def variable(entry: str) -> str:
        return f"ARIZE_{entry.upper()}"

    given = {entry: environ.get(variable(entry), "") for entry in ("base_url", *ROUTING)}
    entries = _settled(given, variable)
    named = [entry for entry in ("base_url", *_HOSTS) if entry in entries]
    if "single_port" in entries and not entries.keys() & {"single_host", "api_host"}:
        named.append("single_port")
    if len(named) > 1:
        problem = f"{' and '.join(map(variable, named))} all name the endpoint"
        raise Source("base_url").error(problem, "Unset all but one, or pass base_url.")
    # Neither names an endpoint by itself; beside a region, a scheme means nothing.
    for entry, without in (("api_scheme", {"base_url"}), ("api_port", {"base_url", "region", "single_port"})):
        if entry in entries and without.issuperset(named):
            problem = "is set without ARIZE_API_HOST"
            raise Source("base_url", variable(entry)).error(problem, "Set both, or unset it.")
    if "base_url" in entries:
        return Endpoint(entries["base_url"], Source("base_url", variable("base_url")))
    return _routed(entries, variable)


def profile_endpoint(entries: Mapping[str, str]) -> Endpoint | None:
    """Find what a profile of Arize's own CLI names as the endpoint.

    Args:
        entries: The entries of ``[routing]``; those of `ROUTING` count.

    Returns:
        The endpoint, or None where none is named. Its URL is still to be checked.

    Raises:
        ConfigurationError: It is named twice, or an entry is malformed.
    """

    def label(entry: str) -> str:
        return f"routing.{entry}"

    entries = _settled(entries, label)
    named = [entry for entry in _OVERRIDES if entry in entries]
    if "single_port" in entries and "single_host" not in entries:
        named.append("single_port")
    if len(named) > 1:
        problem = f"{' and '.join(map(label, named))} all name the endpoint"
        raise Source("base_url").error(problem, "Keep only one of them.")
    if entries:
        # What Arize's own CLI takes, and writes, where nothing else is named.
        entries.setdefault("api_host", DEFAULT_BASE_URL.removeprefix("https://"))
    return _routed(entries, label)


def _settled(entries: Mapping[str, str], label: Callable[[str], str]) -> dict[str, str]:
    """Check the ports, and leave out what is not set: a port of 0 is how Arize's SDKs say so."""
    kept = {entry: value for entry, value in entries.items() if value}
    for entry in kept.keys() & {"single_port", "api_port"}:
        port = kept[entry]
        if not (port.isascii() and port.isdigit() and len(port) < 6 and int(port) < 65536):
            raise Source("base_url", label(entry)).error(f"{port!r} is not a port from 1 to 65535")
        if int(port) == 0:
            del kept[entry]
    return kept


def _routed(entries: Mapping[str, str], label: Callable[[str], str]) -> Endpoint | None:
    """Make the URL of the entry that wins over the others."""
    name = next((entry for entry in (*_HOSTS, "single_port") if entry in entries), None)
    if name is None:
        return None
    source = Source("region" if name == "region" else "base_url", label(name))
    if name == "region":
        return Endpoint(_of_region(entries[name], source), source)
    host = entries[name]
    if name == "single_port":
        host = DEFAULT_BASE_URL.removeprefix("https://")
    elif set("/@") & set(host) or host.endswith(":"):
        # It may be a URL with a password, so it is not repeated.
        raise source.error("is not a host name alone", "For a whole URL set ARIZE_BASE_URL.")
    elif name == "base_domain":
        host = f"api.{host}"
    scheme = entries.get("api_scheme", "https")
    if scheme not in ("https", "http"):
        raise Source("base_url", label("api_scheme")).error(f"{scheme!r} is neither https nor http")
    # The port for all services counts where the API has none of its own.
    port = entries.get("api_port") or entries.get("single_port")
    return Endpoint(f"{scheme}://{host}" + (f":{port}" if port else ""), source)


def _of_region(region: str, source: Source) -> str:
    text = str(region).strip()
    name = REGION_ALIASES.get(text.upper(), text)
    if name not in REGIONS:
        raise source.error(f"{region!r} is not one of {', '.join((*REGIONS, *REGION_ALIASES))}")
    return f"https://api.{name}.arize.com"


def unread_variables(environ: Mapping[str, str]) -> list[str]:
    """Find variables that look as if they named the endpoint, but are not read.

    Args:
        environ: The environment.

    Returns:
        Their names. What Arize's SDK reads for other services than this API is not among them.
    """
    return sorted(
        name
        for name, value in environ.items()
        if name.startswith("ARIZE_")
        and value.strip()
        and name not in _READ
        and not name.removeprefix("ARIZE_").startswith(_OTHER_SERVICES)
        and _LOOKS_LIKE_ROUTING.search(name)
    )


def unread_note(environ: Mapping[str, str]) -> str | None:
    """Say which variables look as if they named the endpoint, but are not read.

    Args:
        environ: The environment.

    Returns:
        A sentence; None where there are none.
    """
    unread = unread_variables(environ)
    expected = f"the endpoint is named by {', '.join(ENDPOINT_VARIABLES)}"
    return f"not read, though set: {', '.join(unread)}; {expected}" if unread else None


def not_blank(value: str, source: Source) -> str:
    """Check that a text is not blank, and strip it."""
    if not isinstance(value, str) or not value.strip():
        raise source.error(f"expected a text that is not blank, got {value!r}")
    return value.strip()


def checked_url(endpoint: Endpoint, *, allow_insecure_http: bool) -> str:
    """Check the URL of an endpoint that is not local."""
    text, source = endpoint
    url = split_url(text, source, ("https", "http"))
    if url.username is not None or "?" in text or "#" in text:
        shown = f"{url.scheme}://{url.hostname}{url.path}"
        problem = f"{shown!r} has more than scheme, host, port and path"
        raise source.error(problem, "Leave user, query and fragment out.")
    if url.scheme == "http" and not allow_insecure_http and not is_loopback(url.hostname or ""):
        problem = f"{text!r} would send the API key unencrypted"
        raise source.error(problem, "Use https://, or pass allow_insecure_http=True.")
    return text.rstrip("/")


def split_url(text: str, source: Source, schemes: tuple[str, ...]) -> SplitResult:
    """Split a URL, refusing one that httpx could not use either."""
    try:
        url = urlsplit(text)
        _ = httpx.URL(text).host  # Decoded here, and refused when it is no international name.
        name_on_the_net = (url.hostname or "").rstrip(".").encode("idna")
        well_formed = bool(name_on_the_net) and url.port != 0 and not re.search(r"[\s\\]", text)
    except (ValueError, httpx.InvalidURL):
        well_formed = False
    if not well_formed or url.scheme not in schemes:
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        # A malformed URL may hold a password, in whatever place: it is not repeated.
        raise source.error(f"is not a well-formed URL; expected {expected}host[:port]")
    return url


def endpoint_of(url: str, sandbox: str | None = None) -> dict[str, str | int]:
    """Give an endpoint in the parts by which it is told from others.

    Args:
        url: A base URL that was checked.
        sandbox: What tells a local account from others, where it is one.

    Returns:
        ``scheme``, ``host``, ``port`` and ``path``, or ``sandbox`` alone. No user or password is among them.
    """
    if sandbox is not None:
        return {"sandbox": sandbox}
    parts = httpx.URL(url)
    return {
        "scheme": parts.scheme,
        "host": parts.raw_host.decode("ascii").rstrip("."),
        "port": parts.port or {"http": 80, "https": 443}[parts.scheme],
        "path": parts.raw_path.decode("ascii").rstrip("/"),
    }


def is_loopback(host: str) -> bool:
    """Tell whether traffic to a host stays on this machine.

    Args:
        host: A host name or an IP address.

    Returns:
        True for localhost, names under it, and loopback addresses.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
