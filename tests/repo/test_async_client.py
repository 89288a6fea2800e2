"""Both clients have the same methods, rules and documentation."""

from __future__ import annotations

import ast

import pytest
from support.programs import ROOT

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def _sections(node: ast.AsyncFunctionDef | ast.ClassDef | ast.FunctionDef) -> set[str]:
    lines = (ast.get_docstring(node) or "").splitlines()
    return {line.removesuffix(":") for line in lines if line in ("Args:", "Returns:", "Raises:")}


@pytest.mark.parametrize("module", ["client", "async_client"])
def test_documentation(module: str) -> None:
    """Every public method says in the source what it takes, gives and raises, for an editor to show."""
    sources = (ROOT / "arize_users" / f"{name}.py" for name in (module, "_base_client"))
    trees = [ast.parse(source.read_text(encoding="utf-8")) for source in sources]
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    assert [_sections(node) for node in classes] == [set(), {"Args", "Raises"}, set()]
    functions = (one for node in classes for one in node.body if isinstance(one, FUNCTIONS))
    methods = {one.name: one for one in functions if not one.name.startswith("_")}
    assert len(methods) == 22
    for name, method in methods.items():
        expected = {"Args", "Raises"} if method.args.kwonlyargs else set()
        if not method.decorator_list and ast.unparse(method.returns or method) != "None":
            expected |= {"Returns"}
        assert _sections(method) == expected, name
