"""What a file of people makes of a plan: nothing in it changes an account unseen."""

from __future__ import annotations

import json

from support.roster_files import HEADER, read
from support.rosters import acted, listed, planned

from arize_users import User
from arize_users.roster import Plan

ADA = "ada@example.com,Ada,member\n"


def _users(*emails: str) -> list[User]:
    return [listed(f"u{number}", email, email.split("@")[0].title()) for number, email in enumerate(emails)]


def _left(plan: Plan) -> list[str | None]:
    return [one.email for one in plan.left_alone]


def test_named_anywhere() -> None:
    """Who is named in another column, or by our own export's id, is not missing and not removed."""
    users = _users("ada@example.com", "second@example.com", "gone@example.com")
    text = "email,name,role,secondEmail\nada@example.com,Ada,member,Second@Example.com\n"
    plan = planned(read(text), users, remove_missing=True)
    assert (acted(plan), _left(plan)) == ([("remove", "u2", "gone@example.com")], ["second@example.com"])
    own = "id,email,name,status,role_name,created_at\nu0,new@example.com,New,active,member,2024\n"
    plan = planned(read(own), users[:1], remove_missing=True)
    assert (acted(plan), _left(plan)) == ([("invite", None, "new@example.com")], ["ada@example.com"])


def test_skipped_rows() -> None:
    """With rows that were skipped nobody is removed, and whom they name is not called missing."""
    users = _users("ada@example.com", "bob@example.com", "gone@example.com")
    roster = read(HEADER + ADA + '"Bob <bob@example.com>",Bob,member\n', skip_invalid=True)
    plan = planned(roster, users, remove_missing=True)
    assert [one.guard for one in plan.refusals] == ["remove_missing"]
    assert plan.missing == ("u2",)
    assert (plan.skipped, _left(plan)) == (1, ["bob@example.com"])


def test_one_page_of_a_list() -> None:
    """A file that says itself that it does not hold everybody removes nobody."""
    user = {"email": "ada@example.com", "name": "Ada", "role": "member"}
    page = json.dumps({"users": [user], "pagination": {"has_more": True, "next_cursor": "x"}})
    plan = planned(read(page), _users("ada@example.com", "gone@example.com"), remove_missing=True)
    assert ["does not hold everybody" in one.message for one in plan.refusals] == [True]


def test_inactive_people() -> None:
    """Whom the file calls inactive is neither invited nor removed, unless the file is said to be wrong."""
    text = (
        "email,name,role,accountEnabled\nada@example.com,Ada,member,False\nnew@example.com,New,member,False\n"
    )
    users = _users("ada@example.com")
    plan = planned(read(text + "x@example.com,X,member,True\n"), users, remove_missing=True)
    assert acted(plan) == [("invite", None, "x@example.com")]
    assert [one.email for one in plan.cannot] == ["ada@example.com", "new@example.com"]
    assert all("accountEnabled is False" in one.reason for one in plan.cannot)
    assert acted(planned(read(text, include_inactive=True), users)) == [("invite", None, "new@example.com")]


def test_cut_off_at_a_line() -> None:
    """A file cut off at the end of a line is refused by the number of removals, with what would do."""
    emails = [f"person{number:03}@example.com" for number in range(100)]
    text = HEADER + "".join(f"{email},{email.split('@')[0].title()},member\n" for email in emails[:60])
    plan = planned(read(text), _users(*emails), remove_missing=True, max_removals="10%")
    (refusal,) = plan.refusals
    assert refusal.guard == "max_removals"
    assert "40" in refusal.message + refusal.remedy


def test_rename() -> None:
    """The same name with another address is shown as a likely rename, and the old address is not removed."""
    plan = planned(
        read(HEADER + "mira.stone@example.com,Mira,member\n"), _users("mira@example.com"), remove_missing=True
    )
    assert plan.renamed == (("u0", "mira.stone@example.com"),)
    assert acted(plan) == [("invite", None, "mira.stone@example.com")]


def test_notes() -> None:
    """What a reader should know of the file is in the plan; a password is not."""
    text = "email,name,role,Password,dept\nada@example.com,Ada,member,hunter2,x\n"
    plan = planned(read(text), _users("ada@example.com"))
    assert plan.notes[0] == "columns not read: dept, 1 that may hold secrets"
    assert "hunter2" not in plan.to_json() + str(plan) + repr(plan)
