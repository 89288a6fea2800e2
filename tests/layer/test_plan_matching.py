"""What is planned for a roster and an account: who is acted on, and who is left alone."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from support.rosters import acted, listed, person, planned, roster_of, row

from arize_users import NewUser, assign_custom_role
from arize_users.roster import Plan, RowProblem

ADA = listed("u1", "ada@example.com")
ADMIN = {"type": "predefined", "name": "admin"}
CUSTOM = {"type": "custom", "id": "r1", "name": "Auditor"}


def _reasons(plan: Plan) -> dict[str | None, str]:
    return {one.email: one.reason for one in plan.cannot}


def _left(plan: Plan) -> dict[str | None, str]:
    return {one.email: one.reason for one in plan.left_alone}


def test_invitation() -> None:
    """Who is not in the account is invited with the roster's name, role, mode and developer permission."""
    people = [
        person("new@example.com", " Zoe\u0301 ", role="Admin"),
        person(
            "two@example.com", "Two", role=assign_custom_role("r1"), invite_mode="NONE", is_developer=False
        ),
    ]
    plan = planned(roster_of(*people), [ADA])
    assert acted(plan) == [("invite", None, "new@example.com"), ("invite", None, "two@example.com")]
    assert [dict(one.after) for one in plan.actions] == [
        {"email": "new@example.com", "name": "Zoé", "role": ADMIN, "invite_mode": "email_link"},
        {
            "email": "two@example.com",
            "name": "Two",
            "role": {"type": "custom", "id": "r1"},
            "invite_mode": "none",
            "is_developer": False,
        },
    ]
    assert all(one.before == {} for one in plan.actions)


@pytest.mark.parametrize("status", ["active", "invited", "ACTIVE", "INVITED"])
def test_as_they_should_be(status: str) -> None:
    """Nothing is done for who is as asked; an invite mode or a name's Unicode form is no difference."""
    user = listed("u1", "ada@example.com", "Zoe\u0301 ", status=status)
    plan = planned(roster_of(person(name="  Zoé", invite_mode="temporary_password")), [user])
    assert not plan
    assert (plan.unchanged, plan.people, plan.listed) == (1, 1, 1)
    assert (plan.cannot, plan.left_alone, plan.missing) == ((), (), ())


@pytest.mark.parametrize(
    ("asked", "change"),
    [
        ({"name": "Ada King"}, {"name": "Ada King"}),
        ({"name": "ada lovelace"}, {"name": "ada lovelace"}),
        ({"is_developer": False}, {"is_developer": False}),
        ({"name": "A", "is_developer": False}, {"name": "A", "is_developer": False}),
        ({"is_developer": True}, {}),
        ({"role": "MEMBER"}, {}),
    ],
)
@pytest.mark.parametrize("status", ["active", "invited"])
def test_change(status: str, asked: dict[str, Any], change: dict[str, Any]) -> None:
    """A name and a developer permission that differ are changed, and only those; with the state as it was."""
    user = listed("u1", "Ada@example.com", status=status)
    plan = planned(roster_of(person(**asked)), [user])
    assert [dict(one.after) for one in plan.actions] == ([change] if change else [])
    for action in plan.actions:
        assert (action.kind, action.user_id, action.email) == ("update", "u1", "Ada@example.com")
        assert dict(action.before) == {
            "email": "Ada@example.com",
            "name": "Ada Lovelace",
            "status": status,
            "role": {"type": "predefined", "name": "member"},
            "is_developer": True,
            "created_at": "2024-01-01T12:00:00Z",
        }


@pytest.mark.parametrize(
    ("has", "asked", "words"),
    [
        (None, "admin", ("member", "admin")),
        (ADMIN, "member", ("admin", "member")),
        (CUSTOM, "member", ("Auditor", "r1", "member")),
        (CUSTOM, assign_custom_role("r2"), ("Auditor", "r2")),
        ({"type": "team", "name": "odd"}, "member", ("odd", "member")),
        ({"type": "custom", "id": "admin"}, "admin", ("custom role admin", "admin")),
    ],
)
@pytest.mark.parametrize("status", ["active", "invited"])
def test_other_role(status: str, has: dict[str, Any] | None, asked: Any, words: tuple[str, ...]) -> None:
    """Who has another role is not touched, not even renamed; the reason names both roles."""
    user = listed("u1", "ada@example.com", status=status, **({} if has is None else {"role": has}))
    plan = planned(
        roster_of(row(name="Other", role=asked, is_developer=False, line=7)), [user], remove_missing=True
    )
    assert not plan.actions
    (cannot,) = plan.cannot
    assert (cannot.email, cannot.name, cannot.user_id, cannot.line) == ("ada@example.com", "Other", "u1", 7)
    assert all(word in cannot.reason for word in (*words, "web interface"))


def test_same_custom_role() -> None:
    """A custom role is the same by its id, whatever it is called."""
    user = listed("u1", "ada@example.com", role=CUSTOM)
    plan = planned(roster_of(person(role=assign_custom_role("r1"))), [user])
    assert (plan.unchanged, plan.cannot) == (1, ())


def test_expired() -> None:
    """An expired user is invited anew as the roster says, with another name and role, too."""
    user = listed("u1", "ADA@example.com", status="expired")
    plan = planned(roster_of(person(name="A", role="admin", invite_mode="none", is_developer=True)), [user])
    assert acted(plan) == [("reinvite", "u1", "ADA@example.com")]
    assert dict(plan.actions[0].after) == {
        "email": "ADA@example.com",
        "name": "A",
        "role": ADMIN,
        "invite_mode": "none",
        "is_developer": True,
    }


def test_expired_in_the_file_too() -> None:
    """Who is expired in the file itself, an export, is listed as left alone, not invited anew."""
    users = [listed("u1", "ada@example.com", status="expired")]
    rows = [row(status="EXPIRED", role="admin"), row("gone@example.com", status="expired")]
    plan = planned(roster_of(*rows), users, remove_missing=True)
    assert not plan
    assert list(_left(plan)) == ["ada@example.com", "gone@example.com"]
    assert [one.user_id for one in plan.left_alone] == ["u1", None]
    assert plan.missing == ()


@pytest.mark.parametrize("status", ["active", "invited"])
def test_expired_in_the_file_alone(status: str) -> None:
    """Who has accepted, or was invited again, since the file was exported is changed as anyone is."""
    plan = planned(
        roster_of(row(name="New", status="expired")), [listed("u1", "ada@example.com", status=status)]
    )
    assert acted(plan) == [("update", "u1", "ada@example.com")]


def test_expired_since() -> None:
    """Who was invited when the file was exported, and is expired now, is invited anew."""
    users = [listed("u1", "ada@example.com", status="expired")]
    assert acted(planned(roster_of(row(status="invited")), users)) == [("reinvite", "u1", "ada@example.com")]


def test_missing() -> None:
    """Who is named nowhere is missing: shown, and removed only where that is asked for."""
    users = [
        ADA,
        listed("u2", "ola@example.com", "Ola"),
        listed("u3", "kim@example.com", "Kim", status="expired"),
    ]
    shown = planned(roster_of(person()), users)
    assert not shown
    assert shown.missing == ("u2", "u3")
    assert list(_left(shown)) == ["ola@example.com", "kim@example.com"]
    removed = planned(roster_of(person(), person("new@example.com", "N")), users, remove_missing=True)
    assert acted(removed) == [
        ("invite", None, "new@example.com"),
        ("remove", "u2", "ola@example.com"),
        ("remove", "u3", "kim@example.com"),
    ]
    assert removed.missing == ("u2", "u3")
    assert removed.actions[1].after == {}
    assert removed.actions[1].before["name"] == "Ola"


def test_bad_row_names_a_user() -> None:
    """Who is named in a row that was skipped as bad is not missing, in whatever case."""
    users = [ADA, listed("u2", "Ola@example.com", "Ola")]
    bad = [
        RowProblem(line=3, reason="no role", email=" ola@EXAMPLE.com "),
        RowProblem(line=4, reason="empty"),
    ]
    plan = planned(roster_of(person(), problems=bad), users, remove_missing=True)
    assert not plan.actions
    assert plan.missing == ()
    assert "the file names them" in _left(plan)["Ola@example.com"]
    assert plan.skipped == 2


@pytest.mark.parametrize("mentioned", ["u2", "ola@example.com"])
def test_named_elsewhere_in_the_file(mentioned: str) -> None:
    """Whom the file names anywhere, by the id of an export or in another column, is not missing."""
    users = [ADA, listed("u2", "OLA@example.com", "Ola")]
    plan = planned(roster_of(person(), mentioned=[mentioned]), users, remove_missing=True)
    assert not plan.actions
    assert plan.missing == ()
    assert list(_left(plan)) == ["OLA@example.com"]


def test_inactive_in_the_file() -> None:
    """Whom the file calls inactive is under cannot, with what says so; not invited, changed or removed."""
    users = [ADA, listed("u2", "ola@example.com", "Ola")]
    inactive = [
        (row("OLA@example.com", "Other", line=4), "Status: deactivated"),
        (row("new@example.com", "N", line=5), "accountEnabled: False"),
    ]
    plan = planned(roster_of(person(), inactive=inactive), users, remove_missing=True)
    assert not plan.actions
    assert plan.missing == ()
    assert [(one.user_id, one.line) for one in plan.cannot] == [("u2", 4), (None, 5)]
    assert "Status: deactivated" in plan.cannot[0].reason
    assert "accountEnabled: False" in plan.cannot[1].reason


@pytest.mark.parametrize("spelling", ["Mira@example.com", "MIRA@EXAMPLE.COM"])
def test_one_user_in_another_case(spelling: str) -> None:
    """A user whose address differs in the case of A to Z alone is the one who is meant."""
    plan = planned(roster_of(person(spelling, "M")), [listed("u1", "mira@example.com")], remove_missing=True)
    assert acted(plan) == [("update", "u1", "mira@example.com")]


def test_two_users_for_a_row() -> None:
    """Two users with an address apart in case, neither of which is spelled so, are both left untouched."""
    users = [listed("u1", "Mira@example.com"), listed("u2", "mira@Example.com"), ADA]
    plan = planned(roster_of(person("MIRA@example.com", "New"), person()), users, remove_missing=True)
    assert not plan.actions
    assert plan.missing == ()
    assert plan.cannot[0].reason == "two users with this address apart in case: u1, u2"


def test_same_address_twice() -> None:
    """Two users with the very same address are both left untouched."""
    users = [listed("u1", "mira@example.com"), listed("u2", "mira@example.com")]
    plan = planned(roster_of(person("mira@example.com", "New")), users, remove_missing=True)
    assert not plan.actions
    assert plan.missing == ()
    assert plan.cannot[0].reason == "two users with this address: u1, u2"


def test_exact_spelling_comes_first() -> None:
    """Of two users apart in case the one spelled as in the roster is meant; the other is no missing one."""
    users = [listed("u1", "Mira@example.com"), listed("u2", "mira@example.com")]
    plan = planned(roster_of(person("mira@example.com", "New")), users, remove_missing=True)
    assert acted(plan) == [("update", "u2", "mira@example.com")]
    assert plan.missing == ()
    (cannot,) = plan.cannot
    assert (cannot.user_id, cannot.email) == ("u1", "Mira@example.com")


def test_two_rows_for_one_user() -> None:
    """Two rows that mean one person, in or out of the account, are both under cannot."""
    rows = [
        person("mira@example.com", "A"),
        person("MIRA@example.com", "B"),
        person("n@x.com"),
        person("N@x.com"),
    ]
    plan = planned(roster_of(*rows), [listed("u1", "mira@example.com")], remove_missing=True)
    assert not plan.actions
    assert plan.missing == ()
    assert [one.email for one in plan.cannot] == [
        "mira@example.com",
        "MIRA@example.com",
        "n@x.com",
        "N@x.com",
    ]


def test_two_rows_for_two_users() -> None:
    """Two rows apart in case are two people where the account has both spellings."""
    rows = [person("mira@example.com", "A"), person("Mira@example.com", "B")]
    users = [listed("u1", "Mira@example.com", "B"), listed("u2", "mira@example.com", "A")]
    plan = planned(roster_of(*rows), users, remove_missing=True)
    assert (plan.unchanged, plan.actions, plan.cannot) == (2, (), ())


FORMS = [
    ("Zoé@example.com", unicodedata.normalize("NFD", "Zoé@example.com")),
    (unicodedata.normalize("NFD", "Ángel@example.com"), "Ángel@example.com"),
    ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ("ada@XN--BCHER-KVA.example", "ada@Bücher.example"),
    ("ada@bücher.example", unicodedata.normalize("NFD", "ada@bücher.example")),
]


@pytest.mark.parametrize(("asked", "has"), FORMS)
def test_other_unicode_form(asked: str, has: str) -> None:
    """An address in another Unicode form, or in punycode, is under cannot: not invited, and not missing."""
    plan = planned(
        roster_of(row(asked, "Z", line=9), person()), [ADA, listed("u2", has)], remove_missing=True
    )
    assert not plan.actions
    assert plan.missing == ()
    (cannot,) = plan.cannot
    assert (cannot.user_id, cannot.line) == ("u2", 9)
    assert has.isascii() == (has in cannot.reason)
    assert cannot.reason.isascii()


@pytest.mark.parametrize(("asked", "has"), FORMS)
def test_both_unicode_forms(asked: str, has: str) -> None:
    """Who has an address as the roster spells it is meant, and who has another form of it is not missing."""
    plan = planned(
        roster_of(person(asked, "New")), [listed("u1", asked), listed("u2", has)], remove_missing=True
    )
    assert acted(plan) == [("update", "u1", asked)]
    assert [one.user_id for one in plan.cannot] == ["u2"]
    assert plan.missing == ()


@pytest.mark.parametrize("field", ["id", "email", "status", "role"])
@pytest.mark.parametrize("in_file", [True, False])
def test_left_out_by_the_server(field: str, in_file: bool) -> None:
    """A user whom the server lists without id, email, status or role is under cannot, and never removed."""
    facts: dict[str, Any] = {"user_id": "u2", "email": "ola@example.com", "name": "Ola"}
    facts |= {"user_id": ""} if field == "id" else {field: None}
    people = [person(), *([person("ola@example.com", "New")] if in_file and field != "email" else [])]
    plan = planned(roster_of(*people), [ADA, listed(**facts)], remove_missing=True)
    assert not plan.actions
    assert plan.missing == ()
    (cannot,) = plan.cannot
    assert f"without {field}" in cannot.reason


@pytest.mark.parametrize(("field", "asked"), [("name", {}), ("is_developer", {"is_developer": True})])
def test_not_comparable(field: str, asked: dict[str, Any]) -> None:
    """Who is listed without what the roster says is under cannot; anything else may be left out."""
    user = listed("u1", "ada@example.com", **{field: None})
    plan = planned(roster_of(person(**asked)), [user])
    assert not plan.actions
    assert f"without {field}" in plan.cannot[0].reason
    if field == "is_developer":
        assert planned(roster_of(person()), [user]).unchanged == 1


@pytest.mark.parametrize("status", ["inactive", "suspended"])
@pytest.mark.parametrize("in_file", [True, False])
def test_unknown_status(status: str, in_file: bool) -> None:
    """A user of a status that this version does not know is under cannot, in the roster or not."""
    people = [person(), *([person("ola@example.com", "New")] if in_file else [])]
    plan = planned(
        roster_of(*people), [ADA, listed("u2", "ola@example.com", status=status)], remove_missing=True
    )
    assert not plan.actions
    assert plan.missing == ()
    assert status in _reasons(plan)["ola@example.com"]


@pytest.mark.parametrize("user_id", ["..", "a@b", " u2"])
def test_unusable_id(user_id: str) -> None:
    """A user whose id no request can name is under cannot."""
    plan = planned(roster_of(person()), [ADA, listed(user_id, "ola@example.com")], remove_missing=True)
    assert not plan.actions
    assert repr(user_id) in _reasons(plan)["ola@example.com"]


def test_blocked() -> None:
    """An address that is known to be blocked is under cannot, in any case; who is in the account is not."""
    people = [person("Gone@example.com", "G"), person(name="New")]
    plan = planned(roster_of(*people), [ADA], blocked=["gone@example.com", "ada@example.com"])
    assert acted(plan) == [("update", "u1", "ada@example.com")]
    assert "blocked for good" in _reasons(plan)["Gone@example.com"]


class TestRenames:
    """A missing user whose name the roster has with a new address has likely changed the address."""

    OLD = listed("u2", "ola@old.example", "Ola  Berg")
    NEW = person("ola@new.example", " OLA berg ")

    def test_shown_and_kept(self) -> None:
        """The pair is shown, the new address invited, and the old one not removed unless it is asked for."""
        for asked, gone in ((False, []), (True, [("remove", "u2", "ola@old.example")])):
            plan = planned(
                roster_of(person(), self.NEW), [ADA, self.OLD], remove_missing=True, remove_renamed=asked
            )
            assert plan.renamed == (("u2", "ola@new.example"),)
            assert acted(plan) == [("invite", None, "ola@new.example"), *gone]
            assert plan.missing == ("u2",)
            assert ("ola@new.example" in _left(plan).get("ola@old.example", "")) is not asked

    def test_unicode_forms(self) -> None:
        """Names are the same in any case and Unicode form."""
        user = listed("u2", "z@old.example", "ZOE\u0301")
        plan = planned(roster_of(person(), person("z@new.example", "zoé")), [ADA, user], remove_missing=True)
        assert plan.renamed == (("u2", "z@new.example"),)

    def test_order_of_names(self) -> None:
        """Names are the same with the family name first, as some systems export them."""
        user = listed("u2", "v@old.example", "Mira Voss")
        roster = roster_of(person(), person("v@new.example", "Voss, Mira"))
        assert planned(roster, [ADA, user], remove_missing=True).renamed == (("u2", "v@new.example"),)

    def test_removing_missing_is_still_needed(self) -> None:
        """Without removing who is missing nobody is removed, though renamed ones were to be."""
        plan = planned(roster_of(person(), self.NEW), [ADA, self.OLD], remove_renamed=True)
        assert acted(plan) == [("invite", None, "ola@new.example")]
        assert plan.renamed == (("u2", "ola@new.example"),)

    def test_several_of_a_name(self) -> None:
        """Of several with one name nobody is removed either: each is paired with an address."""
        users = [ADA, *(listed(f"u{n}", f"ola{n}@old.example", "Ola Berg") for n in range(2, 5))]
        people = [person(), person("a@new.example", "Ola Berg"), person("b@new.example", "Ola Berg")]
        plan = planned(roster_of(*people), users, remove_missing=True)
        assert plan.renamed == (("u2", "a@new.example"), ("u3", "b@new.example"), ("u4", "b@new.example"))
        assert [one.kind for one in plan.actions] == ["invite", "invite"]

    def test_who_is_in_the_account_has_not_moved(self) -> None:
        """The name of somebody whom the account has at the roster's address makes no rename."""
        users = [ADA, listed("u2", "other@example.com")]
        plan = planned(roster_of(person()), users, remove_missing=True)
        assert plan.renamed == ()
        assert acted(plan) == [("remove", "u2", "other@example.com")]

    def test_after_the_new_address_is_invited(self) -> None:
        """It is still a rename once the new address is in the account, as when a plan was applied."""
        users = [self.OLD, ADA, listed("u9", "ola@new.example", "Other", status="invited")]
        plan = planned(roster_of(person(), self.NEW), users, remove_missing=True)
        assert plan.renamed == (("u2", "ola@new.example"),)
        assert acted(plan) == [("update", "u9", "ola@new.example")]

    def test_blocked_new_address(self) -> None:
        """Who cannot be invited at the new address is not removed at the old one."""
        plan = planned(
            roster_of(person(), self.NEW), [ADA, self.OLD], remove_missing=True, blocked=["ola@new.example"]
        )
        assert not plan.actions
        assert plan.renamed == (("u2", "ola@new.example"),)

    @pytest.mark.parametrize("name", [None, "", "  "])
    def test_without_a_name(self, name: str | None) -> None:
        """Who has no name is nobody's namesake."""
        plan = planned(
            roster_of(person(), self.NEW), [ADA, listed("u2", "x@old.example", name)], remove_missing=True
        )
        assert plan.renamed == ()
        assert plan.actions[-1].name == (name or "")


def test_witnesses() -> None:
    """The three oldest whom the plan leaves in place are its witnesses, whatever the order of the list."""

    def born(number: int, year: int | None, **fields: Any) -> Any:
        created = None if year is None else f"{year}-01-01T12:00:00Z"
        return listed(f"u{number}", f"{number}@example.com", f"N{number}", created_at=created, **fields)

    odd = listed("..", "odd@example.com", "Odd", created_at="2001-01-01T12:00:00Z")
    users = [odd, born(1, 2024), born(2, 2020), born(3, None), born(4, 2021), born(5, 2022), born(6, 2019)]
    roster = roster_of(*(person(f"{number}@example.com", f"N{number}") for number in (1, 2, 3, 4)))
    assert planned(roster, users).witnesses == ("u6", "u2", "u4")
    plan = planned(roster, users, remove_missing=True)
    assert plan.witnesses == ("u2", "u4", "u1")
    assert plan.oldest == "N2 <2@example.com>"
    nobody = planned(roster_of(), users, remove_missing=True)
    assert (nobody.witnesses, nobody.oldest) == ((), None)


def test_each_user_in_one_place() -> None:
    """Nobody who cannot be helped is in an action or missing, and the counts of people add up."""
    users = [
        ADA,
        listed("u2", "role@example.com", role=ADMIN),
        listed("u3", "old@example.com", status="expired"),
        listed("u4", None),
        listed("u5", "gone@example.com", "Gone"),
    ]
    people: list[NewUser] = [
        person(),
        person("role@example.com"),
        person("old@example.com"),
        person("new@example.com", "N"),
    ]
    plan = planned(roster_of(*people), users, remove_missing=True)
    assert [one.kind for one in plan.actions] == ["reinvite", "invite", "remove"]
    assert [one.user_id for one in plan.cannot] == ["u2", "u4"]
    assert plan.unchanged == 1
    assert (plan.people, plan.listed) == (4, 5)
