"""The virtual environment of each side, and the processes that run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

import pyperf

OFFICIAL_CLIENT, OFFICIAL_CLI = OFFICIAL_PACKAGES = "arize==8.61.0", "arize-ax-cli==0.39.0"
OFFICIAL = "official-cli"
"""The environment of Arize's command line, which holds its client, too."""
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


class ProcessError(Exception):
    """A process failed; the message says what it said last."""


class Environments:
    """The environments of one run. What is measured is installed from PyPI or a wheel of this clone.

    Arize's packages are installed once and kept. Our environments are made anew for each run, so that they
    hold the code and the dependencies as they are now.

    Raises:
        ProcessError: pip could not install a package.
    """

    def __init__(self, root: Path, directory: Path) -> None:
        self._directory = directory
        wheels = directory / "wheel"
        shutil.rmtree(wheels, ignore_errors=True)
        run([*_PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", f"-w{wheels}", str(root)])
        (wheel,) = wheels.glob("*.whl")
        self.client = self._make("ours", str(wheel))
        self.cli = self._make("ours-cli", f"{wheel}[cli]")
        self.official = self._make("official", OFFICIAL_CLIENT, keep=True)
        self.official_cli = self._make(OFFICIAL, *OFFICIAL_PACKAGES, keep=True)
        # On the path of every side and in none of the environments whose sizes are compared.
        self.pyperf = self._make("pyperf", f"pyperf=={pyperf.__version__}", keep=True)

    def _make(self, name: str, *requirements: str, keep: bool = False) -> Path:
        place = self._directory / name
        if not (keep and holds(place, *requirements)):
            install(place, *requirements)
        return place


def holds(place: Path, *requirements: str) -> bool:
    """Tell whether an environment was made of these requirements."""
    contents = place / "contents.txt"
    return contents.is_file() and contents.read_text() == " ".join(requirements)


def install(place: Path, *requirements: str) -> None:
    """Make an environment of requirements, in the place of what is there.

    Raises:
        ProcessError: pip could not install them.
    """
    contents = " ".join(requirements)
    print(f"installing {contents}", file=sys.stderr)
    venv.create(place, clear=True, symlinks=os.name != "nt")
    run([*_PIP, "--python", program_of(place, "python"), "install", "--quiet", *requirements])
    (place / "contents.txt").write_text(contents)


def program_of(environment: Path, name: str) -> str:
    """Return a program of an environment."""
    return os.path.join(sysconfig.get_path("scripts", "venv", {"base": str(environment)}), name)


def packages_of(environment: Path) -> Path:
    """Return the directory of the packages of an environment."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))


def run(command: Sequence[str], variables: dict[str, str] | None = None, *, text: str = "") -> str:
    """Run a process to its end, with a text to read, and return what it wrote to its standard output.

    Raises:
        ProcessError: It failed.
    """
    done = subprocess.run(command, env=variables, input=text, capture_output=True, text=True)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it wrote no reason"]
        # pyperf adds a traceback of its own below the reason.
        raise ProcessError(next((line for line in lines if line.startswith("ERROR: ")), lines[-1]))
    return done.stdout
