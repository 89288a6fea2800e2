# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
from enum import StrEnum


class PredefinedUserRoleAssignmentType(StrEnum):
    PREDEFINED = "predefined"

    def __str__(self) -> str:
        return str(self.value)
