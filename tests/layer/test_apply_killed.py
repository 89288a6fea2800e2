"""A plan whose run is killed at any moment: what `scripts/soak_people.py` does, with few people."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve
from soak_people import Files, applied, disagreements, soak_people

from arize_users import ActionStatus, ArizeClient
from arize_users.roster import Report
from arize_users.sandbox import Sandbox, SandboxTransport


def test_killed_three_times(tmp_path: Path) -> None:
    """Through faults and kill -9, nobody is created or mailed twice, and no password is lost unnoticed."""
    assert soak_people(tmp_path, 64, kills=3, faults=0.05, seed=2) == []


def test_judge(tmp_path: Path) -> None:
    """What would be wrong is found: a lost password, a second mail, a user not as reported, a stranger."""
    files = Files.within(tmp_path)
    plan, report, problems = applied(files, 32, kills=0, faults=0, seed=1)
    assert report.is_complete
    with Sandbox(files.account) as sandbox:

        def found(report: Report) -> list[str]:
            return disagreements(sandbox, plan, report, files)

        assert problems + found(report) == []
        results = [evolve(one, status=ActionStatus.FAILED) for one in report]
        assert len(found(evolve(report, results=tuple(results)))) >= len(results)
        kept = files.passwords.read_text()
        files.passwords.write_text("email,password,issued_at\n")
        assert "the password is lost" in found(report)[0]
        files.passwords.write_text(kept + kept.partition("\n")[2])
        assert "2 passwords in the file" in found(report)[0]
        files.passwords.write_text(kept)
        mail = sandbox.outbox[0]
        with ArizeClient(api_key="sandbox-admin", transport=SandboxTransport(sandbox)) as client:
            client.users.resend_invitation(user_id=mail.user_id)
            assert f"{mail.to} was sent 2 mails" in found(report)
            stranger = sandbox.add_user(email="stranger@soak.example", name="Stranger")
            client.users.update(user_id=stranger, name="Changed")
            assert "stranger@soak.example: update, though nothing was planned" in found(report)
            client.users.update(user_id=mail.user_id, name="Changed")
            assert any("the user is UserRecord" in one for one in found(report))
