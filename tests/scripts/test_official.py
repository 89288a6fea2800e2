"""The tool that holds what the tests know of Arize's packages to the packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import official
import pytest
from benchmark.environments import ProcessError


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the tool finds in packages that are installed, to be changed."""
    found: dict[str, Any] = {"surface": {"types": ["User"]}, "behaviour": {"values": {}}}
    monkeypatch.setattr(official, "RECORDED", tmp_path)
    monkeypatch.setattr(official, "holds", lambda *_: True)
    for name in found:
        monkeypatch.setattr(official, name, lambda name=name: found[name])
    return found


def test_recorded_and_compared(packages: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """What is recorded anew is as recorded, until the packages have something else, which is shown."""
    assert official.main([]) == 1
    assert official.main(["--write"]) == 0
    capsys.readouterr()
    assert (official.main([]), capsys.readouterr().out) == (0, "")
    packages["surface"] = {"types": ["User", "UserGroup"]}
    assert official.main([]) == 1
    assert '+  "UserGroup"' in capsys.readouterr().out


def test_packages_that_cannot_be_had(
    packages: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where PyPI cannot be reached, the tool says so, and changes nothing that was recorded."""

    def install(*_: object) -> None:
        raise ProcessError("no route to PyPI")

    monkeypatch.setattr(official, "holds", lambda *_: False)
    monkeypatch.setattr(official, "install", install)
    assert official.main(["--write"]) == 2
    assert "no route to PyPI" in capsys.readouterr().err
    assert [*official.RECORDED.iterdir()] == []
