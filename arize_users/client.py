"""The synchronous client: signatures and documentation; the rules are in `_users`."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import httpx

from ._base_client import BaseClient
from ._core.runtime import NotCopied
from ._core.sync_driver import SyncDriver
from ._core.transport import Sender
from ._frames import check_frame, data_frame, user_counter
from ._users.applying import apply
from ._users.batch import Batch
from ._users.bulk import bulk_delete, bulk_get, bulk_resend_invitation, bulk_reset_password
from ._users.bulk_create import bulk_create
from ._users.bulk_update import bulk_update
from ._users.operations import Operations
from ._users.outcomes import Write
from ._users.planning import plan
from ._users.progress import told_of_pages
from .config import NOT_GIVEN, NotGiven, Settings, Timeout, Verify, masked, resolve
from .literals import EnumCaseLiteral, RegionLiteral
from .people import (
    BulkCreateResult,
    BulkGetResult,
    BulkInvitationResult,
    BulkPasswordResetResult,
    BulkProgress,
    BulkUpdateResult,
    NewUser,
    UserUpdate,
)
from .results import Outcomes, UserResult, carrying
from .roster import Plan, PlanResult, Report, Roster
from .types import (
    USER_COLUMNS,
    BulkUserDeletionResult,
    CreatedUser,
    InviteModeLike,
    RoleLike,
    StatusLike,
    User,
    UserPage,
    When,
)

if TYPE_CHECKING:
    import pandas

T = TypeVar("T")
R = TypeVar("R", bound=UserResult)


class UsersClient(NotCopied):
    """The users of one account: ``client.users``.

    Every method raises `InvalidArgumentError` before any request for an argument that cannot be right,
    a subclass of `APIStatusError` for an answer of 300 or above, `APIConnectionError` or its subclass
    `APITimeoutError` when no whole answer came, and `ResponseDecodeError` for a 2xx that is not what the
    contract says. A closed client raises `ConfigurationError`. Each method lists its own errors.
    """

    def __init__(self, operations: Operations, driver: SyncDriver) -> None:
        self._operations = operations
        self._driver = driver

    def __repr__(self) -> str:
        settings = self._operations.settings
        return f"{type(self).__name__}(base_url={settings.base_url!r}, api_key={masked(settings.api_key)!r})"

    def _with_options(self, settings: Settings, sender: Sender) -> Self:
        operations = self._operations.with_settings(settings)
        return type(self)(operations, self._driver.with_sender(sender.send, sender.patience))

    def _write(self, write: Write[T]) -> T:
        with carrying(write.outcomes):
            return self._driver.run(write.flow)

    def _bulk(self, batch: Batch[R, Any]) -> builtins.list[R]:
        with carrying(batch.outcomes):
            return self._driver.run(batch.run())

    def list(
        self,
        *,
        email: str | None = None,
        status: StatusLike | Iterable[StatusLike] | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> UserPage:
        """List one page of users, oldest first.

        Needs the admin or member role, or USER_READ.

        Args:
            email: Only users whose address contains it, ignoring case; 1 to 255 characters.
            status: Only users of this status, or of one of several: active, invited, expired, in any case.
                Left out: all three. Blocked users are never listed.
            limit: How many users a page has at most, 1 to 100.
            cursor: Where to go on: the ``pagination.next_cursor`` of the page before, with the same filters.

        Returns:
            The page; ``page.pagination`` tells whether there is another.

        Raises:
            InvalidArgumentError: An argument cannot be right, such as an unknown status or a limit above 100.
        """
        return self._driver.run(self._operations.list(email=email, status=status, limit=limit, cursor=cursor))

    def iter(
        self,
        *,
        email: str | None = None,
        status: StatusLike | Iterable[StatusLike] | None = None,
        created_after: When | None = None,
        created_before: When | None = None,
        page_size: int = 100,
        prefetch: bool = False,
        cursor: str | None = None,
    ) -> Iterator[User]:
        """Iterate over every matching user once, oldest first, fetching pages as they are needed.

        Collect the users before you delete any: deleting moves the list that is being read. An error has
        the ``cursor`` to go on from.

        Arguments are checked at the call. A time is a datetime, a date, a text such as ``2026-03-01`` or
        ``1 March 2026 9:00``, ``today``, ``yesterday`` (from midnight on), or an age: a timedelta, or a text
        such as ``30 days``, ``6 months``, ``30d`` or ``24h``. Without a zone it is UTC. Day and month in
        figures are taken in ISO order only: ``10.11.2025`` is refused, and so is what leaves the day open.

        Args:
            email: As for `list`.
            status: As for `list`.
            created_after: Only users created then or later.
            created_before: Only users created earlier. No page past it is fetched, unless a page shows that
                the server does not sort by creation.
            page_size: How many users one request fetches, 1 to 100.
            prefetch: Fetch the next page, and never more than one, while you work on the current one.
            cursor: Where to begin: the ``cursor`` of an error, or a page's ``pagination.next_cursor``, with
                the same filters. Left out: with the first user.

        Returns:
            An iterator over the users.

        Raises:
            PaginationError: The server gave a cursor twice, or promises more users without one.
        """
        scan = self._operations.scan(
            email=email,
            status=status,
            created_after=created_after,
            created_before=created_before,
            page_size=page_size,
            cursor=cursor,
        )
        return self._driver.iterate(scan.next_unseen, prefetch=prefetch)

    def iter_pages(
        self,
        *,
        email: str | None = None,
        status: StatusLike | Iterable[StatusLike] | None = None,
        created_after: When | None = None,
        created_before: When | None = None,
        page_size: int = 100,
        cursor: str | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
    ) -> Iterator[UserPage]:
        """Iterate as `iter` does, but page by page, each with the cursor to go on from.

        A page holds only users who were created in the range and not given before, so it may be empty.

        Args:
            email: As for `list`.
            status: As for `list`.
            created_after: As for `iter`.
            created_before: As for `iter`.
            page_size: As for `iter`.
            cursor: As for `iter`.
            on_progress: Called with a `BulkProgress` before each page is given, and where a rate limit makes
                it wait, one call at a time, on your thread.

        Returns:
            An iterator over the pages.

        Raises:
            PaginationError: The server gave a cursor twice, or promises more users without one.
        """
        scan = self._operations.scan(
            email=email,
            status=status,
            created_after=created_after,
            created_before=created_before,
            page_size=page_size,
            cursor=cursor,
        )
        on_notice = told_of_pages(on_progress)
        return self._driver.iterate(scan.next_whole_page, prefetch=False, on_notice=on_notice)

    def to_df(
        self,
        *,
        email: str | None = None,
        status: StatusLike | Iterable[StatusLike] | None = None,
        created_after: When | None = None,
        created_before: When | None = None,
        page_size: int = 100,
        prefetch: bool = False,
        cursor: str | None = None,
        case: Literal["lower", "upper"] | None = None,
        progress: bool = True,
    ) -> pandas.DataFrame:
        """Read every matching user, as `iter` does, and give a pandas frame, as `UserPage.to_df` does.

        Args:
            email: As for `list`.
            status: As for `list`.
            created_after: As for `iter`.
            created_before: As for `iter`.
            page_size: As for `iter`.
            prefetch: As for `iter`.
            cursor: As for `iter`.
            case: "upper" or "lower"; see `UserPage.to_df`.
            progress: Show a progress bar, on standard error or in the notebook, where tqdm is installed.

        Returns:
            A frame with the columns of `USER_COLUMNS`, one row per user, the oldest first; times are UTC.

        Raises:
            ImportError: pandas is not installed, and nothing was sent; the extra ``df`` brings it.
            PaginationError: The server gave a cursor twice, or promises more users without one.
        """
        check_frame(case)
        found = self.iter(
            email=email,
            status=status,
            created_after=created_after,
            created_before=created_before,
            page_size=page_size,
            prefetch=prefetch,
            cursor=cursor,
        )
        rows = []
        with user_counter(shown=progress) as count:
            for user in found:
                rows.append(user.to_row())
                count()
        return data_frame(rows, USER_COLUMNS, case=case)

    def get(self, *, user: str | User) -> User | None:
        """Get a user by id, or by email.

        Needs the admin or member role, or USER_READ; without it every id is not found.

        Args:
            user: An id, a `User`, or an address, which holds an ``@``. The whole address is matched over all
                pages of the API's substring search: the exact spelling first, else ASCII letters in any case.

        Returns:
            The user; None when nobody has the email.

        Raises:
            NotFoundError: The id is unknown, of another account, or of a blocked user.
            AmbiguousEmailError: Two users match the address equally well.
            PaginationError: The server's cursors do not lead through the list that is searched for an email.
        """
        return self._driver.run(self._operations.get(user=user))

    def create(
        self,
        *,
        name: str,
        email: str,
        role: RoleLike,
        invite_mode: InviteModeLike,
        is_developer: bool | None = None,
    ) -> CreatedUser:
        """Create a user, or invite again one whose invitation expired.

        Needs the admin role or USER_CREATE; in the newest deployments a member may create members and
        annotators. Unless ``invite_mode`` is "none", the email is an idempotency key: for a user already
        invited the answer has ``created`` False, and nothing is sent again.

        Args:
            name: 1 to 255 characters.
            email: The address.
            role: admin, member or annotator in any case, or a role: the result of a role builder, or another
                user's, but no `UnknownUserRole`, which is refused.
            invite_mode: "none" makes an active user, who logs in by SSO alone, and sends nothing;
                "email_link" mails a link; "temporary_password" answers a password, once, in
                ``temporary_password``.
            is_developer: Left out: True for admin and member, False for annotator. Not every deployment
                takes it here; one that does not answers 400, and `update` sets it.

        Returns:
            The user, and whether this call created it.

        Raises:
            ConflictError: The email is that of an active user, or of a blocked one, who cannot return.
            NotFoundError: There is no such custom role.
            OutcomeUnknownError: The answer with the temporary password was lost; its text says what to do.
        """
        return self._write(
            self._operations.create(
                name=name,
                email=email,
                role=role,
                invite_mode=invite_mode,
                is_developer=is_developer,
            )
        )

    def update(
        self, *, user_id: str | User, name: str | None = None, is_developer: bool | None = None
    ) -> User:
        """Change a user's name, developer permission, or both.

        Idempotent. Changing ``is_developer`` needs the admin role, the name the admin role or USER_UPDATE.

        Args:
            user_id: The id, or the user.
            name: 1 to 255 characters; left out, the name stays.
            is_developer: Left out, the permission stays.

        Returns:
            The user as it is now.

        Raises:
            InvalidArgumentError: Neither is given, or one cannot be right.
            NotFoundError: The id is unknown, of another account, or of a blocked user.
        """
        return self._write(self._operations.update(user_id=user_id, name=name, is_developer=is_developer))

    def delete(self, *, user_id: str | User) -> None:
        """Block a user for good, and remove memberships, API keys and role bindings.

        Idempotent. There is no way back, and the address cannot be invited again. Nobody can delete
        themselves. Needs the admin role or USER_DELETE.

        Args:
            user_id: The id, or the user.

        Raises:
            NotFoundError: The id is unknown or of another account.
        """
        return self._write(self._operations.delete(user_id=user_id))

    def resend_invitation(self, *, user_id: str | User) -> None:
        """Send the invitation mail again. Each call sends one mail.

        Needs the admin role or USER_CREATE.

        Args:
            user_id: The id, or the user.

        Raises:
            BadRequestError: The user is not invited (`create` invites an expired one anew), or logs in
                through SAML or an IdP.
            NotFoundError: The id is unknown, of another account, or of a blocked user.
        """
        return self._write(self._operations.resend_invitation(user_id=user_id))

    def reset_password(self, *, user_id: str | User) -> None:
        """Mail a password reset link, which lives 30 minutes. Each call sends one mail.

        Needs the admin role or USER_UPDATE.

        Args:
            user_id: The id, or the user.

        Raises:
            BadRequestError: The user logs in through SSO or SAML, as one created with "none" does, or is not
                verified yet.
            NotFoundError: The id is unknown, of another account, or of a blocked user.
        """
        return self._write(self._operations.reset_password(user_id=user_id))

    def bulk_delete(
        self,
        *,
        user_ids: Iterable[str | User] | None = None,
        emails: Iterable[str] | None = None,
        max_concurrency: int = 8,
        on_result: Callable[[BulkUserDeletionResult], object] | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
        outcomes: Outcomes | None = None,
    ) -> builtins.list[BulkUserDeletionResult]:
        """Delete many users, by id, by email, or both; see `delete` for what that means.

        All emails are looked up before the first deletion. A user named twice is deleted once. A failure is
        a result, not an error, and the batch goes on. Safe to call again with the same inputs.

        Args:
            user_ids: The ids, or the users themselves.
            emails: The addresses, matched as in `get`.
            max_concurrency: How many requests are under way at once at most.
            on_result: Called with each result as it arrives,
                one call at a time, on your thread.
            on_progress: Called in the same way with how far the call is, and until when a rate limit keeps it
                waiting; see `BulkProgress`.
            outcomes: A new `Outcomes`, filled as outcomes happen: what is done, unknown and not attempted,
                true at every moment, whatever ends the call. `outcomes_of` finds it on an exception.

        Returns:
            One result for each distinct input (see `Outcomes.results`): ids first, then emails, each in
            your order. When the first eight answers are all 403, or a rate limit is longer than anyone
            waits for, the rest is NOT_ATTEMPTED.

        Raises:
            InvalidArgumentError: An entry could be neither id nor email; nothing was sent.
            UnauthorizedError: The key was refused before anything was deleted.
            BulkInterrupted: ``on_result`` or ``on_progress`` raised an exception. An interrupt (Ctrl-C, a
                cancellation, a timeout of yours) stays itself. Either way no further request starts, those
                under way are awaited for at most the read timeout (30 seconds where there is none) plus a
                second, and the exception carries the outcomes.
        """
        return self._bulk(
            bulk_delete(
                self._operations,
                user_ids=user_ids,
                emails=emails,
                max_concurrency=max_concurrency,
                on_result=on_result,
                on_progress=on_progress,
                outcomes=outcomes,
            )
        )

    def bulk_create(
        self,
        users: Iterable[NewUser],
        *,
        max_concurrency: int = 8,
        on_result: Callable[[BulkCreateResult], object] | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
        outcomes: Outcomes | None = None,
    ) -> builtins.list[BulkCreateResult]:
        """Create many users; see `create` for what that means.

        A failure is a result, not an error, and the batch goes on. With "email_link" it is safe to call again
        with the same users. Where the deployment does not take ``is_developer`` on create, the user is
        created without, and updated after; where that fails, the result is CREATED, and its error says so.

        Who has an address that the API refuses is looked up after the creates, for all of them together.

        Args:
            users: Who is to be created, each once: two entries for one person are refused.
            max_concurrency: As for `bulk_delete`.
            on_result: As for `bulk_delete`.
            on_progress: As for `bulk_delete`.
            outcomes: As for `bulk_delete`.

        Returns:
            One result for each user, in your order; see `CreationStatus`. A temporary password is in the
            result, left out of its repr and its documents.

        Raises:
            InvalidArgumentError: Something about the users cannot be right: it says all that, and nothing was
                sent.
            UnauthorizedError: The key was refused before anything was done.
            BulkInterrupted: As for `bulk_delete`.
        """
        return self._bulk(
            bulk_create(
                self._operations,
                users,
                max_concurrency=max_concurrency,
                on_result=on_result,
                on_progress=on_progress,
                outcomes=outcomes,
            )
        )

    def bulk_update(
        self,
        updates: Iterable[UserUpdate],
        *,
        max_concurrency: int = 8,
        on_result: Callable[[BulkUpdateResult], object] | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
        outcomes: Outcomes | None = None,
    ) -> builtins.list[BulkUpdateResult]:
        """Change many users, each in its own way; see `update` for what that means.

        All emails are looked up before the first change. A failure is a result, not an error, and the batch
        goes on. Safe to call again with the same updates.

        Args:
            updates: The changes, one for each user: two for one user are refused, or where only a look-up
                shows it, both are FAILED, and neither is sent.
            max_concurrency: As for `bulk_delete`.
            on_result: As for `bulk_delete`.
            on_progress: As for `bulk_delete`.
            outcomes: As for `bulk_delete`.

        Returns:
            One result for each update, in your order, with the user as it is now.

        Raises:
            InvalidArgumentError: Something about the updates cannot be right: it says all that, and nothing
                was sent.
            UnauthorizedError: The key was refused before anything was done.
            BulkInterrupted: As for `bulk_delete`.
        """
        return self._bulk(
            bulk_update(
                self._operations,
                updates,
                max_concurrency=max_concurrency,
                on_result=on_result,
                on_progress=on_progress,
                outcomes=outcomes,
            )
        )

    def bulk_resend_invitation(
        self,
        *,
        user_ids: Iterable[str | User] | None = None,
        emails: Iterable[str] | None = None,
        max_concurrency: int = 8,
        on_result: Callable[[BulkInvitationResult], object] | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
        outcomes: Outcomes | None = None,
    ) -> builtins.list[BulkInvitationResult]:
        """Send many users their invitation mail again; see `resend_invitation` for whom.

        A user named twice gets one mail. No request is repeated that may have sent one. Each call sends mail
        anew.

        Args:
            user_ids: As for `bulk_delete`.
            emails: As for `bulk_delete`.
            max_concurrency: As for `bulk_delete`.
            on_result: As for `bulk_delete`.
            on_progress: As for `bulk_delete`.
            outcomes: As for `bulk_delete`.

        Returns:
            One result for each distinct input, as for `bulk_delete`.

        Raises:
            InvalidArgumentError: An entry could be neither id nor email; nothing was sent.
            UnauthorizedError: The key was refused before anything was done.
            BulkInterrupted: As for `bulk_delete`.
        """
        return self._bulk(
            bulk_resend_invitation(
                self._operations,
                user_ids=user_ids,
                emails=emails,
                max_concurrency=max_concurrency,
                on_result=on_result,
                on_progress=on_progress,
                outcomes=outcomes,
            )
        )

    def bulk_reset_password(
        self,
        *,
        user_ids: Iterable[str | User] | None = None,
        emails: Iterable[str] | None = None,
        max_concurrency: int = 8,
        on_result: Callable[[BulkPasswordResetResult], object] | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
        outcomes: Outcomes | None = None,
    ) -> builtins.list[BulkPasswordResetResult]:
        """Mail many users a password reset link; see `reset_password` for whom.

        A user named twice gets one mail. No request is repeated that may have sent one. Each call sends mail
        anew.

        Args:
            user_ids: As for `bulk_delete`.
            emails: As for `bulk_delete`.
            max_concurrency: As for `bulk_delete`.
            on_result: As for `bulk_delete`.
            on_progress: As for `bulk_delete`.
            outcomes: As for `bulk_delete`.

        Returns:
            One result for each distinct input, as for `bulk_delete`.

        Raises:
            InvalidArgumentError: An entry could be neither id nor email; nothing was sent.
            UnauthorizedError: The key was refused before anything was done.
            BulkInterrupted: As for `bulk_delete`.
        """
        return self._bulk(
            bulk_reset_password(
                self._operations,
                user_ids=user_ids,
                emails=emails,
                max_concurrency=max_concurrency,
                on_result=on_result,
                on_progress=on_progress,
                outcomes=outcomes,
            )
        )

    def bulk_get(
        self,
        *,
        user_ids: Iterable[str | User] | None = None,
        emails: Iterable[str] | None = None,
        max_concurrency: int = 8,
        on_result: Callable[[BulkGetResult], object] | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
        outcomes: Outcomes | None = None,
    ) -> builtins.list[BulkGetResult]:
        """Get many users, by id, by email, or both.

        Emails are looked up together, with few requests; an id whose user they show is not asked for again.

        Args:
            user_ids: As for `bulk_delete`.
            emails: As for `bulk_delete`.
            max_concurrency: As for `bulk_delete`.
            on_result: As for `bulk_delete`.
            on_progress: As for `bulk_delete`.
            outcomes: As for `bulk_delete`.

        Returns:
            One result for each distinct input, as for `bulk_delete`, with the user who was found.

        Raises:
            InvalidArgumentError: An entry could be neither id nor email; nothing was sent.
            UnauthorizedError: The key was refused while emails were looked up, or before anybody was found.
            BulkInterrupted: As for `bulk_delete`.
        """
        return self._bulk(
            bulk_get(
                self._operations,
                user_ids=user_ids,
                emails=emails,
                max_concurrency=max_concurrency,
                on_result=on_result,
                on_progress=on_progress,
                outcomes=outcomes,
            )
        )

    def plan(
        self,
        roster: Roster,
        *,
        remove_missing: bool = False,
        remove_renamed: bool = False,
        max_removals: int | str = "10%",
        keep: Iterable[str | User] = (),
        min_admins: int = 1,
        journal: str | os.PathLike[str] | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
    ) -> Plan:
        """Say what is to be done so that the account has the people of a roster; nothing is changed.

        Needs the admin or member role, or USER_READ. The account is read once, 100 users a request, and
        again where a user comes twice. An address is matched as by `get`. Nothing is planned for whom no
        request can do what the roster says: another role, two users for one address, or a user whom the
        server lists without id, email, status or role. A blocked address cannot be seen beforehand.

        A guard never raises here: the plan has everything in it, and ``plan.refusals`` says what refuses it.

        Args:
            roster: The people.
            remove_missing: Remove the users whom the roster names nowhere. Left out, they are only shown.
                It does not go with a roster that is empty, shares nobody with the account, or had rows that
                were skipped.
            remove_renamed: Remove also those who are missing, but whose name the roster has with an address
                that is new or came later. Their old address is blocked for good.
            max_removals: How many users are removed at most: a number, or a share such as ``"10%"`` of all
                users listed, rounded up.
            keep: Whom never to remove: emails, ids, domains such as ``@example.com``, and `User` objects.
            min_admins: How many active users with the predefined role admin have to be left by a plan that
                removes anyone.
            journal: The journal of an earlier `apply`: addresses that it found blocked are under ``cannot``.
            on_progress: Called with a `BulkProgress` after each page, one call at a time, on your thread.

        Returns:
            The plan, for `apply`; false when there is nothing to do.

        Raises:
            InvalidArgumentError: An argument cannot be right.
            JournalError: The journal cannot be read.
            PaginationError: The list could not be read as a whole, though it was tried three times.
        """
        return self._driver.run(
            plan(
                self._operations,
                roster,
                remove_missing=remove_missing,
                remove_renamed=remove_renamed,
                max_removals=max_removals,
                keep=keep,
                min_admins=min_admins,
                journal=journal,
                on_progress=on_progress,
            )
        )

    def apply(
        self,
        plan: Plan,
        *,
        journal: str | os.PathLike[str] | None = None,
        passwords: str | os.PathLike[str] | None = None,
        max_concurrency: int = 8,
        dry_run: bool = False,
        on_result: Callable[[PlanResult], object] | None = None,
        on_progress: Callable[[BulkProgress], object] | None = None,
        outcomes: Outcomes | None = None,
    ) -> Report:
        """Do what a plan says: invitations and updates side by side, then removals.

        Before anything is changed, the account has to be the one that was planned for: one of the plan's
        oldest users is looked up. Each user who is changed or removed is looked at just before, and left
        alone where address, status, role or a field to be changed is not as planned (STALE). A failure is a
        result, not an error, and the rest goes on. A user of that plan who is the one of the API key is
        CANNOT: nobody deletes themselves.

        Args:
            plan: The plan, of `plan` or `Plan.load`.
            journal: A file with one line for each action that begins and ends, which only you can read. Given
                again with the same plan, what is done is not done again: what failed, was stale or not
                attempted is tried again, and what an earlier run began without learning how it ended is
                looked up. It is done where the account shows it, repeated where that is safe (an update, a
                removal, an invitation by "email_link"), and else UNKNOWN. A line is written before the
                request leaves; it outlives the end of the process, ``kill -9`` among them, but not a power
                cut. None keeps no journal.
            passwords: A CSV file ``email,password,issued_at`` for temporary passwords, which only you can
                read. It is opened, locked and written to before anything is sent, grows, and is never
                overwritten; each password is on the disk before that worker's next request.
            max_concurrency: How many requests are under way at once at most.
            dry_run: Make the checks that come before the first change, and stop: what refuses the plan is
                raised, the account is looked at, no file is made, and nothing is changed. Of the results,
                NOT_ATTEMPTED are those that are to be done, UNKNOWN those that an earlier run began.
            on_result: Called with each result as it is known, one call at a time, on your thread.
            on_progress: Called with how far it is: "checking", "looking up", "inviting", "updating",
                "removing".
            outcomes: As for `bulk_delete`.

        Returns:
            One result for each action, in the plan's order.

        Raises:
            PlanRefusedError: A guard refuses the plan, it is one of another account, or has temporary
                passwords and no file for them: nothing was changed. Or fewer admins than ``min_admins`` are
                left: nobody was removed.
            JournalError: The journal or the file of passwords cannot be used: nothing was changed. Or a line
                could not be written: no further action was begun. A password that could not be written is
                in the ``temporary_password`` of its result.
            UnauthorizedError: The key was refused: nothing was changed, or nobody was removed after that.
            BulkInterrupted: As for `bulk_delete`, as are interrupts.
        """
        application = apply(
            self._operations,
            plan,
            journal=journal,
            passwords=passwords,
            max_concurrency=max_concurrency,
            dry_run=dry_run,
            on_result=on_result,
            on_progress=on_progress,
            outcomes=outcomes,
        )
        with carrying(application.outcomes):
            return self._driver.run(application.report())


class ArizeClient(BaseClient[Sender, UsersClient]):
    """A client of one Arize account.

    It is safe to share between threads. A forked process may go on using it, and opens connections of its
    own. Close it when done, or use it in a ``with`` block.

    What is not given comes from the environment, then from the defaults; an endpoint named twice at the
    same level is an error.

    Args:
        api_key: The API key; ARIZE_API_KEY. A local account needs none.
        base_url: The endpoint; ARIZE_BASE_URL, or one of ARIZE_SINGLE_HOST, ARIZE_BASE_DOMAIN (the API is at
            ``api.`` below it) and ARIZE_API_HOST, with ARIZE_API_SCHEME and ARIZE_API_PORT, else
            ARIZE_SINGLE_PORT; else the hosted API. ``"sandbox:"`` is a local account in memory,
            ``"sandbox:PATH"`` one in a file; with ``enum_case="upper"`` it is of the second generation.
        region: The region of the hosted API, or US, EU or CA, instead of ``base_url``; ARIZE_REGION.
        timeout: Seconds for each wait of a request, or an `httpx.Timeout`, or None for no limit. Left out:
            30, and 5 to connect.
        total_timeout: Seconds for one operation with all its attempts and waits, 120 by default, or None for
            no limit: for each page in `iter`, for each user in `bulk_delete`, never for the batch. An async
            client has a deadline. A sync one looks at the time at every read, and cannot end the lookup of
            the host's name, nor the attempts at a host's several addresses; over an ``http_client`` it looks
            between the parts of a body and between attempts only.
        verify: Whether certificates are verified: True, False, a CA bundle, or an ssl.SSLContext;
            ARIZE_REQUEST_VERIFY, ARIZE_SSL_CA_CERT, else REQUESTS_CA_BUNDLE, SSL_CERT_FILE or SSL_CERT_DIR.
        proxy: The URL of a proxy; ARIZE_PROXY_URL, else the usual proxy variables.
        headers: Sent with every request; not Authorization.
        max_retries: How often a request that is safe to repeat is repeated, 2 by default; ARIZE_MAX_RETRIES.
        transport: An `httpx.BaseTransport` instead of the network; it is closed with the client.
        http_client: Your own `httpx.Client`, which requests go through; it stays open. Its timeout
            counts unless `with_options` gives another; its ``auth`` and its redirects never apply. It has
            its own connections, so ``transport``, ``verify``, ``proxy`` and ``timeout`` cannot be given
            with it.
        enum_case: "lower" or "upper" where the deployment's generation is known, "auto" to find out;
            ARIZE_ENUM_CASE.
        allow_insecure_http: Lets the key travel unencrypted to a host that is not this machine.

    Raises:
        ConfigurationError: A setting is missing, malformed, or given twice at the same level.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        region: RegionLiteral | None = None,
        timeout: Timeout | NotGiven = NOT_GIVEN,
        total_timeout: float | NotGiven | None = NOT_GIVEN,
        verify: Verify = None,
        proxy: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_retries: int | None = None,
        transport: httpx.BaseTransport | None = None,
        http_client: httpx.Client | None = None,
        enum_case: EnumCaseLiteral | None = None,
        allow_insecure_http: bool = False,
    ) -> None:
        settings = resolve(
            api_key=api_key,
            base_url=base_url,
            region=region,
            timeout=timeout,
            total_timeout=total_timeout,
            verify=verify,
            proxy=proxy,
            headers=headers,
            max_retries=max_retries,
            transport=transport,
            http_client=http_client,
            enum_case=enum_case,
            allow_insecure_http=allow_insecure_http,
        )
        sender = Sender(settings, transport=transport, http_client=http_client)
        operations = Operations.of(settings, sender.endpoint)
        users = UsersClient(operations, SyncDriver(sender.send, patience=sender.patience))
        super().__init__(settings, sender, users)

    def close(self) -> None:
        """Close the connections, and the sandbox that this client opened. Closing twice is fine."""
        if self._owns_connections:
            self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
