"""Reading the bytes of a document from a file or an address, within bounds."""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path

import httpx

from specs.errors import SpecError

MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 120.0
MAX_REDIRECTS = 5


def fetched(source: str, *, transport: httpx.BaseTransport | None = None) -> bytes:
    """The bytes behind a file name or an address, at most 64 MiB.

    An address is https; plain http is taken from loopback only. `transport` replaces the network.

    Raises:
        SpecError: it cannot be read, is too large, or the address answers anything but 200.
    """
    if "://" in source:
        return _from_address(source, transport)
    return _from_file(Path(source))


def shown(source: str) -> str:
    """The source as it may be printed: an address without credentials and without its query."""
    if "://" not in source:
        return source
    try:
        return str(httpx.URL(source).copy_with(username=None, password=None, query=None, fragment=None))
    except httpx.InvalidURL:
        return source.partition("?")[0].rpartition("@")[2]


def _from_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise SpecError(f"{path}: larger than {MAX_BYTES} bytes")
    return content


def _from_address(source: str, transport: httpx.BaseTransport | None) -> bytes:
    try:
        url = httpx.URL(source)
    except httpx.InvalidURL as error:
        raise SpecError(f"{shown(source)}: {error}") from error
    loopback = _is_loopback(url.host)
    if url.scheme != "https" and not (url.scheme == "http" and loopback):
        raise SpecError(f"{shown(source)}: only https is fetched (http from loopback)")
    deadline = time.monotonic() + MAX_SECONDS
    # A proxy from the environment is right for the world outside and wrong for loopback.
    with httpx.Client(transport=transport, timeout=30.0, trust_env=not loopback) as client:
        try:
            return _followed(client, url, deadline)
        except httpx.HTTPError as error:
            raise SpecError(f"{shown(source)}: {str(error) or type(error).__name__}") from error


def _followed(client: httpx.Client, url: httpx.URL, deadline: float) -> bytes:
    for _ in range(MAX_REDIRECTS + 1):
        with client.stream("GET", url) as response:
            if not response.has_redirect_location:
                return _body(response, deadline)
            target = url.join(response.headers["Location"])
        if url.scheme != "https" or target.scheme != "https":
            raise SpecError(
                f"{shown(str(url))}: redirects to {shown(str(target))}, which is not https to https"
            )
        url = target
    raise SpecError(f"{shown(str(url))}: more than {MAX_REDIRECTS} redirects")


def _body(response: httpx.Response, deadline: float) -> bytes:
    where = shown(str(response.url))
    if response.status_code != httpx.codes.OK:
        raise SpecError(f"{where}: answered {response.status_code} {response.reason_phrase}".rstrip())
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise SpecError(f"{where}: answered HTML, not an OpenAPI document")
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_BYTES:
            raise SpecError(f"{where}: larger than {MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise SpecError(f"{where}: not finished within {MAX_SECONDS:.0f} seconds")
    return bytes(content)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
