"""The pictures of the README."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "pictures.py"


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, writing to a folder of the test's."""
    spec = importlib.util.spec_from_file_location("pictures", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "FOLDER", tmp_path / "pictures")
    return script


def test_pictures(pictures: ModuleType) -> None:
    """The pictures show what the program writes, and making them again gives the same bytes."""
    pictures.main()
    made = {file.name: file.read_bytes() for file in pictures.FOLDER.iterdir()}
    pictures.main()
    assert made == {file.name: file.read_bytes() for file in pictures.FOLDER.iterdir()}
    table = (pictures.FOLDER / "table.svg").read_text()
    assert "katherine@example.com" in table
    deletion = (pictures.FOLDER / "bulk_delete.svg").read_text()
    for shown in ("[y/N]", "4/4", "not_found", "3&#160;deleted,&#160;1&#160;not&#160;found"):
        assert shown in deletion
    assert "http" not in table.replace("http://www.w3.org", "").replace("https://www.textualize.io", "")


def test_kept_pictures_show_the_same() -> None:
    """The pictures that the README points to are those of these commands."""
    folder = SCRIPT.parent.parent / "tests" / "cli" / "pictures"
    assert "katherine@example.com" in (folder / "table.svg").read_text()
    assert "not_found" in (folder / "bulk_delete.svg").read_text()
