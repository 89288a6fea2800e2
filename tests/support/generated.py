"""A package as an earlier run of the generator may have left it."""

from __future__ import annotations

from pathlib import Path

OLD = {"old.py": b"OLD = True\n"}
"""Its files: a module that no longer exists."""


def old_package(parent: Path) -> Path:
    """Make it, and give its folder."""
    folder = parent / "arize_users_api"
    folder.mkdir()
    for name, content in OLD.items():
        (folder / name).write_bytes(content)
    return folder
