"""The mutants that `make mutation` draws are changes that a test could notice."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import mutation

CHANGES = {
    "f(a < b)": ["f(a <= b)", "pass"],
    "x = a and b": ["x = a", "x = b"],
    "x = not a": ["x = a"],
    "x = a + 1": ["x = a - 1", "x = a + 2"],
    "x = [True, 'text']": ["x = ['text']", "x = [True]", "x = [False, 'text']", "x = [True, 'textx']"],
    "x = {'a': b}": ["x = {}", "x = {'ax': b}"],
    "x = f(a, b=c)": ["x = f(a)"],
    "x = min(a)": ["x = max(a)"],
    "x.y = a": ["pass"],
    "while a:\n    break": ["while not a:\n    break", "while a:\n    pass"],
    "try:\n    x = a\nexcept B:\n    raise": [
        "try:\n    x = a\nexcept ():\n    raise",
        "try:\n    x = a\nexcept B:\n    pass",
    ],
    "def f():\n    return a": ["def f():\n    return None"],
    "@a\ndef f():\n    x = b": ["def f():\n    x = b"],
}  # fmt: skip


def mutants(source: str, path: Path) -> list[mutation.Mutant]:
    path.write_text(source)
    return list(mutation.mutants_of(path))


@pytest.mark.parametrize("source", CHANGES)
def test_every_change(source: str, tmp_path: Path) -> None:
    """A piece of code gives these mutants, each of them valid and one change away from it."""
    found = []
    for index in range(len(mutants(source, tmp_path / "code.py"))):
        mutant = mutants(source, tmp_path / "code.py")[index]
        mutant.apply()
        found.append(ast.unparse(mutant.tree))
        compile(ast.fix_missing_locations(mutant.tree), "code.py", "exec")
    assert sorted(found) == sorted(CHANGES[source])


@pytest.mark.parametrize(
    "source",
    [
        '"""What it does."""',
        "if TYPE_CHECKING:\n    x = 1",
        "def f(a: Literal['b']) -> Literal['c']:\n    x: Literal['d'] = a",
        "X = A | B",
        "x = f'{1 + 1} users'",
        "x = 'no such user'",
        "assert a < b",
    ],
)
def test_left_alone(source: str, tmp_path: Path) -> None:
    """Nothing that only a reader or a type checker sees is changed."""
    assert mutants(source, tmp_path / "code.py") == []


def test_the_same_ones_again() -> None:
    """A seed stands for the same mutants in the same tree, drawn from the layer alone."""
    first = [str(mutant) for mutant in mutation.draw("", 20, 1)]
    assert first == [str(mutant) for mutant in mutation.draw("", 20, 1)]
    assert first != [str(mutant) for mutant in mutation.draw("", 20, 2)]
    assert not any("/cli/" in one or "/sandbox/" in one for one in first)
