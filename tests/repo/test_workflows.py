"""The GitHub workflows: what they run exists, and their own steps do what they promise."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import lock
import pytest
import yaml
from support.programs import ROOT, run

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS: dict[str, Any] = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES}
JOBS = {(flow, name): job for flow, text in WORKFLOWS.items() for name, job in text["jobs"].items()}
STEPS = [(*place, step) for place, job in JOBS.items() for step in job.get("steps", ())]
RUNS = [
    (f"{flow} {job}: {step.get('name') or step['run']}", step) for flow, job, step in STEPS if "run" in step
]
# The only jobs that may do more than read, and what.
WRITING = {
    ("newest", "report"): {"issues": "write"},
    ("spec-watch", "propose"): {"contents": "write", "pull-requests": "write"},
    ("release", "publish"): {"id-token": "write"},
}
REPORT = "# Foreign words\n``` and @everyone\n"


def script(workflow: str, name: str) -> str:
    """Give the shell script of a step."""
    (found,) = [step["run"] for flow, _, step in STEPS if flow == workflow and step.get("name") == name]
    return str(found)


class Runner:
    """Runs steps in bash as GitHub does, with stand-ins for programs, which note how they are called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = folder / "repository"
        self.repository.mkdir()
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.output = folder / "output"
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(self.output),
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def program(self, path: Path, text: str) -> None:
        """Write a program."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def gh(self, listed: str = "") -> None:
        """Let `gh` note its words, one call a line, and list a number."""
        case = f'case "$2" in list) printf %s "{listed}" ;; esac'
        self.program(self.bin / "gh", f'echo "$*" >> "{self.folder}/gh"\n{case}')

    @property
    def calls(self) -> list[str]:
        """How `gh` was called, without its listings."""
        lines = (self.folder / "gh").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.split()[1:2] != ["list"]]

    def git(self, *words: str) -> str:
        """Run git in the repository."""
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        done = run("git", *identity, *words, cwd=self.repository, env=self.env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, script: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a step."""
        step = self.folder / "step.sh"
        step.write_text(script, encoding="utf-8")
        words = ("bash", "--noprofile", "--norc", "-eo", "pipefail", step)
        return run(*words, cwd=self.repository, env={**self.env, **env})


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A repository with a spec and a generated client, and a place for programs."""
    runner = Runner(tmp_path)
    runner.git("init", "--quiet", "--initial-branch", "main")
    for name in ("openapi/users.yaml", "generated/client.py", "README.md"):
        (runner.repository / name).parent.mkdir(exist_ok=True)
        (runner.repository / name).write_text("old\n", encoding="utf-8")
    (runner.repository / ".gitignore").write_text(".venv*/\n", encoding="utf-8")
    runner.git("add", "--all")
    runner.git("commit", "--quiet", "--message", "Begin")
    return runner


def test_every_python_and_system() -> None:
    """CI tests each Python that the package is published for on Linux, macOS and Windows."""
    matrix = JOBS["ci", "test"]["strategy"]["matrix"]
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert matrix["python"] == lock.pythons(pyproject)
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]


def test_commands_exist() -> None:
    """A workflow runs the commands of the README, each of which the Makefile has."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(VENV)", ".venv")
    targets = set(re.findall(r"^([\w./-]+):", makefile, re.MULTILINE))
    commands = [run for _, step in RUNS for run in re.findall(r"^make (\S+)", step["run"], re.MULTILINE)]
    assert {"static", "test", "test-newest", "dist"} <= set(commands) <= targets


@pytest.mark.parametrize(
    "step", [step for *_, step in STEPS if "uses" in step], ids=lambda step: step["uses"]
)
def test_actions_are_pinned(step: dict[str, Any]) -> None:
    """An action is taken at one commit, so that nobody can change what runs here."""
    assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])


def test_permissions() -> None:
    """A workflow may read, and one job of three of them may do the one thing it is there for."""
    assert all(text["permissions"] == {"contents": "read"} for text in WORKFLOWS.values())
    assert {place: job["permissions"] for place, job in JOBS.items() if "permissions" in job} == WRITING
    assert "secrets." not in "".join(file.read_text(encoding="utf-8") for file in FILES)


@pytest.mark.parametrize("step", [step for _, step in RUNS], ids=[name for name, _ in RUNS])
def test_shell(step: dict[str, Any], tmp_path: Path) -> None:
    """ShellCheck finds nothing in a step, and no text of GitHub's is pasted into a script."""
    assert "${{" not in step["run"]
    file = tmp_path / "step.sh"
    file.write_text(step["run"], encoding="utf-8")
    shellcheck = shutil.which("shellcheck", path=Path(sys.executable).parent)
    done = run(shellcheck, "--shell=bash", "--norc", file)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.posix
@pytest.mark.parametrize(
    ("code", "spec", "changes"),
    [
        (0, "old\n", None),
        (0, "new\n", "compatible"),
        (3, "new\n", "risky"),
        (4, "new\n", "breaking"),
    ],
)
def test_a_new_spec_is_compared(runner: Runner, code: int, spec: str, changes: str | None) -> None:
    """Where `update_spec.py` changes the spec, a proposal has its report and the class of the changes."""
    step = script("spec-watch", "Compare")
    noted = f'echo "$*" > "{runner.folder}/words"'
    update = f"{noted}; printf %s '{REPORT}'; printf '{spec}' > openapi/users.yaml; exit {code}"
    regenerate = "echo regenerated; cp openapi/users.yaml generated/client.py; touch generated/added.py"
    case = f'case "$1" in *update_spec.py) {update} ;; *regenerate.py) {regenerate} ;; esac'
    runner.program(runner.repository / ".venv/bin/python", case)
    done = runner.run(step, SPEC_URL="https://example.com/a b.yaml")
    assert done.returncode == 0, done.stderr
    words = (runner.folder / "words").read_text(encoding="utf-8")
    assert words == "scripts/update_spec.py https://example.com/a b.yaml --write --accept-breaking\n"
    if changes is None:
        assert not runner.output.exists()
        return
    assert runner.output.read_text(encoding="utf-8") == f"changes={changes}\n"
    assert (runner.repository / "proposal/report.txt").read_text(encoding="utf-8") == f"{REPORT}regenerated\n"
    patch = (runner.repository / "proposal/changes.patch").read_text(encoding="utf-8")
    assert re.findall(r"^diff --git a/(\S+)", patch, re.MULTILINE) == [
        "generated/added.py",
        "generated/client.py",
        "openapi/users.yaml",
    ]


@pytest.mark.posix
@pytest.mark.parametrize("code", [1, 2])
def test_a_spec_that_cannot_be_read(runner: Runner, code: int) -> None:
    """Bad input, and a crash, fail the run, so that a watch that sees nothing is noticed."""
    runner.program(runner.repository / ".venv/bin/python", f"echo why >&2; exit {code}")
    done = runner.run(script("spec-watch", "Compare"), SPEC_URL="https://example.com")
    assert (done.returncode, done.stderr) == (code, "why\n")
    assert not runner.output.exists()


@pytest.mark.posix
def test_a_client_that_cannot_be_generated(runner: Runner) -> None:
    """A spec from which no client can be generated is proposed all the same, and the report says so."""
    case = (
        'case "$1" in *update_spec.py) echo new > openapi/users.yaml ;; *) echo refused >&2; exit 1 ;; esac'
    )
    runner.program(runner.repository / ".venv/bin/python", case)
    assert runner.run(script("spec-watch", "Compare"), SPEC_URL="https://example.com").returncode == 0
    report = (runner.repository / "proposal/report.txt").read_text(encoding="utf-8")
    assert report == "refused\nscripts/regenerate.py failed, so the generated client is the old one.\n"
    assert runner.output.read_text(encoding="utf-8") == "changes=compatible\n"


@pytest.mark.posix
@pytest.mark.parametrize("number", ["", "7"], ids=["none open", "one open"])
def test_a_proposal(runner: Runner, number: str) -> None:
    """A pull request has spec, client and report, and nothing else of the patch; an open one is renewed."""
    origin = runner.folder / "origin.git"
    runner.git("init", "--quiet", "--bare", str(origin))
    runner.git("remote", "add", "origin", str(origin))
    for name in ("openapi/users.yaml", "generated/client.py", "README.md"):
        (runner.repository / name).write_text("new\n", encoding="utf-8")
    proposal = runner.folder / "proposal"
    proposal.mkdir()
    (proposal / "changes.patch").write_text(runner.git("diff", "--binary"), encoding="utf-8")
    (proposal / "report.txt").write_text(REPORT + "a line\n" * 50_000, encoding="utf-8")
    runner.git("checkout", "--quiet", ".")
    runner.gh(number)
    step = script("spec-watch", "Open a pull request, or bring the open one up to date")
    done = runner.run(step, BRANCH="spec-watch", CHANGES="risky", PROPOSAL=str(proposal))
    assert done.returncode == 0, done.stderr
    assert runner.git("diff", "--name-only", "main", "origin/spec-watch").split() == [
        "generated/client.py",
        "openapi/users.yaml",
    ]
    title = "--title Take the vendor's new spec in (risky changes)"
    verb = f"pr edit {number}" if number else "pr create --head spec-watch"
    assert runner.calls == ["auth setup-git", f"{verb} {title} --body-file {proposal}/body.md"]
    body = (proposal / "body.md").read_text(encoding="utf-8")
    assert "\n\n    # Foreign words\n    ``` and @everyone\n" in body
    assert 60_000 < len(body) < 65_536  # GitHub takes no more.


@pytest.mark.posix
@pytest.mark.parametrize(
    ("number", "called"), [("", "issue create --title It fails"), ("7", "issue comment 7")]
)
def test_the_newest_dependencies_fail(runner: Runner, number: str, called: str) -> None:
    """A week whose newest dependencies break the tests opens an issue, and the next ones add to it."""
    runner.gh(number)
    step = script("newest", "Open an issue, or add to the open one")
    assert runner.run(step, TITLE="It fails", RUN="https://example.com/1").returncode == 0
    (call,) = runner.calls
    assert call.startswith(f"{called} --body They fail in https://example.com/1, ")


@pytest.mark.posix
@pytest.mark.parametrize(("tag", "code"), [("v1.2.0", 0), ("v1.2.1", 1), ("1.2", 1)])
def test_the_tag_is_the_version(runner: Runner, tag: str, code: int) -> None:
    """A release whose tag is not the version that was built is not published."""
    dist = runner.repository / "dist"
    dist.mkdir()
    (dist / "arize_users-1.2.0-py3-none-any.whl").touch()
    done = runner.run(script("release", "Check that the tag is the version"), GITHUB_REF_NAME=tag)
    assert done.returncode == code
    assert (f"the tag {tag} is not the version" in done.stdout) == bool(code)


@pytest.mark.parametrize("system", ["Windows_NT", ""])
def test_the_programs_of_an_environment(system: str) -> None:
    """`make` finds the programs of its environments on Windows, too."""
    make = shutil.which("make")
    assert make is not None
    folder = "Scripts" if system else "bin"
    for target in ("test", "demo", "test-newest", "test-oldest", "lock"):
        done = run(make, "--always-make", "--dry-run", target, f"OS={system}", cwd=ROOT)
        called = re.findall(r"\.venv[\w-]*/(\w+)/(?:python|uv)\b", done.stdout)
        assert done.returncode == 0, done.stderr
        assert set(called) == {folder}


def test_what_windows_leaves_out() -> None:
    """On Windows `make test` runs all tests but those that need what it lacks, and the command line's."""
    # Without what a `make test` that runs these tests hands on.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = run("make", "--dry-run", "test", "OS=Windows_NT", cwd=ROOT, env=environment)
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = " ".join(
        path for path in pyproject["tool"]["pytest"]["ini_options"]["testpaths"] if path != "tests/cli"
    )
    assert done.stdout.rstrip().endswith(f'-m "not posix" --cov-fail-under=0 {folders}')
