"""What the checks share: clients whose traffic is recorded, a judge of it, and the report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self, TypeVar

import httpx

from arize_users import (
    APIConnectionError,
    ArizeClient,
    ArizeError,
    ForbiddenError,
    RateLimitError,
    ResponseDecodeError,
    UnauthorizedError,
)
from arize_users.config import Settings

from .findings import NOTES, Finding, Kind, Report
from .judge import Judge
from .spec import Spec
from .wire import Exchange, Recorder, base_url_of, open_network

T = TypeVar("T")


class CannotCheckError(Exception):
    """There is nothing to check: no connection, or a key that may not even list."""


class SkippedError(Exception):
    """This account has nothing to do a check with; the text says what."""


class Session:
    """One run against one deployment.

    ``connect`` makes a client with the run's own settings, but for the transport and, where given, the key.
    """

    def __init__(
        self, settings: Settings, spec: Spec, report: Report, connect: Callable[..., ArizeClient]
    ) -> None:
        self.report = report
        self._last: Exchange | None = None
        self._connect = connect
        self._opened = ExitStack()
        self._recorder = Recorder(open_network(settings))
        self._opened.callback(self._recorder.close)
        base_url = base_url_of(settings)
        self._judge = Judge(spec, base_url)
        self.client = self.connected()
        self._bare = self._opened.enter_context(
            httpx.Client(
                base_url=base_url,
                headers={"Authorization": f"Bearer {settings.api_key}", "Accept": "application/json"},
                timeout=settings.timeout,
                transport=self._recorder,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.report.requests = self._recorder.count
        self._opened.close()

    def connected(self, **differently: Any) -> ArizeClient:
        """Make a client whose traffic is judged like all other."""
        client = self._connect(transport=self._recorder, **differently)
        return self._opened.enter_context(client)

    def greet(self) -> None:
        """See whether the deployment answers and the key may list; judged by the checks, not here.

        Raises:
            CannotCheckError: it does not, or may not.
        """
        try:
            self.client.users.list(limit=1)
        except (APIConnectionError, ForbiddenError, RateLimitError, UnauthorizedError) as error:
            raise CannotCheckError(str(error)) from error
        except ArizeError:
            pass
        self._recorder.take()

    @contextmanager
    def check(self, name: str) -> Iterator[None]:
        """Do one check and note how it went."""
        before = self.report.counts()
        self.report.checks[name] = "stopped"
        try:
            yield
        except SkippedError as reason:
            self.report.checks[name] = "skipped"
            self.report.add(Finding(Kind.UNCHECKED, name, None, "", str(reason)))
            return
        found = self.report.counts() - before
        self.report.checks[name] = _outcome(found.keys())

    def ask(self, call: Callable[[], T], *, expect: int | Collection[int] = 200) -> T | None:
        """Call the layer, judge all that went over the wire, and give the result; None for a failure.

        ``expect`` is the status, or one of those, that the last answer must have.
        """
        failure: ArizeError | None = None
        result: T | None = None
        try:
            result = call()
        except ArizeError as error:
            failure = error
        conforms = self._judge_exchanges(expect)
        if isinstance(failure, ResponseDecodeError) and conforms:
            # Whatever the contract lets through, the client has to understand.
            self.broken("the client cannot read it")
        return result

    def send(self, method: str, path: str, *, expect: int | Collection[int], **request: Any) -> None:
        """Send what the layer would refuse to send, and judge the answer."""
        try:
            self._bare.request(method, path, **request)
        except httpx.HTTPError:
            pass  # The exchange without an answer is judged as one.
        self._judge_exchanges(expect)

    def quietly(self, call: Callable[[], T]) -> T:
        """Call the layer without judging it."""
        try:
            return call()
        finally:
            self._recorder.take()

    def broken(self, rule: str) -> None:
        """Report a rule that the last answer breaks."""
        self._add(Kind.RULE, rule)

    def _judge_exchanges(self, expect: int | Collection[int]) -> bool:
        """Report what deviates; tell whether nothing does."""
        wanted = {expect} if isinstance(expect, int) else set(expect)
        exchanges = self._recorder.take()
        if not exchanges:
            raise SkippedError("the client refuses to ask for what this account holds")
        self._last = exchanges[-1]
        found = [finding for exchange in exchanges for finding in self._judge.findings(exchange)]
        for finding in found:
            self.report.add(finding)
        status = self._status
        if status == httpx.codes.TOO_MANY_REQUESTS and status not in wanted:
            raise SkippedError("the deployment asks to slow down (429)")
        conforms = all(finding.kind in NOTES for finding in found)
        if status is not None and status not in wanted and self._judge.documents(self._last):
            self._add(Kind.STATUS, f"expected {' or '.join(map(str, sorted(wanted)))}")
            conforms = False
        return conforms

    @property
    def _status(self) -> int | None:
        answer = self._last.response if self._last else None
        return None if answer is None else answer.status_code

    def _add(self, kind: Kind, detail: str) -> None:
        name = self._judge.name(self._last.request) if self._last else ""
        self.report.add(Finding(kind, name, self._status, "", detail))


def _outcome(found: Collection[Kind]) -> str:
    if not found:
        return "ok"
    return "other case" if set(found) == {Kind.CASE} else "deviates"
