"""What became of the inputs of a call: results, `Outcomes` that hold them, and how an error carries them."""

from __future__ import annotations

import json
from collections import Counter, deque
from types import TracebackType
from typing import Any, Protocol

from attrs import frozen

from .enums import ActionStatus, CreationStatus, DeletionStatus, LookupStatus, WriteStatus
from .errors import ArizeError, BulkInterrupted, InvalidArgumentError


class _HasDict(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


class Document:
    """Adds `to_json` to a class that has ``to_dict``."""

    __slots__ = ()

    def to_json(self: _HasDict, *, indent: int | None = None) -> str:
        """Give what ``to_dict`` gives, as JSON text.

        Args:
            indent: Spaces for each level; None writes one line.

        Returns:
            The JSON text, in Unicode.
        """
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)


@frozen(kw_only=True)
class UserResult(Document):
    """What became of one user, or of one input that names a user: the base of all results.

    Args:
        user_id: The id; None where it is not known.
        email: The address as the caller spelled it; None where an id was given.
        status: What became of it.
        error: Why it is not done, or how to find out, on one line; None where there is nothing to say.
    """

    user_id: str | None = None
    email: str | None = None
    status: DeletionStatus | WriteStatus | CreationStatus | LookupStatus | ActionStatus
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give all four fields.

        Returns:
            The fields by name; those that do not apply are None.
        """
        return {
            "user_id": self.user_id,
            "email": self.email,
            "status": str(self.status),
            "error": self.error,
        }


@frozen(kw_only=True)
class BulkUserDeletionResult(UserResult):
    """What became of one id or email given to ``users.bulk_delete``.

    ``email`` is as the caller spelled it, None for an id; ``user_id`` is None for an email that no
    user has. ``error`` is None for ``DELETED`` and ``NOT_FOUND``.
    """

    status: DeletionStatus


class Ledger(Protocol):
    """Where one call writes down what becomes of each of its inputs."""

    def results(self) -> list[Any]:
        """Give the result of each distinct input, in the order of first mention."""

    def pending_ids(self) -> list[str]:
        """Give the ids for which no request was sent."""

    def pending_emails(self) -> list[str]:
        """Give the emails for which no request was sent, as the caller spelled them."""


@frozen
class _Snapshot:
    """A ledger that does not change any more."""

    _results: list[Any]
    _pending_ids: list[str]
    _pending_emails: list[str]

    def results(self) -> list[Any]:
        return list(self._results)

    def pending_ids(self) -> list[str]:
        return list(self._pending_ids)

    def pending_emails(self) -> list[str]:
        return list(self._pending_emails)


_EMPTY = _Snapshot([], [], [])


class Outcomes(Document):
    """What became of each input of one call: true at every moment, whatever ends the call.

    Pass a new one to a bulk operation, or ask `outcomes_of` for that of an error. It is filled as outcomes
    happen, also where a cancel scope swallows the exception, and may be read from any thread.
    """

    def __init__(self) -> None:
        self._ledger: Ledger = _EMPTY

    @property
    def results(self) -> list[UserResult]:
        """The result of each distinct input, in the order of first mention.

        Ids come first, then emails. The same id twice is one input. Spellings of an email that differ in
        ASCII case are one, too, unless the account holds both. What is created or changed has one result for
        each entry, in the caller's order.
        """
        return self._ledger.results()

    @property
    def pending_ids(self) -> list[str]:
        """The ids for which a bulk operation sent no request."""
        return self._ledger.pending_ids()

    @property
    def pending_emails(self) -> list[str]:
        """The emails for which a bulk operation sent no request, as the caller spelled them."""
        return self._ledger.pending_emails()

    @property
    def unknown(self) -> list[UserResult]:
        """The results of status UNKNOWN: a request was sent, and its answer never came."""
        return [one for one in self.results if one.status == WriteStatus.UNKNOWN]

    def to_dict(self) -> dict[str, Any]:
        """Give every result.

        Returns:
            ``results``, one document for each input.
        """
        return {"results": [one.to_dict() for one in self.results]}

    def __repr__(self) -> str:
        return f"Outcomes({_counted(self.results) or 'empty'})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.results, self.pending_ids, self.pending_emails)


def _counted(results: list[UserResult]) -> str:
    counts = Counter(str(one.status).replace("_", " ") for one in results)
    return ", ".join(f"{count:,} {status}" for status, count in counts.items())


def _note(results: list[UserResult]) -> str:
    if len(results) == 1 and results[0].error:
        return results[0].error
    return f"Outcomes: {_counted(results)}; arize_users.outcomes_of(error) gives each."


def _restored(results: list[Any], pending_ids: list[str], pending_emails: list[str]) -> Outcomes:
    outcomes = Outcomes()
    if results:
        outcomes._ledger = _Snapshot(results, pending_ids, pending_emails)
    return outcomes


def filled_by(ledger: Ledger, outcomes: Outcomes | None = None) -> Outcomes:
    """Tie a caller's object, or a new one, to the ledger of a call.

    Raises:
        InvalidArgumentError: It is no `Outcomes`, or holds those of another call.
    """
    if outcomes is None:
        outcomes = Outcomes()
    if not isinstance(outcomes, Outcomes):
        raise InvalidArgumentError(
            f"expected an Outcomes object, got {type(outcomes).__name__}", argument="outcomes"
        )
    if outcomes._ledger is not _EMPTY:
        raise InvalidArgumentError(
            "holds the outcomes of another call", argument="outcomes", hint="Make a new one for each call."
        )
    outcomes._ledger = ledger
    return outcomes


class carrying:  # noqa: N801 - read as a clause: with carrying(outcomes)
    """Lets every exception that leaves the block carry outcomes; see `outcomes_of`."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None:
            return
        error.__dict__[_CARRIED] = self._outcomes
        # An error of ours says what became of a single write, and BulkInterrupted of a batch.
        results = self._outcomes.results
        if not isinstance(error, BulkInterrupted) and (len(results) > 1 or not isinstance(error, ArizeError)):
            note = _note(results)
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)


_CARRIED = "_arize_users_outcomes"


def outcomes_of(error: BaseException) -> Outcomes | None:
    """Find the outcomes of the call that an exception came out of.

    A bulk operation gives the object that fills its ``outcomes``. A single create, update, delete,
    invitation or password reset gives one with a single result.

    Args:
        error: The exception; its causes, its contexts, and those in a group are searched, too.

    Returns:
        The outcomes, those nearest to the exception first; None where there are none.
    """
    waiting, seen = deque([error]), set[int]()
    while waiting:
        one = waiting.popleft()
        if id(one) in seen:
            continue
        seen.add(id(one))
        outcomes = getattr(one, _CARRIED, None)
        if isinstance(outcomes, Outcomes):
            return outcomes
        inner = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting.extend(next_one for next_one in (one.__cause__, one.__context__, *inner) if next_one)
    return None
