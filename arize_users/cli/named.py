"""Whom a command line and a file of people name, found with few requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .errors import NO_SUCH_USER, REFUSED, USAGE, CommandError
from .people_files import Person, read_people
from .progress import Show
from .prompts import person
from .session import Session
from .terminal import say

if TYPE_CHECKING:
    from arize_users import BulkGetResult, DeletionStatus, User, UserResult, UsersClient, WriteStatus


class Named(NamedTuple):
    """Those whom a command line and its file name, each once.

    Args:
        people: The people.
        skipped: Says which lines were skipped as invalid, and why.
    """

    people: Sequence[Person]
    skipped: Sequence[str] = ()


def require_one(named: str | None, file: str | None) -> None:
    """Refuse a command line that names users in no way, or in two.

    Raises:
        CommandError: It does.
    """
    if named is None and file is None:
        raise CommandError(USAGE, "nobody is named: give a USER_ID or EMAIL, or a --file")
    if named is not None and file is not None:
        raise CommandError(USAGE, "--file names the users: a USER_ID or EMAIL does not go with it")


def named_people(
    entries: Sequence[str], file: str | None, *, skip_invalid: bool, is_for_deletion: bool = False
) -> Named:
    """Give those whom options name, and then those whom a file names.

    Raises:
        CommandError: The file cannot be used, or is for a deletion and names people who stay.
    """
    if skip_invalid and file is None:
        raise CommandError(USAGE, "--skip-invalid is about the lines of --file, which is not given")
    _check(entries)
    people = [Person(0, email=one) if is_address(one) else Person(0, user_id=one) for one in entries]
    skipped: Sequence[str] = ()
    if file is not None:
        of_file, skipped = read_people(file, skip_invalid=skip_invalid, is_for_deletion=is_for_deletion)
        people += of_file
    seen: dict[tuple[object, ...], Person] = {}
    for one in people:
        seen.setdefault(one[1:], one)
    return Named([*seen.values()], skipped)


def _check(entries: Iterable[str]) -> None:
    """Refuse what can be neither an id nor an address, all of it at once."""
    from arize_users import InvalidArgumentError
    from arize_users.roster import check_user

    problems = []
    for one in entries:
        try:
            check_user(one, "emails" if is_address(one) else "user_ids")
        except InvalidArgumentError as problem:
            problems.append(problem)
    if problems:
        first, *others = problems
        raise InvalidArgumentError(first.message, argument=first.argument, hint=first.hint, others=others)


def is_address(text: str) -> bool:
    """Tell an address from an id."""
    return "@" in text


def found_id(session: Session, users: UsersClient, named: str) -> str:
    """Give the id of the user whom an id or an address names, and say whom an address has found.

    Raises:
        CommandError: Nobody has the address.
        AmbiguousEmailError: Two users match it equally well.
    """
    if not is_address(named):
        return named
    user = got(session, users, named)
    user_id = getattr(user, "id", None)
    if not user_id:
        raise CommandError(REFUSED, f"the server lists {named} without an id", hint="Nothing was done.")
    say(f"{named} is {described(user)}, id {user_id}")
    session.arguments |= {"user_id": user_id, "email": named}
    return str(user_id)


def got(session: Session, users: UsersClient, named: str) -> User:
    """Get the user whom an id or an address names.

    Raises:
        CommandError: Nobody has the address.
    """
    user = users.get(user=named)
    if user is None:
        raise CommandError(
            NO_SUCH_USER,
            f"no user has the email {named}",
            hint=f"`{session.reporter.group} list --email PART` finds users by a part of the address; "
            "blocked users are not shown.",
        )
    return user


def described(user: User) -> str:
    """Name a user for the eyes."""
    return person(*(getattr(user, field, None) for field in ("name", "email", "id")))


def shown(session: Session, people: Sequence[Person]) -> list[str]:
    """Name people for the eyes, an id as given, too; as given alone where they cannot be looked up."""
    from arize_users import ArizeError

    try:
        found = look_up(session.users_for_a_look(), people)
    except ArizeError:
        return [one.named for one in people]
    return [
        one.named if result.user is None else f"{described(result.user)} {one.user_id or ''}".rstrip()
        for one, result in zip(people, found, strict=True)
    ]


def look_up(
    users: UsersClient,
    people: Sequence[Person],
    everyone: Iterable[User] | None = None,
    *,
    show: Show | None = None,
) -> list[BulkGetResult]:
    """Look people up, and give one result for each.

    Where a file has an id and an address, the id counts if the account knows it, else the address. A user
    whose id and address are those of two people is failed.

    Args:
        users: The client.
        people: Whom to find.
        everyone: All users of the account, where they are known: no id is asked for then.
        show: Shows progress.
    """
    from arize_users import BulkGetResult, LookupStatus

    by_id = {
        user.id: BulkGetResult(user_id=user.id, status=LookupStatus.FOUND, user=user)
        for user in everyone or ()
        if getattr(user, "id", None)
    }
    ids = [one.user_id for one in people if one.user_id] if everyone is None else []
    emails = [one.email for one in people if one.email and one.user_id not in by_id]
    by_email = {}
    if ids or emails:
        results = users.bulk_get(user_ids=ids, emails=emails, on_progress=show)
        by_id |= {str(one.user_id): one for one in results if one.email is None}
        by_email = {str(one.email): one for one in results if one.email is not None}
        by_email = {folded(email): one for email, one in by_email.items()} | by_email
    return [_found(person, by_id, by_email) for person in people]


def distinct(results: Iterable[BulkGetResult]) -> list[BulkGetResult]:
    """Leave out who was named before, by another name perhaps."""
    seen: dict[str | None, BulkGetResult] = {}
    for one in results:
        seen.setdefault(one.user_id or one.email, one)
    return [*seen.values()]


def _found(
    person: Person, by_id: Mapping[str, BulkGetResult], by_email: Mapping[str, BulkGetResult]
) -> BulkGetResult:
    from attrs import evolve

    from arize_users import BulkGetResult, LookupStatus

    user_id, email = person.user_id, person.email
    found = by_id.get(user_id or "") or BulkGetResult(user_id=user_id, status=LookupStatus.NOT_FOUND)
    if email is None:
        return found
    if found.status != LookupStatus.FOUND:
        found = by_email.get(email) or by_email[folded(email)]
        return evolve(found, email=email)
    has = getattr(found.user, "email", None)
    if has is None or folded(has) == folded(email):
        return evolve(found, email=email)
    error = f"The id is that of {name_of(found)}, and the address is another."
    return evolve(found, email=email, status=LookupStatus.FAILED, error=error)


def is_sent(one: BulkGetResult) -> bool:
    """Tell whether a write is sent for somebody: for who was found, and for an id, whoever has it."""
    return bool(one.user_id) and (one.status == "found" or one.email is None)


def name_of(one: BulkGetResult) -> str:
    """Name somebody for the eyes by what was found."""
    return (one.email or one.user_id or "") if one.user is None else described(one.user)


def results_of(
    found: Sequence[BulkGetResult],
    sent: Iterable[str],
    done: Sequence[UserResult],
    kind: type[DeletionStatus | WriteStatus],
) -> list[UserResult]:
    """Give the result of each user in the order of the file.

    Args:
        found: What the look-up came to.
        sent: The ids for which a write is or was to be sent.
        done: What became of those writes, as far as they were begun.
        kind: The kind of the status.
    """
    from arize_users import UserResult

    sent, by_id = set(sent), {one.user_id: one for one in done}

    def result(one: BulkGetResult) -> UserResult:
        status, error = "not_attempted", None
        if one.user_id not in sent:
            status, error = "failed" if one.status == "found" else str(one.status), one.error
        elif (written := by_id.get(one.user_id)) is not None:
            status, error = str(written.status), written.error
        return UserResult(user_id=one.user_id, email=one.email, status=kind(status), error=error)

    return [result(one) for one in found]


def folded(address: str) -> str:
    """Lower the ASCII letters of an address alone, as the client does to compare two."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in address)
