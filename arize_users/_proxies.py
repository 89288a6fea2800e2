"""Which proxy of the environment a URL goes through: the usual variables, NO_PROXY among them."""

from __future__ import annotations

import re
import sys
import warnings
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from .errors import ConfigurationWarning

_DEFAULT_PORTS = {"http": 80, "https": 443}
# An optional scheme; a host, an address, or an IPv6 address in brackets; an optional length of a network; an
# optional port. An IPv6 address without brackets can have no port.
_ENTRY = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?"
    r"(?:\[(?P<bracketed>[^\]/]+)\]|(?P<bare>[^\[\]/:]*:[^\[\]/]*:[^\[\]/]*)|(?P<host>[^\[\]/:@]+))"
    r"(?:/(?P<length>[0-9]{1,3}))?(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE,
)
# What a domain's name is made of; the last part of a name is never a number.
_DOMAIN = re.compile(r"(?:[\w-]+\.)*(?![0-9]+$)[\w-]+")


def environment_proxy(url: str) -> str | None:
    """Choose the environment's proxy for a URL.

    Args:
        url: The URL.

    Returns:
        The proxy, as the environment spells it; None for none.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    # Where no variable is set, macOS and Windows have settings and a syntax of their own.
    variables = getproxies_environment()
    is_direct = _is_listed(parts, variables.get("no", "")) if variables else proxy_bypass(parts.netloc)
    return None if is_direct else proxy


class _Entry(NamedTuple):
    """An entry of NO_PROXY. ``target`` is a domain, "" for any host, or a network of one address or more."""

    scheme: str | None
    target: str | IPv4Network | IPv6Network
    port: int | None

    def covers(self, url: SplitResult, host: str | IPv4Address | IPv6Address) -> bool:
        if self.scheme not in (None, "all", url.scheme):
            return False
        if self.port not in (None, url.port or _DEFAULT_PORTS.get(url.scheme)):
            return False
        if isinstance(self.target, str):
            return not self.target or f".{host}".endswith(f".{self.target}")
        return not isinstance(host, str) and host in self.target


def _is_listed(url: SplitResult, no_proxy: str) -> bool:
    """Tell whether NO_PROXY has an entry for a URL, and warn of entries that cannot be read."""
    host = _host(url.hostname or "")
    entries: list[_Entry] = []
    unread: list[str] = []
    for text in re.split(r"[\s,]+", no_proxy):
        if text:
            try:
                entries.append(_entry(text))
            except ValueError:
                unread.append(re.sub(r".*@", "...@", text))
    if unread:
        warnings.warn(
            f"NO_PROXY: {', '.join(map(repr, unread))} cannot be read and is skipped. An entry is a domain, "
            "an IP address, a network such as 10.0.0.0/8, each with or without a port, or *.",
            ConfigurationWarning,
            stacklevel=_depth_of_caller(),
        )
    return any(entry.covers(url, host) for entry in entries)


def _entry(text: str) -> _Entry:
    """Read an entry.

    Raises:
        ValueError: It cannot be read.
    """
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise ValueError
    scheme, port, length = found["scheme"], found["port"], found["length"]
    if port is not None and not 0 < int(port) < 65536:
        raise ValueError
    host = _host(found["bracketed"] or found["bare"] or found["host"].removeprefix("*.").removeprefix("."))
    target: str | IPv4Network | IPv6Network
    if not isinstance(host, str):
        target = ip_network(f"{host}/{length}" if length else host, strict=False)
    elif length is None and found["host"] and (host == "*" or _DOMAIN.fullmatch(host)):
        target = host.removeprefix("*")
    else:
        raise ValueError
    return _Entry(scheme and scheme.lower(), target, None if port is None else int(port))


def _host(name: str) -> str | IPv4Address | IPv6Address:
    """Give the address that a host is named by, or its name as DNS has it."""
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        name = name.rstrip(".").lower()
        try:
            return name if name.isascii() else name.encode("idna").decode()
        except UnicodeError:  # A part is empty or too long: no such host is ever found.
            return name
    # ::ffff:10.0.0.1 is how IPv6 says 10.0.0.1.
    return getattr(address, "ipv4_mapped", None) or address


def _depth_of_caller() -> int:
    """Count the frames up to the first one outside of this package, for the ``stacklevel`` of a warning."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(f"{__package__}."):
        depth, frame = depth + 1, frame.f_back
    return depth
