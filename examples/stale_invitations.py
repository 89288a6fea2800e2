"""Remind everybody who was invited long ago and has not answered; each person at most once within that time.

    python examples/stale_invitations.py "14 days" reminded.jsonl

The API tells when somebody was first invited, and nothing of later mails: so each reminder is noted in a file
before it is sent. Whom a run that was killed noted counts as reminded, so that nobody gets two mails.
"""

from __future__ import annotations

import signal
import sys
from contextlib import closing

from arize_users import ArizeClient, ArizeError, BulkInvitationResult, Outcomes, User
from arize_users.roster import InvitationJournal


def remind(client: ArizeClient, older_than: str, notes: str) -> list[BulkInvitationResult]:
    """Send the invitation again to all who are due, and give what became of each."""
    with closing(InvitationJournal(notes, older_than)) as journal:
        invited = client.users.iter(status="invited", created_before=journal.before)
        due: list[User] = [user for user in invited if journal.is_due(user.id)]
        for user in due:
            journal.begin(user.id)
        outcomes = Outcomes()
        try:
            return client.users.bulk_resend_invitation(user_ids=due, outcomes=outcomes) if due else []
        finally:  # Who was sent nothing is due again, whatever ended the call.
            for one in outcomes.results:
                journal.end(one.user_id or "", one.status)


def main(older_than: str, notes: str) -> int:
    """Remind, list whom nobody can remind, and give an exit code: 0 all were mailed, 1 not all."""
    try:
        with ArizeClient() as client:
            results = remind(client, older_than, notes)
            expired = [user.email for user in client.users.iter(status="expired")]
    except ArizeError as error:
        sys.exit(str(error))
    failed = [one for one in results if one.status != "done"]
    print(f"{len(results) - len(failed)} reminded.")
    for one in failed:
        print(f"! {one.user_id}: {one.error or one.status}")
    if expired:  # A reminder needs an invitation that is still valid; `create` invites anew.
        print(f"{len(expired)} invitations have expired: {', '.join(expired)}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # A scheduler's stop ends it as Ctrl-C does.
    sys.exit(main(*sys.argv[1:]))
