"""The wheel: what it holds, and that it works where the repository is not."""

from __future__ import annotations

import os
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from support.programs import ROOT, run, run_python


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, offline, with the build backend that is installed."""
    folder = tmp_path_factory.mktemp("dist")
    run_python("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT).check_returncode()
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_two_packages_and_nothing_named_generated(wheel: Path) -> None:
    """An installation brings arize_users and arize_users_api, typed, and no other top-level name."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"arize_users", "arize_users_api"}
    assert {"arize_users/py.typed", "arize_users_api/py.typed"} <= set(names)
    assert not [name for name in names if "generated" in name or "__pycache__" in name]


def requirements(name: str, seen: set[str]) -> set[str]:
    """Collect a distribution and everything it needs at run time, without extras."""
    if name.lower() not in seen:
        seen.add(name.lower())
        for text in distribution(name).requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                requirements(requirement.name, seen)
    return seen


def test_the_installed_wheel_works_without_the_repository(wheel: Path, tmp_path: Path) -> None:
    """In an environment with only the wheel and its run-time requirements, every part imports and runs."""
    home = tmp_path / "env"
    venv.create(home, with_pip=False)
    (site,) = home.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    for name in requirements("arize-users", set()) - {"arize-users"}:
        files = distribution(name).files or ()
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            link = site / top
            if not link.exists():
                link.symlink_to(Path(str(distribution(name).locate_file(top))))
    program = (
        "import sys, arize_users, arize_users_api\n"
        "client = arize_users.ArizeClient(base_url='sandbox:')\n"
        "made = client.users.create(name='Ada', email='a@b.co', role='member', invite_mode='none')\n"
        "assert client.users.get(user='A@B.co').id == made.id\n"
        "assert not {'pandas', 'rich', 'typer', 'pytest'} & set(sys.modules)\n"
        "print(arize_users.__file__)\n"
    )
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = run(python, "-I", "-W", "ignore", "-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(home)
