"""Hold the locked requirements against pyproject.toml; offline, and without the tool that writes them.

python scripts/lock.py            exit 1 with every way in which a lock does not fit
python scripts/lock.py --lowest   print the lowest direct versions that the published package allows here
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
# Each lock, the dependency group it holds, and whether the extras of the published package are in it.
LOCKS = {"requirements/runtime.txt": ("build", False), "requirements/dev.txt": ("dev", True)}
PLATFORMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
)
# How `uv pip compile` marks what pyproject.toml itself asks for.
DIRECT = "arize-users (pyproject.toml"


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lowest", action="store_true", help="print the lowest direct versions")
    options = parser.parse_args(argv)
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if options.lowest:
        print("\n".join(lowest(published(document, extras=True))))
        return 0
    texts = {lock: (ROOT / lock).read_text(encoding="utf-8") for lock in LOCKS}
    found = [
        f"{lock}: {mismatch}" for lock, text in texts.items() for mismatch in mismatches(document, lock, text)
    ]
    if found:
        print(*found, "lock: `make lock` writes the locks anew", sep="\n", file=sys.stderr)
    return int(bool(found))


def published(document: dict[str, Any], *, extras: bool) -> list[Requirement]:
    """Read what the published package requires, with or without its extras."""
    project = document["project"]
    parts = [project["dependencies"], *(project["optional-dependencies"].values() if extras else ())]
    return [Requirement(text) for part in parts for text in part]


def mismatches(document: dict[str, Any], lock: str, text: str) -> Iterator[str]:
    """Say each way in which the text of a lock does not fit a pyproject.toml."""
    group, extras = LOCKS[lock]
    wanted = published(document, extras=extras)
    wanted += map(Requirement, document["build-system"]["requires"])
    wanted += map(Requirement, resolve_dependency_groups(document["dependency-groups"], group))
    pins: list[Requirement] = []
    direct: set[str] = set()
    for line in text.replace("\\\n", "").splitlines():
        content, _, comment = line.partition("#")
        if DIRECT in comment:
            direct.add(canonicalize_name(pins[-1].name))
        if not content.strip():
            continue
        if content.startswith("-"):
            yield f"{content.strip()!r}: only pinned packages belong here, no index address and no option"
            continue
        pin, *hashes = content.split("--hash=")
        pins.append(Requirement(pin.strip()))
        if not hashes or [clause.operator for clause in pins[-1].specifier] != ["=="]:
            yield f"{pin.strip()}: not pinned to one version with its hashes"
    for python in pythons(document):
        for platform in PLATFORMS:
            here = {**platform, "python_version": python, "python_full_version": f"{python}.0"}
            for requirement in wanted:
                if problem := _unmet(requirement, pins, here):
                    yield f"{requirement}: {problem} for Python {python} on {platform['platform_system']}"
    for name in sorted(direct - {canonicalize_name(requirement.name) for requirement in wanted}):
        yield f"{name}: pyproject.toml does not ask for it"


def pythons(document: dict[str, Any]) -> list[str]:
    """Give the Python versions that the classifiers name."""
    classifiers = "\n".join(document["project"]["classifiers"])
    return re.findall(r"^Programming Language :: Python :: (\d+\.\d+)$", classifiers, re.MULTILINE)


def lowest(requirements: list[Requirement], environment: dict[str, str] | None = None) -> list[str]:
    """Pin each requirement that applies in an environment, by default this one, to its lowest version."""
    floors: dict[str, Version] = {}
    for requirement in requirements:
        if _applies(requirement, environment or {}):
            (floor,) = (
                Version(clause.version) for clause in requirement.specifier if clause.operator == ">="
            )
            floors[requirement.name] = max(floor, floors.get(requirement.name, floor))
    return [f"{name}=={version}" for name, version in floors.items()]


def _unmet(requirement: Requirement, pins: list[Requirement], environment: dict[str, str]) -> str | None:
    """Say why the pins that apply in an environment do not meet a requirement, if they do not."""
    if not _applies(requirement, environment):
        return None
    name = canonicalize_name(requirement.name)
    found = [pin for pin in pins if canonicalize_name(pin.name) == name and _applies(pin, environment)]
    if len(found) != 1:
        return f"{len(found)} versions are locked"
    version = str(found[0].specifier).removeprefix("==")
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{version} is locked"
    missing = requirement.extras - found[0].extras
    return f"locked without its extra {', '.join(sorted(missing))}" if missing else None


def _applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": "", **environment})


if __name__ == "__main__":
    sys.exit(main())
