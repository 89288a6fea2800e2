"""What the checks share: clients whose requests are recorded, the judge of the answers, and the report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, ParamSpec, Self, TypeVar

import httpx

from arize_users import AmbiguousEmailError, APIConnectionError, ArizeClient, ArizeError, ResponseDecodeError
from arize_users.config import Settings

from .findings import NOTES, Finding, Kind, Report
from .judge import Judge, generations
from .recorder import Exchange, Recorder
from .spec import Spec

P = ParamSpec("P")
T = TypeVar("T")

_ACCEPT = "application/json, application/problem+json"


class CannotCheckError(Exception):
    """There is nothing to check: no connection, no such API, or a key that may not even list."""


class SkippedError(Exception):
    """A check does not apply to this account; the text says why."""


class Session:
    """One run against one deployment.

    Args:
        settings: Where the deployment is and how to reach it.
        spec: The contract.
        report: Where the findings go.
        connect: Makes a client with the same settings; takes its transport and another key.
    """

    def __init__(
        self, settings: Settings, spec: Spec, report: Report, connect: Callable[..., ArizeClient]
    ) -> None:
        self.report = report
        self._last: Exchange | None = None
        self._connect = connect
        self._opened = ExitStack()
        self._recorder = Recorder(settings)
        self._opened.callback(self._recorder.close)
        self._judge = Judge(spec, settings.request_url)
        self.client: ArizeClient = self.connect()
        self._plain_client = self._opened.enter_context(
            httpx.Client(
                base_url=settings.request_url,
                headers={"Authorization": f"Bearer {settings.api_key}", "Accept": _ACCEPT},
                timeout=settings.timeout,
                transport=self._recorder,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.report.requests = self._recorder.count
        self._opened.close()

    def connect(self, **options: Any) -> ArizeClient:
        """Open one more client whose requests are recorded."""
        return self._opened.enter_context(self._connect(transport=self._recorder, **options))

    def check_access(self) -> None:
        """Make sure that the deployment answers and that the key may list. The answer is not judged.

        Raises:
            CannotCheckError: There is no answer, no such API, the key may not list, or the deployment limits
                the rate.
        """
        try:
            self.call_unjudged(self.client.users.list, limit=1)
        except ArizeError as error:
            status = getattr(error, "status_code", 0)
            # No list is answered with 404 or a redirect: the URL is wrong.
            is_elsewhere = status == 404 or 300 <= status < 400
            if isinstance(error, APIConnectionError) or is_elsewhere or status in (401, 403, 429):
                raise CannotCheckError(str(error)) from error

    @contextmanager
    def check(self, name: str) -> Iterator[None]:
        """Run the body as one check and report its outcome."""
        before = self.report.deviations()
        self.report.checks[name] = "stopped"
        try:
            yield
        except SkippedError as reason:
            self.report.checks[name] = "skipped"
            self.report.add(Finding(Kind.UNCHECKED, name, None, "", str(reason)))
            return
        found = set(self.report.deviations() - before)
        outcome = "other case" if found == {Kind.CASE} else "deviates"
        self.report.checks[name] = outcome if found else "ok"

    def call(
        self, expect: int | Collection[int], method: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Call a method of the client and judge the answers to all its requests.

        Args:
            expect: The status, or those of which one, the last answer must have.
            method: What to call.
            *args: Its arguments.
            **kwargs: Its keyword arguments.

        Returns:
            What the method returned; None where it failed.

        Raises:
            SkippedError: The client refuses the arguments, two users match an email, or the deployment
                limits the rate.
        """
        result: T | None = None
        is_readable, is_ambiguous = True, False
        try:
            result = method(*args, **kwargs)
        except ResponseDecodeError:
            is_readable = False
        except AmbiguousEmailError:
            is_ambiguous = True
        except ArizeError:
            pass
        if self._judge_exchanges(expect) and not is_readable:
            # The client has to understand whatever the contract allows.
            self.report_broken_rule("the client cannot read it")
        if is_ambiguous:
            raise SkippedError("the account holds emails that differ in case alone")
        return result

    def call_unjudged(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method without judging the answers."""
        try:
            return method(*args, **kwargs)
        finally:
            self._recorder.take()

    def send(self, expect: int | Collection[int], method: str, path: str, **request: Any) -> None:
        """Send a request that the client would refuse to send, and judge the answer."""
        try:
            self._plain_client.request(method, path, **request)
        except httpx.HTTPError:
            pass  # The recorder has it, and that there was no answer is a finding.
        self._judge_exchanges(expect)

    def report_broken_rule(self, rule: str) -> None:
        """Report a rule that the last answer breaks."""
        assert self._last is not None, "a rule is broken by an answer"
        name = self._judge.name(self._last.request)
        self.report.add(Finding(Kind.RULE, name, self._last.status, "", rule))

    def _judge_exchanges(self, expect: int | Collection[int]) -> bool:
        """Report what deviates; return whether nothing does."""
        expected = (expect,) if isinstance(expect, int) else expect
        exchanges = self._recorder.take()
        if not exchanges:
            raise SkippedError("the client refuses to ask for what this account holds")
        *before, self._last = exchanges
        status = self._last.status
        is_limited = status == httpx.codes.TOO_MANY_REQUESTS and status not in expected
        found = [finding for exchange in before for finding in self._judge.findings(exchange)]
        found += self._judge.findings(self._last, () if is_limited else expected)
        self.report.generations.update(*map(generations, exchanges))
        for finding in found:
            self.report.add(finding)
        if is_limited:
            raise SkippedError("the deployment asks to slow down (429)")
        return all(finding.kind in NOTES for finding in found)
