"""The check that ties the hand-written reader of answers to the models generated from the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import check_codec
import pytest
import yaml
from support.programs import ROOT, run_python

CODEC = Path("arize_users/_users/codec.py")
ERRORS = Path("arize_users/errors.py")


@pytest.fixture(scope="module")
def changed_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of a contract in which response fields are renamed, retyped, dropped and added."""
    document = yaml.safe_load((ROOT / "openapi" / "users.yaml").read_text())
    schemas: Any = document["components"]["schemas"]
    user, created = schemas["User"], schemas["CreateUserResponse"]["properties"]
    for name in ("status", "email"):
        user["required"].remove(name)
    user["properties"]["mail"] = user["properties"].pop("email")
    user["properties"]["created_at"] = {"type": "integer"}
    del user["properties"]["status"]
    user["properties"]["badge"] = {"type": "string"}
    del user["example"]
    created["created_at"]["format"] = "date"
    created["status"] = {"type": "string"}
    created["name"] = {"type": ["string", "null"]}
    page = schemas["PaginationMetadata"]["properties"]
    page["nextCursor"] = page.pop("next_cursor")
    schemas["ListUsersResponse"]["properties"]["users"] = {"$ref": "#/components/schemas/User"}
    schemas["CustomUserRoleAssignment"]["properties"]["id"] = {"type": "integer"}
    schemas["Problem"]["properties"]["detail"] = {"type": "object"}
    schemas["Problem"]["properties"]["help"] = {"type": "string"}
    folder = tmp_path_factory.mktemp("changed")
    spec, output = folder / "users.yaml", folder / "arize_users_api"
    spec.write_text(yaml.safe_dump(document))
    run_python(ROOT / "scripts" / "regenerate.py", "--spec", spec, "--output", output).check_returncode()
    return output / "models"


# The file, what its line says, and what is found.
FOUND = [
    (CODEC, '"email": str', "User.email is gone"),
    (CODEC, "USER_FIELDS:", "User.mail is new: read it, or leave it to `extra`"),
    (CODEC, '"created_at": datetime', "User.created_at is read as datetime, and is int now"),
    (CODEC, '"status": UserStatus', "User.status is gone"),
    (CODEC, "USER_FIELDS:", "User.badge is new: read it, or leave it to `extra`"),
    (CODEC, '"created_at": datetime', "CreateUserResponse.created_at is read as datetime, and is date now"),
    (CODEC, '"status": UserStatus', "CreateUserResponse.status is read as UserStatus, and is str now"),
    (CODEC, '"name": str', "CreateUserResponse.name is read as str, and is None | str now"),
    (CODEC, '"next_cursor": str', "PaginationMetadata.next_cursor is gone"),
    (CODEC, "PAGINATION_FIELDS:", "PaginationMetadata.nextCursor is new"),
    (CODEC, '"users": list', "ListUsersResponse.users is read as list, and is dict now"),
    (CODEC, '"id": str', "CustomUserRoleAssignment.id is read as str, and is int now"),
    (ERRORS, '"detail"', "Problem.detail is read as str, and is dict now"),
    (ERRORS, "text_of(problem", "Problem.help is new"),
]


def test_each_difference_names_the_field_the_model_and_the_line_to_change(
    changed_models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a changed contract is regenerated, the check says where the layer has to change, and no more."""
    assert check_codec.main(["--models", str(changed_models)]) == 1
    lines = capsys.readouterr().out.splitlines()
    for file, source, text in FOUND:
        (line,) = (line for line in lines if f": {text}" in line)
        place, _, number = line.partition(": ")[0].rpartition(":")
        assert place == str(file)
        assert source in (ROOT / file).read_text().splitlines()[int(number) - 1]
    assert len(lines) == len(FOUND)


def test_a_field_can_be_left_to_extra_and_a_model_can_vanish(
    changed_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field that is listed as left to `extra` is no difference; a model that is gone is one."""
    text = (ROOT / CODEC).read_text()
    empty = "LEFT_TO_EXTRA: Mapping[str, tuple[str, ...]] = {}"
    assert empty in text
    (tmp_path / CODEC).parent.mkdir(parents=True)
    (tmp_path / CODEC).write_text(text.replace(empty, empty[:-2] + '{"User": ("badge", "mail")}'))
    (tmp_path / ERRORS).write_text((ROOT / ERRORS).read_text())
    models = tmp_path / "models"
    models.mkdir()
    (models / "user.py").write_text((changed_models / "user.py").read_text())
    monkeypatch.setattr(check_codec, "ROOT", tmp_path)
    differences = "\n".join(check_codec.compare(models))
    assert "is new" not in differences
    assert "PaginationMetadata is gone: read the model that replaces it" in differences
