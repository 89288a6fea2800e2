"""Whatever text is given for a point in time, it is read or refused, and never breaks later."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import ok, page, user
from support.simulated_driver import SimulatedDriver

from arize_users import InvalidArgumentError
from arize_users._users.operations import Operations
from arize_users.config import resolve

WORDS = st.sampled_from(
    [
        *[
            "2026",
            "03",
            "01",
            "1",
            "99",
            "00000",
            "24:00",
            "09:00",
            "T",
            "Z",
            "UTC",
            "GMT+3",
            "CET",
            "am",
            "pm",
        ],
        *["+", "-", "+02:00", "+99:99", "-23:59", ":", "/", ".", ",", " ", "March", "Mon", "Jan", "st", "of"],
        *["week", "days", "months", "ago", "W01", "inf", "nan", "1e5", "1.5e400", "0x1", "\u0663"],
    ]
)
SIGNS, PAIRS = st.sampled_from("+-"), st.integers(0, 99)
TEXTS = st.one_of(
    st.text(max_size=12),
    st.lists(WORDS, min_size=1, max_size=8).map("".join),
    st.lists(WORDS, min_size=1, max_size=8).map(" ".join),
    st.builds("2026-03-01 09:00 {}{:02}:{:02}".format, SIGNS, PAIRS, PAIRS),
)


@settings(max_examples=400)
@given(TEXTS, st.sampled_from(["created_after", "created_before"]))
def test_any_text(text: str, bound: str) -> None:
    """A bound that cannot be read is refused at once; one that is taken works on any user."""
    operations = Operations.of(resolve(api_key="k", environ={}))
    try:
        scan = operations.scan(**{bound: text})
    except InvalidArgumentError as refusal:
        shown = str(refusal)
    else:
        found = SimulatedDriver([ok(page([user(created_at="0001-01-01T00:00:00Z"), user()]))]).run(
            scan.next_page()
        )
        shown = f"{bound}: {len(found)} users"
    assert bound in shown
