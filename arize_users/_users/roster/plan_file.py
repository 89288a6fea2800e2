"""A plan as a document, and as a file that shows whether it was changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import asdict, fields

from ..._frames import in_utc
from ...enums import ActionKind
from ...types import iso_time
from .files import write_to
from .locked_file import file_error
from .parts import Action, Cannot, Guards, LeftAlone, Refusal

if TYPE_CHECKING:
    from .plan import Plan

T = TypeVar("T")

FORMAT = "arize-users plan"
VERSION = 1
LARGEST = 256 * 1024 * 1024
"""Bytes of a file that is read; the plan of 100,000 people has a fifth of that."""


def document_of(plan: Plan) -> dict[str, Any]:
    """Give a plan as a document, without the digest."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "endpoint": dict(plan.endpoint),
        "created_at": iso_time(plan.created_at),
        "guards": {**asdict(plan.guards), "keep": list(plan.guards.keep)},
        "source": plan.source,
        "listed": plan.listed,
        "people": plan.people,
        "skipped": plan.skipped,
        "unchanged": plan.unchanged,
        "actions": [one.to_dict() for one in plan.actions],
        "cannot": [asdict(one) for one in plan.cannot],
        "left_alone": [asdict(one) for one in plan.left_alone],
        "renamed": [list(pair) for pair in plan.renamed],
        "missing": list(plan.missing),
        "witnesses": list(plan.witnesses),
        "oldest": plan.oldest,
        "admins": list(plan.admins),
        "refusals": [asdict(one) for one in plan.refusals],
        "notes": list(plan.notes),
    }


def signed_document(plan: Plan) -> dict[str, Any]:
    """Give a plan as a document, with the digest."""
    document = document_of(plan)
    return {**document, "sha256": digest_of(document)}


def digest_of(document: Mapping[str, Any]) -> str:
    """Give the SHA-256 over the canonical JSON of a document: sorted keys, no blanks, ASCII alone."""
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def write_document(document: Mapping[str, Any], path: Path) -> None:
    """Write a document to a file that only its owner may read, whole or not at all.

    Raises:
        JournalError: It cannot be written.
    """
    # What UTF-8 lacks, a lone surrogate in a name, comes out as its escape in JSON.
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is no plain file")
        write_to(path, text.encode("utf-8", "backslashreplace"), mode=0o600)
    except (OSError, ValueError) as error:
        raise file_error(path, f"cannot be written: {_reason(error)}", _CHOOSE) from error


_CHOOSE = "Choose another place for it; nothing has been done."
_AGAIN = "Plan again, and save that plan."


def read_fields(path: Path) -> dict[str, Any]:
    """Read the fields of a plan from a file.

    Raises:
        JournalError: It cannot be read, is no plan or one of another version, or was changed.
    """
    try:
        document = _parsed(_bytes(path))
        _check_identity(document)
        return _fields(_Place(document))
    except OSError as error:
        raise file_error(path, f"cannot be read: {_reason(error)}") from error
    except _Bad as problem:
        raise file_error(path, str(problem), problem.hint) from None


class _Bad(Exception):
    """A file is no plan; the message says what and where, without values."""

    def __init__(self, message: str, hint: str = _AGAIN) -> None:
        super().__init__(message)
        self.hint = hint


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # Opening a pipe would wait for somebody to write to it.
        raise _Bad("is no plain file", "Name the file that the plan was saved to.")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _Bad(f"is larger than any plan: more than {LARGEST:,} bytes")
    return content


def _parsed(content: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(pairs)
        if len(document) < len(pairs):
            raise _Bad("is damaged: an object in it has a name twice")
        return document

    def refuse(constant: str) -> Any:
        raise _Bad(f"is damaged: it holds {constant}, which is no JSON")

    try:
        document = json.loads(content.decode(), object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise _Bad("is not a plan, or was cut off: it holds no JSON in UTF-8") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _Bad("is not a plan", "Name the file that the plan was saved to.")
    return document


def _check_identity(document: dict[str, Any]) -> None:
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise _Bad(
            f"is a plan of version {version!r:.40}, and this version of arize-users reads {VERSION}",
            "Plan again with this version, or apply it with the version that made it.",
        )
    digest = document.pop("sha256", None)
    try:
        expected = digest_of(document)
    except (ValueError, RecursionError) as error:
        raise _Bad("is damaged: it holds what no plan does") from error
    if digest != expected:
        raise _Bad("was changed or damaged after it was saved: its digest does not fit")


def _misshapen(what: str) -> _Bad:
    return _Bad(f"is no plan as this version writes it: {what}")


class _Place:
    """A value in a document, and where it stands."""

    def __init__(self, value: Any, where: str = "the plan") -> None:
        self.value = value
        self.where = where

    def bad(self, expected: str) -> _Bad:
        return _misshapen(f"{self.where} is not {expected}")

    def of_type(self, kind: type[T], expected: str) -> T:
        if type(self.value) is not kind:
            raise self.bad(expected)
        return self.value

    def text(self) -> str:
        return self.of_type(str, "text")

    def optional_text(self) -> str | None:
        return None if self.value is None else self.text()

    def flag(self) -> bool:
        return self.of_type(bool, "true or false")

    def count(self) -> int:
        if self.of_type(int, "a number") < 0:
            raise self.bad("a number from 0 up")
        return int(self.value)

    def optional_count(self) -> int | None:
        return None if self.value is None else self.count()

    def items(self, read: Callable[[_Place], T]) -> tuple[T, ...]:
        values = self.of_type(list, "a list")
        return tuple([read(_Place(one, f"{self.where}[{index}]")) for index, one in enumerate(values)])

    def members(self, **readers: Callable[[_Place], Any]) -> dict[str, Any]:
        """Read an object that has these members and no other."""
        document = self.of_type(dict, "an object")
        prefix = "" if self.where == "the plan" else f"{self.where}."
        for name in sorted(document.keys() ^ readers.keys()):
            raise _misshapen(f"{prefix}{name} is {'missing' if name in readers else 'not known'}")
        return {name: read(_Place(document[name], f"{prefix}{name}")) for name, read in readers.items()}


def _fields(place: _Place) -> dict[str, Any]:
    texts, optional, count = _list_of(_Place.text), _Place.optional_text, _Place.count
    members = place.members(
        format=_Place.text,
        version=_Place.count,
        endpoint=_endpoint,
        created_at=_time,
        guards=_guards,
        source=optional,
        listed=count,
        people=count,
        skipped=count,
        unchanged=count,
        actions=_list_of(_action),
        cannot=_list_of(_cannot),
        left_alone=_list_of(_left_alone),
        renamed=_list_of(_pair),
        missing=texts,
        witnesses=texts,
        oldest=optional,
        admins=texts,
        refusals=_list_of(_refusal),
        notes=texts,
    )
    del members["format"], members["version"]
    return members


def _list_of(read: Callable[[_Place], T]) -> Callable[[_Place], tuple[T, ...]]:
    return lambda place: place.items(read)


def _endpoint(place: _Place) -> dict[str, Any]:
    if "sandbox" in place.of_type(dict, "an object"):
        return place.members(sandbox=_Place.text)
    return place.members(scheme=_Place.text, host=_Place.text, port=_Place.count, path=_Place.text)


def _time(place: _Place) -> datetime:
    try:
        moment = datetime.fromisoformat(place.text())
    except ValueError:
        raise place.bad("a time") from None
    if moment.tzinfo is None or in_utc(moment) is None:
        raise place.bad("a time with its zone")
    return moment


def _guards(place: _Place) -> Guards:
    def limit(place: _Place) -> int | str | None:
        return place.text() if isinstance(place.value, str) else place.optional_count()

    return Guards(
        **place.members(
            remove_missing=_Place.flag,
            remove_renamed=_Place.flag,
            max_removals=limit,
            keep=_list_of(_Place.text),
            min_admins=_Place.count,
        )
    )


def _kind(place: _Place) -> ActionKind:
    try:
        return ActionKind(place.text())
    except ValueError:
        raise place.bad(f"one of {', '.join(ActionKind)}") from None


_ROLE = {"type": _Place.text, "name": _Place.text, "id": _Place.text}
_STATE: Mapping[str, Callable[[_Place], Any]] = {
    "email": _Place.text,
    "name": _Place.text,
    "status": _Place.text,
    "role": lambda place: _some_of(place, _ROLE),
    "is_developer": _Place.flag,
    "created_at": _Place.text,
}
_SENT: Mapping[str, Callable[[_Place], Any]] = {
    **{name: _STATE[name] for name in ("email", "name", "role", "is_developer")},
    "invite_mode": _Place.text,
}
_NEEDED = ("email", "name", "role", "invite_mode")
"""What an invitation has to hold in `after`."""


def _some_of(place: _Place, readers: Mapping[str, Callable[[_Place], Any]]) -> dict[str, Any]:
    present = place.of_type(dict, "an object")
    return place.members(**{name: readers[name] for name in present if name in readers})


def _action(place: _Place) -> Action:
    members = place.members(
        kind=_kind,
        user_id=_Place.optional_text,
        before=lambda place: _some_of(place, _STATE),
        after=lambda place: _some_of(place, _SENT),
    )
    action = Action(**members)
    if action.kind in (ActionKind.INVITE, ActionKind.REINVITE):
        for name in _NEEDED:
            if name not in action.after:
                raise _misshapen(f"{place.where}.after.{name} is missing")
    if (action.user_id is None) != (action.kind is ActionKind.INVITE):
        raise _misshapen(f"{place.where}.user_id does not go with {action.kind}")
    return action


def _cannot(place: _Place) -> Cannot:
    return Cannot(**_person(place, line=_Place.optional_count))


def _left_alone(place: _Place) -> LeftAlone:
    return LeftAlone(**_person(place))


def _person(place: _Place, **more: Callable[[_Place], Any]) -> dict[str, Any]:
    optional = _Place.optional_text
    return place.members(email=optional, name=optional, user_id=optional, reason=_Place.text, **more)


def _refusal(place: _Place) -> Refusal:
    return Refusal(**place.members(**{one.name: _Place.text for one in fields(Refusal)}))


def _pair(place: _Place) -> tuple[str, str]:
    values = place.items(_Place.text)
    if len(values) != 2:
        raise place.bad("a pair")
    return values[0], values[1]
