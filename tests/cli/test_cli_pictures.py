"""The pictures of the README."""

from __future__ import annotations

from pathlib import Path

import pictures
import pytest

FOLDER = Path(__file__).parent / "pictures"


def test_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures show what the program writes, and making them again gives the same bytes."""
    made = []
    for name in ("first", "second"):
        monkeypatch.setattr(pictures, "FOLDER", tmp_path / name)
        pictures.main()
        made.append({file.name: file.read_text() for file in (tmp_path / name).iterdir()})
    assert made[0] == made[1]
    assert "katherine@example.com" in made[0]["table.svg"]
    for shown in ("[y/N]", "4/4", "not_found", "3&#160;deleted,&#160;1&#160;not&#160;found"):
        assert shown in made[0]["bulk_delete.svg"]
    table = made[0]["table.svg"].replace("http://www.w3.org", "").replace("https://www.textualize.io", "")
    assert "http" not in table


def test_kept_pictures_show_the_same() -> None:
    """The pictures that the README points to are those of these commands."""
    assert "katherine@example.com" in (FOLDER / "table.svg").read_text()
    assert "not_found" in (FOLDER / "bulk_delete.svg").read_text()
