"""Both clients have the same methods, rules and documentation."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def test_derived() -> None:
    """The asynchronous client is what the script derives from the synchronous one."""
    command = [sys.executable, ROOT / "scripts" / "async_client.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _sections(node: ast.AsyncFunctionDef | ast.ClassDef | ast.FunctionDef) -> set[str]:
    lines = (ast.get_docstring(node) or "").splitlines()
    return {line.removesuffix(":") for line in lines if line in ("Args:", "Returns:", "Raises:")}


@pytest.mark.parametrize("module", ["client", "async_client"])
def test_documentation(module: str) -> None:
    """Every public method says in the source what it takes, gives and raises, for an editor to show."""
    tree = ast.parse((ROOT / "arize_users" / f"{module}.py").read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert _sections(classes[0]) == {"Args", "Raises"}
    functions = (one for node in classes for one in node.body if isinstance(one, FUNCTIONS))
    methods = {one.name: one for one in functions if not one.name.startswith("_")}
    assert len(methods) == 13
    for name, method in methods.items():
        expected = {"Args", "Raises"} if method.args.kwonlyargs else set()
        if not method.decorator_list and ast.unparse(method.returns or method) != "None":
            expected |= {"Returns"}
        assert _sections(method) == expected, name
