"""The locked requirements: they fit pyproject.toml, and the check says where one does not."""

from __future__ import annotations

import copy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import lock
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "lock.py"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEV = "requirements/dev.txt"


def mismatches(document: dict[str, Any] = PYPROJECT, name: str = DEV, text: str | None = None) -> list[str]:
    """Hold a lock, by default the one that is checked in, against a pyproject.toml."""
    return list(lock.mismatches(document, name, text or (ROOT / name).read_text()))


def test_the_locks_fit() -> None:
    """What `make lock` wrote is what pyproject.toml asks for, on every Python that the classifiers name."""
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
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
    ("place", "requirement", "told"),
    [
        (("project", "dependencies"), "nowhere>=1", "nowhere>=1: 0 versions are locked"),
        (("project", "dependencies"), "httpx>=99", "httpx>=99: "),
        (("project", "optional-dependencies", "df"), "nowhere", "nowhere: 0 versions are locked"),
        (("dependency-groups", "dev"), "pytest[dev]>=8", "pytest[dev]>=8: locked without its extra dev"),
        (("dependency-groups", "build"), "nowhere", "nowhere: 0 versions are locked"),
        (("build-system", "requires"), "hatchling>=99", "hatchling>=99: "),
    ],
)
def test_a_new_requirement_is_missed(place: tuple[str, ...], requirement: str, told: str) -> None:
    """Whoever changes a requirement and does not run `make lock` is told which one."""
    document = copy.deepcopy(PYPROJECT)
    requirements: Any = document
    for key in place:
        requirements = requirements[key]
    requirements.append(requirement)
    found = mismatches(document)
    assert len(found) == 12, "four Pythons on three systems"
    assert all(mismatch.startswith(told) for mismatch in found)


def test_a_requirement_for_one_platform_is_missed_there() -> None:
    """Requirements with a marker are held against the lock where the marker applies, and nowhere else."""
    document = copy.deepcopy(PYPROJECT)
    marker = "sys_platform == 'win32' and python_version >= '3.14'"
    document["dependency-groups"]["dev"].append(f"nowhere; {marker}")
    (found,) = mismatches(document)
    assert found.endswith("for Python 3.14 on Windows")


def test_a_requirement_that_went_is_noticed() -> None:
    """A package that pyproject.toml no longer asks for does not stay in the lock."""
    document = copy.deepcopy(PYPROJECT)
    document["dependency-groups"]["dev"] = ["pytest"]
    assert "trio: pyproject.toml does not ask for it" in mismatches(document)
    assert "pytest: pyproject.toml does not ask for it" not in mismatches(document)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "--index-url https://packages.example/simple",
            "'--index-url https://packages.example/simple': only",
        ),
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
    assert lock.lowest(lock.published(PYPROJECT, extras=True)), (
        "each published requirement has a lowest version"
    )
