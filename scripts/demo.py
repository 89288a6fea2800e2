"""Every users operation, sync and async, on a local account: `make demo`."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any, TypeVar, cast

from arize_users import (
    ArizeClient,
    ArizeError,
    AsyncArizeClient,
    BetaWarning,
    BulkUserDeletionResult,
    CustomUserRole,
    InviteModeLiteral,
    NewUser,
    PredefinedUserRole,
    User,
)
from arize_users.roster import Roster

T = TypeVar("T")


class _Told:
    """Prints each call before it is made."""

    def __init__(self, users: Any) -> None:
        self._users = users

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._users, name)

        def call(*positional: Any, **named: Any) -> Any:
            shown = [repr(one) for one in positional]
            shown += [f"{key}={getattr(value, '__name__', repr(value))}" for key, value in named.items()]
            print(f"   >>> users.{name}({', '.join(shown)})")
            return method(*positional, **named)

        return call


def told(users: T) -> T:
    """Give the users of a client such that each call is printed before its result."""
    return cast("T", _Told(users))


def show(user: User) -> None:
    """Print one user on one line."""
    print(f"   {user.status!s:9} {user.email:26} {user.name:16} {user.role.name or 'custom'}")


def show_outcome(result: BulkUserDeletionResult) -> None:
    """Print the outcome of one id or email of a bulk delete."""
    print(f"   {result.status!s:10} {result.email or result.user_id}")


def tour() -> None:
    """Call every operation of the sync client."""
    with ArizeClient(base_url="sandbox:") as client:
        users, sandbox = told(client.users), client.sandbox

        print("\n1. Create users, in each of the three invite modes.")
        ada = users.create(name="Ada Lovelace", email="ada@acme.com", role="member", invite_mode="email_link")
        admin, auditor = PredefinedUserRole(name="admin"), CustomUserRole(id="Um9sZToxMjM=")
        grace = users.create(
            name="Grace Hopper", email="grace@acme.com", role=admin, invite_mode="temporary_password"
        )
        bot = users.create(name="Annotator Bot", email="bot@acme.com", role="annotator", invite_mode="none")
        audit = users.create(name="Auditor", email="audit@acme.com", role=auditor, invite_mode="none")
        for created in (ada, grace, bot, audit):
            show(created)
        length = len(grace.temporary_password or "")
        print(f"   Grace got a temporary password of {length} characters, answered this once.")

        print("\n2. Invite Ada a second time: the same user, and no second mail.")
        again = users.create(name=ada.name, email="ADA@acme.com", role="member", invite_mode="email_link")
        print(f"   created={again.created}, same id={again.id == ada.id}, mails={len(sandbox.outbox)}")

        print("\n3. List one page; then walk through all pages, two users at a time.")
        page = users.list(email="@acme.com", limit=3)
        print(f"   a page of {len(page)}, more to come: {page.pagination.has_more}")
        for user in users.iter(email="@acme.com", page_size=2):
            show(user)

        print("\n4. Find a user by email, in any case; and one who does not exist.")
        print(f"   {users.get(user='GRACE@ACME.COM') == users.get(user=grace.id)}")
        print(f"   {users.get(user='nobody@acme.com')}")

        print("\n5. Update a name and the developer permission.")
        show(users.update(user_id=bot.id, name="Bot of Acme", is_developer=True))

        print("\n6. Send Ada's invitation again, and a colleague who has a password a reset.")
        mary = sandbox.add_user(name="Mary Jackson", email="mary@acme.com")
        users.resend_invitation(user_id=ada.id)
        users.reset_password(user_id=mary)
        for mail in sandbox.outbox:
            print(f"   mail to {mail.to}: {mail.kind}")

        print("\n7. What the API refuses is a typed error that says what to do.")
        refusals = ((users.reset_password, bot.id), (users.delete, "ada@acme.com"))
        for refused, user_id in refusals:
            try:
                refused(user_id=user_id)
            except ArizeError as error:
                print(f"   {type(error).__name__}: {error}")

        print("\n8. Delete one user, then many: by id, by email, one of them unknown.")
        users.delete(user_id=audit.id)
        users.bulk_delete(
            user_ids=[ada.id],
            emails=["Grace@acme.com", "bot@acme.com", "unknown@acme.com"],
            on_result=show_outcome,
        )
        print(f"   left of acme.com: {len(users.list(email='@acme.com'))}")

        print("\n9. Bring the account in line with a roster of people: look at the plan, then apply it.")
        plan = users.plan(Roster([NewUser(email="lin@acme.com", name="Lin Chen", role="member")]))
        for line in plan.lines():
            print(f"   {line}".rstrip())
        print(f"   {users.apply(plan).counts}")


async def tour_async() -> None:
    """Call every operation of the async client."""
    async with AsyncArizeClient(base_url="sandbox:") as client:
        users = told(client.users)
        print("\n10. The same surface, awaited.")
        modes: dict[str, InviteModeLiteral] = {
            "ada": "email_link",
            "grace": "temporary_password",
            "bot": "none",
        }
        calls = (
            users.create(name=name.title(), email=f"{name}@acme.com", role="member", invite_mode=mode)
            for name, mode in modes.items()
        )
        made = await asyncio.gather(*calls)
        ids = {user.name: user.id for user in made}
        async for user in users.iter(email="@acme.com", page_size=2, prefetch=True):
            show(user)
        page = await users.list(status=["active", "invited"], limit=2)
        print(f"   a page of {len(page)}, more to come: {page.pagination.has_more}")
        found = await users.get(user="Grace@Acme.com")
        print(f"   found by email: {found is not None and found.name}")
        show(await users.update(user_id=ids["Grace"], name="Grace Hopper"))
        mary = client.sandbox.add_user(name="Mary Jackson", email="mary@acme.com")
        await users.resend_invitation(user_id=ids["Ada"])
        await users.reset_password(user_id=mary)
        print("   invitation sent again, password reset sent")
        await users.delete(user_id=ids["Bot"])
        await users.bulk_delete(
            user_ids=[ids["Ada"]],
            emails=["grace@acme.com", "unknown@acme.com"],
            on_result=show_outcome,
        )


if __name__ == "__main__":
    print("A tour of arize_users on a local account: no server, no key, nothing leaves this machine.")
    warnings.simplefilter("ignore", BetaWarning)
    tour()
    asyncio.run(tour_async())
    print("\nEvery operation ran, sync and async.")
