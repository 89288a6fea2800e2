"""The command `resend-invitation`: mails invitations again, and notes when, so that no mail comes twice."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .answers import counted
from .batch import Act, rehearse_one, write_found, write_many
from .errors import UNWRITTEN, USAGE, CommandError
from .named import described, got, named_people, require_one
from .options import DryRun, Output, PeopleFile, SkipInvalid, User
from .progress import Show, counting
from .prompts import require_terminal
from .session import Session
from .terminal import say
from .text import local_time
from .users import mail_one

if TYPE_CHECKING:
    from arize_users import BulkGetResult, Outcomes, UserResult, UsersClient
    from arize_users.roster import InvitationJournal

_AT_ONCE = 16
"""How many mails are noted and then requested; as many may be taken for sent when the program is killed."""


def resend_invitation(
    session: Session,
    user_id: User = None,
    file: PeopleFile = None,
    skip_invalid: SkipInvalid = False,
    invited_before: Annotated[
        str | None,
        typer.Option(
            "--invited-before",
            metavar="WHEN",
            help="Everybody who is still invited, and was first invited before this: '14 days', 2026-03-01. "
            "The API tells the time of the first invitation alone. Whom this program has mailed since, on "
            "this machine, is left out.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    output: Output = None,
) -> int:
    """Send the invitation mail of an invited user again. For an expired one, create invites anew.

    --invited-before asks first, and can run each day: each mail is noted in the state folder of the user
    who runs it, before it is requested, and none is repeated within the time given.
    """
    if invited_before is None:
        require_one(user_id, file)
    elif user_id is not None or file is not None:
        raise CommandError(
            USAGE, "--invited-before names the users: USER_ID, EMAIL and --file do not go with it"
        )
    elif not force and not dry_run:
        require_terminal("mails without asking")
    named = named_people((), file, skip_invalid=skip_invalid)
    if user_id is not None:
        return _one(session, user_id, output, dry_run=dry_run)
    target = session.target(output)
    users = session.users()
    from arize_users import WriteStatus

    with _journal(session, invited_before, writes=not dry_run) as journal:
        act = Act(lambda many: [f"{_what(many)}:"], _Mailing(users, journal), WriteStatus)
        if invited_before is None:
            return write_many(session, users, target, named, act, dry_run=dry_run)
        due, notes = _due(session, users, journal)
        since = local_time(journal.before)
        act = act._replace(
            says=lambda many: [f"{_what(many)}; they were first invited before {since}:"],
            question=None if force else "Mail {}?",
        )
        return write_found(session, target, due, act, dry_run=dry_run, notes=notes)


def _what(many: str) -> str:
    return f"This mails {many} the invitation again"


def _one(session: Session, named: str, output: str | None, *, dry_run: bool) -> int:
    if dry_run:
        target = session.target(output)
        found = got(session, session.users(), named)
        status = getattr(found, "status", "of unknown status")
        return rehearse_one(target, found, _what(f"{described(found)}, who is {status},"))
    return mail_one(
        session, "resend_invitation", named, output, "the invitation was sent again to the user {}", _noted
    )


@contextmanager
def _noted(session: Session, user_id: str) -> Iterator[None]:
    """Note a mail before it is requested, and how that ended."""
    from arize_users import ArizeError, outcomes_of

    with _journal(session, None, writes=True) as journal:
        journal.begin(user_id, session.arguments.get("email"))
        try:
            yield
        except ArizeError as error:
            outcomes = outcomes_of(error)
            if not (outcomes and outcomes.unknown) and not getattr(error, "maybe_applied", False):
                journal.end(user_id, "failed")
            raise
        journal.end(user_id, "done")


def _due(
    session: Session, users: UsersClient, journal: InvitationJournal
) -> tuple[list[BulkGetResult], list[str]]:
    """List those who are to be mailed, and tell of others who were invited as early."""
    from arize_users import BulkGetResult, LookupStatus

    early = partial(users.iter_pages, status=["invited", "expired"], created_before=journal.before)
    with closing(counting(early, "users")) as pages:
        found = [user for page in pages for user in page if getattr(user, "id", None)]
    expired = sum(getattr(user, "status", None) == "expired" for user in found)
    invited = [user for user in found if getattr(user, "status", None) == "invited"]
    due = [user for user in invited if journal.is_due(user.id)]
    notes = []
    if expired:
        group = session.reporter.group
        notes.append(
            f"{counted(expired, 'expired invitation')} cannot be sent again: `{group} create` or "
            f"`{group} import` invites anew"
        )
    if recent := len(invited) - len(due):
        notes.append(
            f"{counted(recent, 'user')} mailed since {local_time(journal.before)} already: left alone"
        )
    return [
        BulkGetResult(
            user_id=user.id, email=getattr(user, "email", None), status=LookupStatus.FOUND, user=user
        )
        for user in due
    ], notes


class _Mailing:
    """Notes mails and requests them, some at a time."""

    def __init__(self, users: UsersClient, journal: InvitationJournal) -> None:
        self._users = users
        self._journal = journal
        self._calls: list[Outcomes] = []
        self._ended: set[str] = set()

    def __call__(self, sent: Sequence[BulkGetResult], show: Show) -> None:
        """Mail them all, but end where the client says that further requests would be refused."""
        from arize_users import BulkProgress, Outcomes

        show(BulkProgress(phase="mailing", done=0, total=len(sent)))
        for start in range(0, len(sent), _AT_ONCE):
            some = sent[start : start + _AT_ONCE]
            for one in some:
                self._journal.begin(str(one.user_id), getattr(one.user, "email", one.email))
            self._calls.append(Outcomes())

            def report(progress: BulkProgress, start: int = start) -> None:
                done, until = start + progress.done, progress.waiting_until
                show(BulkProgress(phase="mailing", done=done, total=len(sent), waiting_until=until))

            results = self._users.bulk_resend_invitation(
                user_ids=[str(one.user_id) for one in some], on_progress=report, outcomes=self._calls[-1]
            )
            self._note(results)
            if any(one.status == "not_attempted" for one in results):
                return

    @property
    def results(self) -> list[UserResult]:
        """What became of those who were noted."""
        results = [one for outcomes in self._calls for one in outcomes.results]
        self._note(results)
        return results

    def _note(self, results: Sequence[UserResult]) -> None:
        from arize_users.errors import MAYBE_SENT

        for one in results:
            # One that failed, but may have been sent, stays begun, as an unknown one does.
            is_known = one.status != "unknown" and MAYBE_SENT not in (one.error or "")
            if one.user_id and one.user_id not in self._ended and is_known:
                self._ended.add(one.user_id)
                self._journal.end(one.user_id, str(one.status))


@contextmanager
def _journal(session: Session, before: str | None, *, writes: bool) -> Iterator[InvitationJournal]:
    """Open the journal of the endpoint; where nothing is decided by it, doing without is a warning.

    Raises:
        CommandError: It cannot be kept.
        JournalError: It cannot be used.
    """
    from arize_users import JournalError
    from arize_users.roster import InvitationJournal

    try:
        journal = InvitationJournal(_path(session), before or "now", writes=writes)
    except (CommandError, JournalError) as error:
        if before is not None:
            raise
        say(f"warning: the mail is not noted: {error}")
        journal = InvitationJournal(None, "now")
    with closing(journal):
        yield journal


def _path(session: Session) -> Path | None:
    """Give the journal's file, one for each endpoint; a local account in memory is gone with the program."""
    from platformdirs import user_state_path

    from arize_users.config import endpoint_of

    settings = session.settings
    endpoint: dict[str, str | int]
    if settings.is_local:
        file = settings.base_url.removeprefix("sandbox:")
        if not file:
            return None
        named, endpoint = os.path.basename(file), {"sandbox": os.path.realpath(file)}
    else:
        endpoint = endpoint_of(settings.base_url)
        named = str(endpoint["host"])
    digest = hashlib.sha256(
        json.dumps(endpoint, sort_keys=True).encode("utf-8", "surrogateescape")
    ).hexdigest()
    folder = user_state_path("arize-users", appauthor=False) / "invitations"
    if not folder.is_absolute():
        raise CommandError(
            UNWRITTEN, "there is no home to keep the journal of invitations in", hint="Set XDG_STATE_HOME."
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            UNWRITTEN, f"cannot make {folder}: {error.strerror or error}", hint="Set XDG_STATE_HOME."
        ) from error
    return folder / f"{re.sub(r'[^A-Za-z0-9.-]', '_', named)[:80]}-{digest[:16]}.jsonl"
