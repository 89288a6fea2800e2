"""The environments of the two sides, made in the clone when they are missing or out of date."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

OFFICIAL = "arize==8.61.0"
OFFICIAL_CLI = "arize-ax-cli==0.39.0"

# What a wheel is built from; a change of it makes ours out of date.
_SOURCES = ("arize_users", "generated")
_OF_EVERY_ENVIRONMENT = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")
_MARKER = "bench-holds.txt"


class Refused(Exception):
    """The benchmark cannot be run here; the message says why and what would help."""


class Environments:
    """The four environments under a directory. Asking for one makes it, which needs PyPI once."""

    def __init__(self, root: Path, directory: Path, say: Callable[[str], None]) -> None:
        self._root = root
        self._directory = directory
        self._say = say

    @property
    def ours(self) -> Path:
        """The layer with its command line, from a freshly built wheel."""
        return self._of_wheel("ours", "[cli]")

    @property
    def lean(self) -> Path:
        """The layer without extras."""
        return self._of_wheel("ours-lean", "")

    @property
    def official(self) -> Path:
        """Arize's own Python client."""
        return self._holding("official", OFFICIAL, [[OFFICIAL]])

    @property
    def official_cli(self) -> Path:
        """Arize's own command line."""
        return self._holding("official-cli", OFFICIAL_CLI, [[OFFICIAL_CLI]])

    def _of_wheel(self, name: str, extras: str) -> Path:
        digest = source_digest(self._root)
        wheels = self._directory / "wheel" / digest
        if not any(wheels.glob("*.whl")):
            self._say("building the wheel")
            shutil.rmtree(wheels.parent, ignore_errors=True)
            build = ["wheel", "--no-deps", "--wheel-dir", str(wheels), str(self._root)]
            pip(Path(sys.executable), build, "what builds our wheel")
        (wheel,) = wheels.glob("*.whl")
        # Twice: the first brings what it needs, the second brings a change under the same version.
        steps = [[f"{wheel}{extras}"], ["--force-reinstall", "--no-deps", str(wheel)]]
        return self._holding(name, f"{wheel.name}{extras} {digest}", steps)

    def _holding(self, name: str, contents: str, steps: list[list[str]]) -> Path:
        place = self._directory / name
        marker = place / _MARKER
        if not marker.is_file() or marker.read_text() != contents:
            self._say(f"preparing the environment {name}")
            if not (place / "pyvenv.cfg").is_file():
                venv.create(place, with_pip=True)
            for step in steps:
                pip(python_of(place), ["install", *step], contents.split()[0])
            marker.write_text(contents)
        return place


def pip(python: Path, arguments: Sequence[str], what: str) -> None:
    """Run pip to get something.

    Raises:
        Refused: it failed; the reason it gave is in the message.
    """
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "--retries", "1"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("ERROR: ")]
        reason = (errors or said or ["nothing"])[-1].removeprefix("ERROR: ")
        raise Refused(f"{what} could not be had; this needs PyPI, once. pip says: {reason}")


def python_of(environment: Path) -> Path:
    """Give the interpreter of an environment."""
    return program_of(environment, "python")


def program_of(environment: Path, name: str) -> Path:
    """Give a program of an environment."""
    if sys.platform == "win32":
        return environment / "Scripts" / f"{name}.exe"
    return environment / "bin" / name


def source_digest(root: Path) -> str:
    """Give a short digest of everything that goes into our wheel."""
    files = [root / "pyproject.toml"]
    for source in _SOURCES:
        files += sorted((root / source).rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def installed_bytes(environment: Path) -> int:
    """Give the size of what is installed, compiled files included, pip and its kind left out."""
    packages = next(environment.glob("[Ll]ib/**/site-packages"))
    return sum(
        file.stat().st_size
        for entry in packages.iterdir()
        if not entry.name.startswith(_OF_EVERY_ENVIRONMENT)
        for file in ([entry] if entry.is_file() else entry.rglob("*"))
        if file.is_file()
    )
