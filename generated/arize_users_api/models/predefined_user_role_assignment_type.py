# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
from enum import StrEnum
from typing import Self


class PredefinedUserRoleAssignmentType(StrEnum):
    PREDEFINED = "predefined"

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        (only,) = cls
        if value not in (only.lower(), only.upper()):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member
