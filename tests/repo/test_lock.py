"""The locked requirements: they fit pyproject.toml, and the check says where one does not."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import lock
import pytest
from packaging.requirements import Requirement
from support.programs import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEV = "requirements/dev.txt"
WIN = 'nowhere; sys_platform == "win32" and python_version >= "3.14"'


def mismatches(document: dict[str, Any] = PYPROJECT, name: str = DEV, text: str | None = None) -> list[str]:
    """Hold a lock, by default the one that is checked in, against a pyproject.toml."""
    return list(lock.mismatches(document, name, text or (ROOT / name).read_text()))


def test_pythons() -> None:
    """The locks are held against pyproject.toml on every Python that the classifiers name."""
    assert lock.pythons(PYPROJECT) == ["3.11", "3.12", "3.13", "3.14"]


def test_a_mismatch_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A lock that does not fit ends the check with code 1, its name and the way out."""
    for name in ("pyproject.toml", *lock.LOCKS):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text().replace("anyio==", "anyio==0."))
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    assert lock.main([]) == 1
    told = capsys.readouterr().err
    assert "requirements/runtime.txt: anyio>=" in told
    assert "requirements/dev.txt: anyio>=" in told
    assert "make lock" in told


@pytest.mark.parametrize(
    ("place", "requirement", "told", "platforms"),
    [
        (("project", "dependencies"), "nowhere>=1", "nowhere>=1: 0 versions are locked", 12),
        (("project", "dependencies"), "httpx>=99", "httpx>=99: ", 12),
        (("project", "optional-dependencies", "df"), "nowhere", "nowhere: 0 versions are locked", 12),
        (("dependency-groups", "dev"), "pytest[dev]>=8", "pytest[dev]>=8: locked without its extra dev", 12),
        (("dependency-groups", "build"), "nowhere", "nowhere: 0 versions are locked", 12),
        (("dependency-groups", "dev"), WIN, f"{WIN}: 0 versions are locked for Python 3.14 on Windows", 1),
        (("build-system", "requires"), "hatchling>=99", "hatchling>=99: ", 12),
    ],
)
def test_a_new_requirement_is_missed(
    place: tuple[str, ...], requirement: str, told: str, platforms: int
) -> None:
    """A requirement that `make lock` did not see is named once per platform to which its marker applies."""
    document = copy.deepcopy(PYPROJECT)
    requirements: Any = document
    for key in place:
        requirements = requirements[key]
    requirements.append(requirement)
    found = mismatches(document)
    assert len(found) == platforms, "of four Pythons on three systems"
    assert all(mismatch.startswith(told) for mismatch in found)


def test_a_requirement_that_went_is_noticed() -> None:
    """A package that pyproject.toml no longer asks for does not stay in the lock."""
    document = copy.deepcopy(PYPROJECT)
    document["dependency-groups"]["dev"] = ["pytest"]
    assert "trio: pyproject.toml does not ask for it" in mismatches(document)
    assert "pytest: pyproject.toml does not ask for it" not in mismatches(document)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--index-url https://example.com", "'--index-url https://example.com': only"),
        ("-r more.txt", "'-r more.txt': only"),
        ("six==1.17.0", "six==1.17.0: not pinned to one version with its hashes"),
        ("six>=1 \\\n    --hash=sha256:00", "six>=1: not pinned to one version with its hashes"),
    ],
)
def test_a_lock_holds_pins_and_hashes_only(line: str, told: str) -> None:
    """No index address, no option, no open version and no package without a hash passes the check."""
    (found,) = mismatches(text=f"{(ROOT / DEV).read_text()}{line}\n")
    assert found.startswith(told)


def test_two_versions_for_one_place_are_refused() -> None:
    """A lock names one version of a package for each Python and system."""
    found = mismatches(
        text=(ROOT / DEV).read_text() + "attrs==26.0 ; sys_platform == 'darwin' \\\n    --hash=sha256:00\n"
    )
    assert {mismatch.partition(" for ")[2] for mismatch in found} == {
        f"Python {python} on Darwin" for python in lock.pythons(PYPROJECT)
    }
    assert all("2 versions are locked" in mismatch for mismatch in found)


def test_the_lowest_versions_are_those_of_this_python() -> None:
    """`make test-oldest` installs what the published ranges begin with on the Python that runs it."""
    ranges = [Requirement(text) for text in ("a>=1.2,<3", "a>=2.0; python_version >= '3.14'", "b[x]>=5")]
    assert lock.lowest(ranges, {"python_version": "3.13"}) == ["a==1.2", "b==5"]
    assert lock.lowest(ranges, {"python_version": "3.14"}) == ["a==2.0", "b==5"]
    assert lock.lowest(lock.published(PYPROJECT, extras=True)), "each has a lowest version"
