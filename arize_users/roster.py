"""People as a file: `Roster` reads and writes them, and `Plan` is what is to be done for them."""

from __future__ import annotations

from ._users.arguments import check_user
from ._users.arguments import name as check_name
from ._users.roster.columns import inactivity_mark
from ._users.roster.entries import Entry, RowProblem
from ._users.roster.guards import GuardedRemovals, active_admins, checked_guards, guarded_removals
from ._users.roster.parts import Action, Cannot, Guards, LeftAlone, Refusal
from ._users.roster.plan import Plan
from ._users.roster.rejects import Rejects
from ._users.roster.reminders import InvitationJournal
from ._users.roster.report import PlanResult, Report
from ._users.roster.roster import Roster
from ._users.roster.writing import write_users

__all__ = [
    "Action",
    "Cannot",
    "Entry",
    "GuardedRemovals",
    "Guards",
    "InvitationJournal",
    "LeftAlone",
    "Plan",
    "PlanResult",
    "Refusal",
    "Rejects",
    "Report",
    "Roster",
    "RowProblem",
    "active_admins",
    "check_name",
    "check_user",
    "checked_guards",
    "guarded_removals",
    "inactivity_mark",
    "write_users",
]
