"""Write who has access, as a pandas frame: a CSV of everybody, and a table of roles and statuses.

    python examples/access_report.py access.csv

It reads, and changes nothing. Blocked users are not in the list. It needs pandas, which the extra ``df``
brings. Exit codes: 0 the report is written, 1 it is not.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pandas as pd

from arize_users import ArizeClient, ArizeError


def access(client: ArizeClient) -> pd.DataFrame:
    """Give one row for each user: who they are, what they may do, and since when."""
    frame = client.users.to_df()
    frame["role"] = frame["role_name"].fillna(frame["role_id"])
    frame["is_custom"] = frame["role_type"] == "custom"
    frame["domain"] = frame["email"].str.rpartition("@")[2].str.lower()
    columns = ["email", "name", "domain", "status", "role", "is_custom", "is_developer", "created_at"]
    return pd.DataFrame(frame, columns=columns).sort_values(by=["role", "email"], ignore_index=True)


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Count the users of each role by their status."""
    return pd.crosstab(frame["role"], frame["status"], margins=True, margins_name="all")


def questions(frame: pd.DataFrame) -> pd.DataFrame:
    """Give those whom a reviewer asks about: admins, and who has not answered for a month."""
    a_month_ago = datetime.now(UTC) - timedelta(days=30)
    unanswered = (frame["status"] != "active") & (frame["created_at"] < a_month_ago)
    return pd.DataFrame(frame[(frame["role"] == "admin") | unanswered])


def main(file: str) -> None:
    """Write the report, and print what it comes to."""
    try:
        with ArizeClient() as client:
            frame = access(client)
    except ArizeError as error:
        sys.exit(str(error))
    # A name is foreign text, and a spreadsheet runs a cell that begins like this.
    frame.replace(r"^(\s*[=+@-])", r"'\1", regex=True).to_csv(file, index=False)
    print(summary(frame).to_string())
    print(f"\n{len(questions(frame))} of {len(frame)} users to ask about:")
    print(questions(frame)[["email", "status", "role"]].to_string(index=False))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
