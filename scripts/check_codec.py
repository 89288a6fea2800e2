"""Compare what the layer reads of the API's answers with the models generated from the contract.

    python scripts/check_codec.py                    exit 1 with one line for each difference
    python scripts/check_codec.py --models FOLDER    compare with models generated elsewhere

Requests are built from the generated models, so mypy finds what a changed contract breaks there. Answers
are read by the tables of `arize_users/_users/codec.py` and by `arize_users/errors.py`, which do not use the
models. All three are read as source, so the check also works when the package no longer imports.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "generated" / "arize_users_api" / "models"
CODEC = "arize_users/_users/codec.py"
ERRORS = "arize_users/errors.py"
TABLES = {
    "User": "USER_FIELDS",
    "CreateUserResponse": "CREATED_USER_FIELDS",
    "ListUsersResponse": "PAGE_FIELDS",
    "PaginationMetadata": "PAGINATION_FIELDS",
    "PredefinedUserRoleAssignment": "PREDEFINED_ROLE_FIELDS",
    "CustomUserRoleAssignment": "CUSTOM_ROLE_FIELDS",
    "Problem": "Problem",
}


class Table(NamedTuple):
    """What is read of one model: each field's type with the line that says so, and the line to add one at."""

    fields: dict[str, tuple[str, str]]
    line: str


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", type=Path, default=MODELS, help="the folder of the generated models")
    differences = list(compare(parser.parse_args(argv).models))
    print(*differences or ["check_codec: the layer reads what the contract has"], sep="\n")
    return 1 if differences else 0


def compare(folder: Path) -> Iterator[str]:
    """Yield a line for each field that the layer and the models do not have alike."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))]
    models = {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
    tables = read_codec()
    left_to_extra = tables["LEFT_TO_EXTRA"].fields
    for name, table in ((model, tables[name]) for model, name in TABLES.items()):
        if name not in models:
            yield f"{table.line}: {name} is gone: read the model that replaces it"
            continue
        found = model_fields(models[name], models)
        for field, (type_, line) in table.fields.items():
            if field not in found:
                yield f"{line}: {name}.{field} is gone: read the field that replaces it, or none"
            elif type_ not in found[field]:
                yield f"{line}: {name}.{field} is read as {type_}, and is {found[field][0]} now"
        unread, _ = left_to_extra.get(name, ("()", ""))
        for field in sorted(found.keys() - table.fields.keys() - set(ast.literal_eval(unread))):
            yield f"{table.line}: {name}.{field} is new: read it, or leave it to `extra` in LEFT_TO_EXTRA"


def read_codec() -> dict[str, Table]:
    """Return the tables of the codec by their names, and what is read of a problem document."""
    tables = {"Problem": read_errors()}
    for node in ast.parse((ROOT / CODEC).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            fields: dict[str, tuple[str, str]] = {}
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if key is None:
                    fields |= tables[ast.unparse(value)].fields
                else:
                    fields[ast.unparse(key).strip("'")] = (ast.unparse(value), f"{CODEC}:{key.lineno}")
            tables[ast.unparse(node.target)] = Table(fields, f"{CODEC}:{node.lineno}")
    return tables


def read_errors() -> Table:
    """Return what an error reads of a problem document."""
    fields = {"status": ("int", ERRORS)}  # The status of the response says the same.
    line = ERRORS
    for number, text in enumerate((ROOT / ERRORS).read_text(encoding="utf-8").splitlines(), 1):
        if match := re.search(r'text_of\(problem, "(\w+)"\)', text):
            fields[match[1]] = ("str", line := f"{ERRORS}:{number}")
    return Table(fields, line)


def model_fields(model: ast.ClassDef, models: Mapping[str, ast.ClassDef]) -> dict[str, list[str]]:
    """Return the fields of a generated model by their names in JSON, and what each may be read as."""
    *fields, _additional_properties = (node for node in model.body if isinstance(node, ast.AnnAssign))
    types = [types_of(ast.unparse(node.annotation), models) for node in fields]
    # Python's name of a field may differ, so the names come from `from_dict`, which has the same order.
    names = re.findall(r"\.pop\('([^']+)'", ast.unparse(model))
    return dict(zip(names, types, strict=True))


def types_of(annotation: str, models: Mapping[str, ast.ClassDef]) -> list[str]:
    """Return what a field with this annotation may be read as."""
    annotation = annotation.removesuffix(" | Unset")
    if annotation in models and models[annotation].bases:
        return [annotation, "str"]  # The values of an enum are text.
    if models.keys() >= set(annotation.split(" | ")):
        return ["dict"]
    return [annotation.removeprefix("datetime.").partition("[")[0]]


if __name__ == "__main__":
    raise SystemExit(main())
