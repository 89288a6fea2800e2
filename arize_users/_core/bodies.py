"""Reads the bodies of answers: whole, decompressed, in time, and up to a size."""

from __future__ import annotations

import math
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from .runtime import monotonic

LONGEST_BODY = 16 * 2**20
"""Bytes, of what it is when it is decompressed; the rest of a longer body is not read."""

_CUT_OFF = "arize_users.cut_off"
_UNREAD = "arize_users.unread"


def read(response: httpx.Response, deadline: float = math.inf) -> httpx.Response:
    """Read the body, until a monotonic time, and close the response.

    A refusal whose body cannot be read has an empty one: its status says what the server did.

    Raises:
        httpx.TransportError: The body of a success did not come, or not in time.
    """
    if response.is_closed:  # An event hook has read it.
        response.read()
        return response
    body = _Body(response, deadline)
    try:
        return body.whole(response.read() if body.is_plain else b"".join(response.iter_raw()))
    except httpx.TransportError:
        if response.is_success:
            raise
        return with_body(response, b"")
    finally:
        response.close()


async def aread(response: httpx.Response) -> httpx.Response:
    """Do the same for an async client, whose caller has a deadline."""
    if response.is_closed:
        await response.aread()
        return response
    body = _Body(response)
    try:
        if body.is_plain:
            return body.whole(await response.aread())
        return body.whole(b"".join([part async for part in response.aiter_raw()]))
    except httpx.TransportError:
        if response.is_success:
            raise
        return with_body(response, b"")
    finally:
        await response.aclose()


def is_cut_off(response: httpx.Response) -> bool:
    """Tell whether the body was longer than `LONGEST_BODY`."""
    return _CUT_OFF in response.extensions


def unread(response: httpx.Response) -> httpx.Response:
    """Give a copy of a response whose body is lost: nobody knows what it was."""
    copy = with_body(response, b"")
    copy.extensions[_UNREAD] = True
    return copy


def is_unread(response: httpx.Response) -> bool:
    """Tell whether the body is lost."""
    return _UNREAD in response.extensions


def with_body(response: httpx.Response, body: bytes) -> httpx.Response:
    """Give a copy of a response with another body, which is not compressed."""
    headers = response.headers.copy()
    for name in ("content-encoding", "content-length"):
        headers.pop(name, None)
    return httpx.Response(response.status_code, headers=headers, content=body, extensions=response.extensions)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The stream of a response, which ends where it becomes too long."""

    def __init__(self, response: httpx.Response, deadline: float = math.inf) -> None:
        self.is_plain = "content-encoding" not in response.headers
        self._response = response
        self._deadline = deadline
        self._stream: Any = response.stream
        self._left = LONGEST_BODY
        response.stream = self

    def _keep(self, part: bytes) -> bytes:
        kept = part[: self._left]
        self._left -= len(kept)
        if len(kept) < len(part):
            self._cut_off()
        return kept

    def _cut_off(self) -> None:
        self._response.extensions[_CUT_OFF] = True

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if monotonic() >= self._deadline:
                raise httpx.ReadTimeout("timed out")
            yield self._keep(part)
            if is_cut_off(self._response):
                break

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield self._keep(part)
            if is_cut_off(self._response):
                break

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()

    def whole(self, body: bytes) -> httpx.Response:
        """Give the response with its body, decompressed where it is compressed as it says."""
        if self.is_plain:
            return self._response
        unpacked = _decompress(body, self._response.headers["content-encoding"])
        if len(unpacked) > LONGEST_BODY:
            self._cut_off()
        return with_body(self._response, unpacked[:LONGEST_BODY])


def _decompress(body: bytes, encoding: str) -> bytes:
    """Decompress a body up to one byte more than it may have; one that is not as it says stays as it is."""
    # Not by httpx, which decompresses each part whole, however large that becomes.
    windows = {"gzip": [zlib.MAX_WBITS | 16], "deflate": [zlib.MAX_WBITS, -zlib.MAX_WBITS]}
    for bits in windows.get(encoding.strip().lower(), []):
        try:
            return zlib.decompressobj(bits).decompress(body, LONGEST_BODY + 1)
        except zlib.error:
            pass
    return body
