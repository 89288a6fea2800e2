"""The samples of a page of Markdown."""

from __future__ import annotations

import re
from pathlib import Path


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """The commands of `ax` that the page shows after a prompt, in order."""
    lines = "".join(blocks(page, "console")).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ax ")]


def rows(text: str) -> dict[str, str]:
    """The rows of the tables in a text, by the first thing in code in their first cell, or else the cell."""
    cells = re.findall(r"^\| (.+?) \| (.+) \|$", text, re.MULTILINE)
    return {re.sub(r"^`([^`]+)`.*", r"\1", first): rest for first, rest in cells}
