"""A plan as a document and as a file: what is saved is loaded, and what was changed is refused."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from support.rosters import listed, planned, roster_of, row

from arize_users import InvalidArgumentError, JournalError
from arize_users.roster import Plan, Refusal, RowProblem


@pytest.fixture
def plan() -> Plan:
    """A plan with something of everything in it."""
    users = [
        listed("u1", "ada@example.com"),
        listed("u2", "old@example.com", "Old", status="expired"),
        listed("u3", "gone@example.com", "Gone \x1b[31m \ud800 \u2028 Zoë"),
        listed("u4", "odd@example.com", role={"type": "custom", "id": "r1", "name": "R", "more": [1.5, {}]}),
        listed("u5", None),
        listed("u6", "was@example.com", "Moved"),
        listed("u7", "keep@example.com", "Keep", created_at="2020-02-29T23:59:59.123456Z"),
    ]
    roster = roster_of(
        row("ada@example.com", "New", line=2),
        row("old@example.com", "Old", is_developer=False),
        row("new@example.com", "Moved"),
        row("odd@example.com"),
        problems=[RowProblem(line=9, reason="no role", email="x@example.com")],
        inactive=[(row("off@example.com", "Off", line=3), "Status: off")],
        notes=["a note with ünicode"],
        source="people.csv",
    )
    return planned(
        roster,
        users,
        remove_missing=True,
        max_removals="2.5%",
        keep=["u7", "zz"],
        min_admins=1,
        blocked=["b@x.com"],
    )


def _canonical(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _forge(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a saved plan, and give it the digest that fits."""
    document = json.loads(path.read_text("utf-8"))
    change(document)
    document.pop("sha256", None)
    path.write_text(json.dumps({**document, "sha256": _canonical(document)}))


def test_round_trip(plan: Plan, tmp_path: Path) -> None:
    """A plan that is loaded equals the one that was saved, in all fields, in its digest and in its hash."""
    path = tmp_path / "plan.json"
    plan.save(path)
    again = Plan.load(str(path))
    assert again == plan
    assert hash(again) == hash(plan)
    assert again.digest == plan.digest
    assert again.to_dict() == plan.to_dict()
    assert [dict(one.before) for one in again.actions] == [dict(one.before) for one in plan.actions]
    assert str(again) == str(plan)
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_pickle(plan: Plan) -> None:
    """A plan may cross to another process."""
    assert pickle.loads(pickle.dumps(plan)) == plan


def test_document(plan: Plan, tmp_path: Path) -> None:
    """The document has its format's version, and the SHA-256 over its own canonical JSON; that is saved."""
    path = tmp_path / "plan.json"
    plan.save(path)
    document = json.loads(path.read_text("utf-8"))
    assert document == plan.to_dict() == json.loads(plan.to_json())
    assert document["version"] == 1
    assert document["created_at"] == "2026-03-01T12:00:00Z"
    assert document["guards"]["max_removals"] == "2.5%"
    assert document.pop("sha256") == plan.digest == _canonical(document)


def test_readable(plan: Plan, tmp_path: Path) -> None:
    """The file is UTF-8 that people can read, whatever is in a name."""
    plan.save(tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text("utf-8")
    assert "Zoë" in text
    assert r"\ud800" in text
    assert "\x1b" not in text


def test_time_zone(plan: Plan, tmp_path: Path) -> None:
    """A plan's time is kept in UTC, to the microsecond, whichever zone it was given in."""
    moment = datetime(2026, 3, 1, 13, 0, 0, 1, timezone(timedelta(hours=1)))
    moved = evolve(plan, created_at=moment)
    moved.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json").created_at == moment
    assert moved.created_at.tzinfo is UTC


@pytest.mark.posix
def test_mode(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but the owner may read the file, from its first byte on, whatever file it replaces."""
    path = tmp_path / "plan.json"
    path.write_text("{}")
    path.chmod(0o666)
    seen = []
    replace = os.replace

    def spy(source: Any, target: Any) -> None:
        seen.append(stat.S_IMODE(os.stat(source).st_mode))
        replace(source, target)

    monkeypatch.setattr(os, "replace", spy)
    before = os.umask(0)
    try:
        plan.save(path)
    finally:
        os.umask(before)
    assert seen == [0o600]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["plan.json"]


def test_whole_or_not_at_all(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing fails on the way, an older plan is as it was, and nothing else is left."""
    path = tmp_path / "plan.json"
    plan.save(path)
    before = path.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(JournalError, match="No space left") as caught:
        evolve(plan, notes=()).save(path)
    assert caught.value.path == str(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["plan.json"]


@pytest.mark.posix
def test_link(plan: Plan, tmp_path: Path) -> None:
    """A link stays one: the file that it leads to is replaced."""
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "plan.json").symlink_to(tmp_path / "real.json")
    plan.save(tmp_path / "plan.json")
    assert (tmp_path / "plan.json").is_symlink()
    assert Plan.load(tmp_path / "real.json") == plan


@pytest.mark.posix
def test_long_name(plan: Plan, tmp_path: Path) -> None:
    """A plan may have the longest name that a file can have."""
    path = tmp_path / ("n" * 250 + ".json")
    plan.save(path)
    assert Plan.load(path) == plan
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable(plan: Plan, tmp_path: Path) -> None:
    """A place that cannot be written to is named, with what to do."""
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "nowhere" / "plan.json", tmp_path / "folder", Path(os.devnull)):
        with pytest.raises(JournalError, match=str(path)) as caught:
            plan.save(path)
        assert caught.value.hint


@pytest.mark.parametrize("path", [None, 5, b"", "", "a\0b"])
def test_no_path(plan: Plan, path: Any) -> None:
    """What names no file is refused."""
    for call in (plan.save, Plan.load):
        with pytest.raises(InvalidArgumentError):
            call(path)


def _load_error(path: Path) -> JournalError:
    with pytest.raises(JournalError) as caught:
        Plan.load(path)
    assert caught.value.path == str(path)
    assert str(path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"plan"',
        b"\xff\xfe{}",
        b"{}",
        b'{"format": "arize-users plan"}',
        b'{"format": "arize-users plan", "version": 1}',
        b'{"format": "arize-users plan", "version": 1, "sha256": NaN}',
        b'{"format": "arize-users plan", "version": 1, "x": 1e999}',
        b'{"format": "arize-users plan", "version": 1, "version": 1}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5_000,
        b"ID,email\n1,ada@example.com\n",
    ],
)
def test_no_plan(tmp_path: Path, content: bytes) -> None:
    """What is no plan is refused, whatever it is."""
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    _load_error(path)


@pytest.mark.posix
def test_no_file(tmp_path: Path) -> None:
    """A file that is not there, a folder and a pipe are refused, at once."""
    _load_error(tmp_path / "none.json")
    _load_error(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    _load_error(tmp_path / "pipe")


def test_huge(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than any plan is refused before it is read as one."""
    path = tmp_path / "plan.json"
    plan.save(path)
    monkeypatch.setattr("arize_users._users.roster.plan_file.LARGEST", path.stat().st_size - 1)
    assert "larger" in str(_load_error(path))


@pytest.mark.parametrize("version", [0, 2, 99, "1", None, 1.0, True, [1]])
def test_other_version(plan: Plan, tmp_path: Path, version: Any) -> None:
    """A plan of a version that is not known is refused, and says so, even with a digest that fits."""
    path = tmp_path / "plan.json"
    plan.save(path)
    _forge(path, lambda document: document.update(version=version))
    assert "version" in str(_load_error(path))


def test_cut_off(plan: Plan, tmp_path: Path) -> None:
    """A file that was cut off anywhere is refused."""
    path = tmp_path / "plan.json"
    plan.save(path)
    whole = path.read_bytes()
    for size in range(0, len(whole) - 2, 97):
        path.write_bytes(whole[:size])
        _load_error(path)


def _leaves(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for name, one in value.items() for leaf in _leaves(one, (*place, name))]
    if isinstance(value, list):
        return [leaf for index, one in enumerate(value) for leaf in _leaves(one, (*place, index))]
    return [place]


def test_each_edit_is_found(plan: Plan, tmp_path: Path) -> None:
    """Whatever value of a saved plan is changed, the digest does not fit any more."""
    path = tmp_path / "plan.json"
    plan.save(path)
    saved = path.read_text("utf-8")
    places = _leaves(json.loads(saved))
    assert len(places) > 60
    for place in places:
        document = json.loads(saved)
        inner = document
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = "another" if inner[place[-1]] != "another" else "yet another"
        path.write_text(json.dumps(document))
        _load_error(path)


def test_layout_is_no_edit(plan: Plan, tmp_path: Path) -> None:
    """A plan that was written anew with other blanks, escapes and order of names is the same plan."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(dict(reversed(plan.to_dict().items())), indent=7))
    assert Plan.load(path) == plan


WRONG: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("listed", lambda plan: plan.pop("listed")),
    ("more", lambda plan: plan.update(more=1)),
    ("listed", lambda plan: plan.update(listed=-1)),
    ("listed", lambda plan: plan.update(listed=True)),
    ("people", lambda plan: plan.update(people="5")),
    ("created_at", lambda plan: plan.update(created_at="yesterday")),
    ("created_at", lambda plan: plan.update(created_at="2026-03-01T12:00:00")),
    ("created_at", lambda plan: plan.update(created_at="0001-01-01T00:00:00+14:00")),
    ("endpoint", lambda plan: plan.update(endpoint=[])),
    ("endpoint.host", lambda plan: plan["endpoint"].pop("host")),
    ("endpoint.host", lambda plan: plan["endpoint"].update(sandbox="x")),
    ("endpoint.port", lambda plan: plan["endpoint"].update(port="443")),
    ("guards.min_admins", lambda plan: plan["guards"].pop("min_admins")),
    ("guards.max_removals", lambda plan: plan["guards"].update(max_removals=1.5)),
    ("guards.keep[1]", lambda plan: plan["guards"].update(keep=["a", 5])),
    ("guards.remove_missing", lambda plan: plan["guards"].update(remove_missing=1)),
    ("actions", lambda plan: plan.update(actions={})),
    ("actions[0]", lambda plan: plan["actions"].insert(0, None)),
    ("actions[1].kind", lambda plan: plan["actions"][1].update(kind="block")),
    ("actions[0].user_id", lambda plan: plan["actions"][0].update(user_id=None)),
    ("actions[0].before.email", lambda plan: plan["actions"][0]["before"].update(email=5)),
    ("actions[0].before.password", lambda plan: plan["actions"][0]["before"].update(password="p")),
    ("actions[0].before.role.type", lambda plan: plan["actions"][0]["before"].update(role={"type": {}})),
    ("actions[0].after.is_developer", lambda plan: plan["actions"][0]["after"].update(is_developer="no")),
    ("actions[1].after.role", lambda plan: plan["actions"][1]["after"].pop("role")),
    ("actions[2].user_id", lambda plan: plan["actions"][2].update(user_id="u1")),
    ("cannot[0].reason", lambda plan: plan["cannot"][0].update(reason=None)),
    ("cannot[0].line", lambda plan: plan["cannot"][0].update(line="3")),
    ("left_alone[0]", lambda plan: plan.update(left_alone=["x"])),
    ("renamed[0]", lambda plan: plan.update(renamed=[["u6"]])),
    ("missing[0]", lambda plan: plan.update(missing=[6])),
    ("witnesses", lambda plan: plan.update(witnesses="u1")),
    ("oldest", lambda plan: plan.update(oldest=5)),
    ("refusals[0].remedy", lambda plan: plan["refusals"][0].pop("remedy")),
    ("notes", lambda plan: plan.update(notes=None)),
]


@pytest.mark.parametrize(("place", "change"), WRONG, ids=[f"{n} {one[0]}" for n, one in enumerate(WRONG)])
def test_wrong_shape(
    plan: Plan, tmp_path: Path, place: str, change: Callable[[dict[str, Any]], object]
) -> None:
    """A document with a fitting digest that is no plan is refused, and the error says what is wrong where."""
    path = tmp_path / "plan.json"
    plan.save(path)
    _forge(path, change)
    assert place in str(_load_error(path))


def test_frozen(plan: Plan) -> None:
    """Nothing in a plan can be changed, nor through what it was made of."""
    after = {"name": "x", "role": {"type": "predefined", "name": "member"}}
    made = evolve(plan, actions=(evolve(plan.actions[2], after=after),))
    after["name"] = "y"
    after["role"]["name"] = "admin"  # type: ignore[index]
    (action,) = made.actions
    assert (action.after["name"], action.after["role"]["name"]) == ("x", "member")
    changes: list[Callable[[], object]] = [
        lambda: action.after.update(name="z"),  # type: ignore[attr-defined]
        lambda: action.after["role"].update(name="z"),
        lambda: action.before.pop("name", None),  # type: ignore[attr-defined]
        lambda: made.endpoint.clear(),  # type: ignore[attr-defined]
        lambda: setattr(made, "actions", ()),
        lambda: setattr(made.guards, "min_admins", 0),
        lambda: setattr(made.actions[0], "after", {}),
    ]
    for change in changes:
        with pytest.raises((TypeError, AttributeError)):
            change()


def test_digest_tells_plans_apart(plan: Plan) -> None:
    """Two plans that differ in anything have two digests."""
    refusal = Refusal(guard="keep", message="m", remedy="r")
    changes: list[dict[str, Any]] = [
        {"endpoint": {"sandbox": "/x"}},
        {"created_at": plan.created_at + timedelta(microseconds=1)},
        {"guards": evolve(plan.guards, min_admins=7)},
        {"actions": plan.actions[:-1]},
        {"actions": plan.actions[::-1]},
        {"notes": ()},
        {"refusals": (refusal,)},
    ]
    assert len({plan.digest, *(evolve(plan, **change).digest for change in changes)}) == len(changes) + 1
