"""The pictures of the documentation."""

from __future__ import annotations

from pathlib import Path

import pictures
import pytest


def test_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures show what the program writes, and made again they are those of the documentation."""
    made = []
    for folder in (tmp_path / "first", tmp_path / "second", pictures.FOLDER):
        if folder.parent == tmp_path:
            monkeypatch.setattr(pictures, "FOLDER", folder)
            pictures.main()
        made.append({file.name: file.read_text() for file in folder.iterdir()})
        table = (
            made[-1]["table.svg"].replace("http://www.w3.org", "").replace("https://www.textualize.io", "")
        )
        assert ("katherine@example.com" in table, "http" in table) == (True, False)
        for shown in ("[y/N]", "4/4", "not_found", "3&#160;deleted,&#160;1&#160;not&#160;found"):
            assert shown in made[-1]["bulk_delete.svg"]
    assert made[0] == made[1]
