"""Change the layer in small ways and see whether its tests notice: a score, and what none of them noticed.

    python scripts/mutation.py                                300 mutants, the same for one tree and --seed
    python scripts/mutation.py --only _bulk.py --count 50     of one module

A mutant is one change to the syntax tree of one module: a comparison, an operator, a constant or a condition
is another one, or an argument, an entry, an operand, a statement or a handler is missing. Docstrings,
annotations, asserts, f-strings and texts with a space in them (messages) stay as they are.

The tests run once as they are, to see which of them reach which lines. Then each mutant gets a process that
imports the changed module and runs the tests that reach the changed lines (all tests where that happens
at import), the fastest first, until one fails. A mutant that exceeds its time limit counts as killed.
Exit codes: 0 whatever the score, 1 when the tests fail on the unchanged tree. Not for Windows.
"""

from __future__ import annotations

import argparse
import ast
import copy
import linecache
import os
import random
import re
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import coverage
import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "arize_users"
TESTS = "tests/layer"
OUTSIDE = {"cli", "contract", "sandbox", "testing.py", "_signals.py", "_version.py"}
# Plain asserts: the hook that rewrites them would load the package itself, without the change.
PYTEST = ["-xqs", "--tb=no", "--assert=plain", "-pno:cacheprovider", "-pno:schemathesis", "-pno:xdist"]
# Each mutant is judged in a fork of a server that has imported pytest, but not the package.
PROCESSES = get_context("forkserver")
SURVIVED, BROKEN, KILLED, TIMED_OUT = range(4)
WORDS = ("survived", "broken", "killed", "timed out")

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub,
    ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip
PAIRS = [("min", "max"), ("any", "all"), ("lower", "upper"), ("startswith", "endswith")]
NAMES = dict([*PAIRS, *((after, before) for before, after in PAIRS)])


@dataclass(eq=False)
class Mutant:
    """One change to a module: ``apply`` puts ``new`` in the place of ``old`` in its tree."""

    path: Path
    tree: ast.Module
    old: Any
    new: ast.AST
    apply: Callable[[], object]
    lines: range
    at_import: bool
    tests: list[str] = field(default_factory=list)
    limit: float = 3600.0

    def __str__(self) -> str:
        before, after = _shown(self.old), _shown(self.new)
        if len(before) > 100:
            start = max(0, len(os.path.commonprefix([before, after])) - 20)  # noqa: RUF071
            before, after = f"...{before[start : start + 60]}...", f"...{after[start : start + 60]}..."
        text = f"{self.path.relative_to(ROOT)}:{self.old.lineno}: {before} -> {after}"
        if isinstance(self.old, ast.Constant | ast.Name | ast.Attribute):
            text += f"    in: {linecache.getline(str(self.path), self.old.lineno).strip()}"
        return text


def _shown(node: ast.AST) -> str:
    return " ".join(line for line in ast.unparse(node).splitlines() if not line.startswith("    "))


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Give every mutant of one module."""
    tree = ast.parse(path.read_bytes())

    def visit(node: ast.AST, lines: range, in_function: bool) -> Iterator[Mutant]:
        for slot, value in ast.iter_fields(node):
            inside = in_function or (
                slot == "body" and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            )
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(child, ast.AST) or _stays(child, node, slot, in_function):
                    continue
                own = header = lines
                if isinstance(child, ast.stmt):
                    own = header = range(child.lineno, (child.end_lineno or child.lineno) + 1)
                    if isinstance(body := getattr(child, "body", None), list):
                        header = range(child.lineno, max(body[0].lineno, child.lineno + 1))
                for choice in alternatives(child, node, slot, in_function):
                    new = ast.copy_location(copy.copy(choice), child)
                    apply = partial(setattr, node, slot, new)
                    if index is not None:
                        apply = partial(value.__setitem__, index, new)
                    yield Mutant(path, tree, child, new, apply, own, not inside)
                yield from visit(child, header, inside)

    yield from visit(tree, range(0), False)


def _stays(node: ast.AST, parent: ast.AST, slot: str, in_function: bool) -> bool:
    """Say whether a node and all below it are left alone."""
    match node:
        case (
            ast.JoinedStr() | ast.Assert() | ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant())
        ):
            return True
        case ast.If(test=ast.Name("TYPE_CHECKING")) | ast.Call(func=ast.Name("TypeVar" | "ParamSpec")):
            return True
        case ast.Assign(targets=[ast.Name(name)]) if name.startswith("__"):
            return True
        case ast.Subscript() | ast.BinOp(op=ast.BitOr()) if not in_function:  # An alias of a type.
            return True
    match parent:
        case ast.Call(func=ast.Name("cast"), args=[kind, *_]) if kind is node:
            return True
    return slot in ("annotation", "returns", "bases")


def alternatives(node: Any, parent: ast.AST, slot: str, in_function: bool) -> Iterator[ast.AST]:  # noqa: C901
    """Give what may stand in a node's place."""

    def but(**fields: Any) -> Any:
        changed = copy.copy(node)
        vars(changed).update(fields)
        return changed

    def without_one(*slots: str) -> Iterator[Any]:
        for index in range(len(getattr(node, slots[0]))):
            yield but(**{slot: (old := getattr(node, slot))[:index] + old[index + 1 :] for slot in slots})

    # Not one that is unpacked or returned: with an element less it would fail at once.
    is_collection = not in_function or isinstance(parent, ast.Compare | ast.ExceptHandler)
    if slot in ("test", "ifs") and not isinstance(node, ast.Compare | ast.UnaryOp | ast.Constant):
        yield ast.UnaryOp(ast.Not(), node)
    match node:
        case ast.Compare(ops=[op]) if type(op) in OPERATORS:
            yield but(ops=[OPERATORS[type(op)]()])
        case (
            ast.BoolOp(values=[left, right])
            | ast.BinOp(op=ast.BitOr() | ast.BitAnd(), left=left, right=right)
        ):
            yield from (left, right)
        case ast.BoolOp():
            yield from without_one("values")
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            yield but(op=OPERATORS[type(op)]())
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if " " not in value:
            yield ast.Constant(value + "x")
        case ast.Name(name) if name in NAMES and isinstance(parent, ast.Call):
            yield but(id=NAMES[name])
        case ast.Attribute(attr=name) if name in NAMES and isinstance(parent, ast.Call):
            yield but(attr=NAMES[name])
        case ast.Call():
            yield from without_one("keywords")
        case ast.Dict():
            yield from without_one("keys", "values")
        case ast.List(ctx=ast.Load()) | ast.Set(elts=[_, _, *_]):
            yield from without_one("elts")
        case ast.Tuple(ctx=ast.Load()) if is_collection:
            yield from without_one("elts")
        case ast.ExceptHandler(type=ast.AST()):
            yield but(type=ast.Tuple([], ast.Load()))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from without_one("decorator_list")
        case ast.Return(value=ast.AST() as value) if getattr(value, "value", value) is not None:
            yield ast.Return(ast.Constant(None))
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Delete():
            yield ast.Pass()
        case ast.Expr() | ast.Raise() | ast.Break() | ast.Continue():
            yield ast.Pass()


class Plugin:
    """Runs the tests that are given, in that order."""

    def __init__(self, tests: list[str]) -> None:
        self.place = {test: place for place, test in enumerate(tests)}

    def pytest_sessionstart(self) -> None:
        """Let hypothesis report a failure as it finds it: making it smaller takes long."""
        settings.register_profile("mutation", settings(), phases=[Phase.explicit, Phase.generate])
        settings.load_profile("mutation")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the others."""
        items[:] = [item for item in items if item.nodeid in self.place]
        items.sort(key=lambda item: self.place[item.nodeid])


class Recorder:
    """Notes which tests run which lines, and how long each test takes."""

    def __init__(self) -> None:
        self.coverage = coverage.Coverage(data_file=None, config_file=False, source=[str(PACKAGE)])
        self.seconds: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Name the test that runs."""
        self.coverage.switch_context(item.nodeid)
        result = yield
        self.coverage.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up set-up, call and tear-down."""
        self.seconds[report.nodeid] += report.duration


def measure() -> tuple[dict[str, float], dict[str, dict[int, list[str]]]]:
    """Run the unchanged tests: the seconds of each, and which of them run each line."""
    recorder = Recorder()
    recorder.coverage.start()
    code = pytest.main([*PYTEST, TESTS], plugins=[recorder])
    recorder.coverage.stop()
    if code:
        raise RuntimeError("the tests fail on the unchanged tree")
    data = recorder.coverage.get_data()
    return dict(recorder.seconds), {path: data.contexts_by_lineno(path) for path in data.measured_files()}


class ChangedModule(SourceFileLoader):
    """Loads a module from code that is there already."""

    code: CodeType

    def get_code(self, _: str) -> CodeType:
        """Give that code."""
        return self.code


def judge(mutant: Mutant) -> None:
    """Run the tests of a mutant, in silence; the exit code of this process is the outcome."""
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))  # A mutant may collect without end.
    mutant.apply()
    name = ".".join(mutant.path.relative_to(ROOT).with_suffix("").parts)
    loader = ChangedModule(name, str(mutant.path))
    loader.code = compile(ast.fix_missing_locations(mutant.tree), mutant.path, "exec", dont_inherit=True)

    def find_spec(fullname: str, *_: object) -> ModuleSpec | None:
        return spec_from_file_location(name, mutant.path, loader=loader) if fullname == name else None

    sys.meta_path.insert(0, SimpleNamespace(find_spec=find_spec))
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    outcome = KILLED  # Also when the package's own plugin for pytest cannot be imported.
    try:
        files = {test.partition("::")[0]: None for test in mutant.tests}
        if not pytest.main([*PYTEST, *files], plugins=[Plugin(mutant.tests)]):
            module = sys.modules.get(name)
            outcome = SURVIVED if module is None or module.__loader__ is loader else BROKEN
    finally:
        os._exit(outcome)  # Threads of the tests may still run.


def outcome_of(mutant: Mutant) -> int:
    """Judge a mutant within its time limit."""
    if not mutant.tests:
        return SURVIVED
    process = PROCESSES.Process(target=judge, args=(mutant,))
    process.start()
    process.join(mutant.limit)
    if process.exitcode is None:
        process.kill()
        return TIMED_OUT
    return process.exitcode if process.exitcode >= 0 else KILLED  # By a signal: the interpreter broke down.


def draw(only: str, count: int, seed: int) -> list[Mutant]:
    """Draw mutants from the modules of the layer; a generated one is left out for the one it is made from."""
    found: list[Mutant] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        is_generated = re.search("generated (by|from)", path.read_text()[:400], re.IGNORECASE)
        is_ours = inside.parts[0] not in OUTSIDE and inside.name != "__init__.py"
        if is_ours and not is_generated and only in str(inside):
            found.extend(mutants_of(path))
    count = min(count, len(found))
    print(f"{count} mutants of {len(found)}, seed {seed}", flush=True)
    return random.Random(seed).sample(found, count)  # noqa: S311


def choose_tests(mutant: Mutant, seconds: dict[str, float], lines: dict[int, list[str]]) -> None:
    """Give a mutant its tests, in their order, and its time limit."""
    reaching = {test for line in mutant.lines for test in lines.get(line, ())}
    # The empty name stands for what runs outside of tests.
    chosen = seconds if mutant.at_import or "" in reaching else reaching
    of_this_module = {test for tests in lines.values() for test in tests}
    mutant.tests = sorted(chosen, key=lambda test: (test not in of_this_module, seconds[test]))
    mutant.limit = 30 + 5 * sum(seconds[test] for test in chosen)


def report(found: dict[int, list[Mutant]]) -> None:
    """Print the mutants that no test noticed, and the score of each module and of all."""
    survived = Counter(mutant.path for mutant in found[SURVIVED])
    total = survived + Counter(mutant.path for mutant in [*found[KILLED], *found[TIMED_OUT]])
    for outcome in (TIMED_OUT, SURVIVED):
        print(f"\n{WORDS[outcome]}: {len(found[outcome])}")
        for mutant in sorted(found[outcome], key=lambda one: (one.path, one.old.lineno)):
            print(f"  {mutant}" + ("" if mutant.tests else "    (no test reaches it)"))
    print("\nkilled:")
    for path in sorted(total):
        print(f"  {total[path] - survived[path]:3} of {total[path]:3}  {path.relative_to(ROOT)}")
    killed = total.total() - survived.total()
    print(f"  {killed} of {total.total()}  {killed / total.total():.1%}")


def main() -> None:
    """Draw, judge and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=300, help="how many mutants (default: 300)")
    parser.add_argument("--seed", type=int, default=10, help="which ones are drawn (default: 10)")
    parser.add_argument("--only", default="", help="draw only from modules whose path holds this text")
    options = parser.parse_args()
    # A shell that starts this in the background lets it ignore Ctrl-C, which tests send.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(ROOT)
    sys.path[0] = str(ROOT)
    started = time.monotonic()
    mutants = draw(options.only, options.count, options.seed)
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as elsewhere:
        seconds, lines = elsewhere.submit(measure).result()
    for mutant in mutants:
        choose_tests(mutant, seconds, lines.get(str(mutant.path), {}))

    # The unchanged code, judged like a mutant, must survive: else a kill would say nothing.
    fastest_first = sorted(seconds, key=seconds.__getitem__)
    control = replace(mutants[0], new=mutants[0].old, apply=int, tests=fastest_first, limit=3600.0)
    found: dict[int, list[Mutant]] = defaultdict(list)
    threads = ThreadPoolExecutor(os.cpu_count())
    try:
        futures = {threads.submit(outcome_of, mutant): mutant for mutant in [control, *mutants]}
        for future in as_completed(futures):
            mutant, outcome = futures[future], future.result()
            print(f"{WORDS[outcome]:9} {mutant}", file=sys.stderr, flush=True)
            if outcome == BROKEN or (mutant is control and outcome != SURVIVED):
                sys.exit("the line above is wrong: the unchanged code fails, or a mutant could not be judged")
            found[outcome].append(mutant)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for process in PROCESSES.active_children():
            process.kill()
    found[SURVIVED].remove(control)
    report(found)
    print(f"{(time.monotonic() - started) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
