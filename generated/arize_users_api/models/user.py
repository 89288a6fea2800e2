# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.user_status import UserStatus

if TYPE_CHECKING:
    from ..models.custom_user_role_assignment import CustomUserRoleAssignment
    from ..models.predefined_user_role_assignment import PredefinedUserRoleAssignment


T = TypeVar("T", bound="User")


@_attrs_define
class User:
    """A user of the account.

    Example:
        {'id': 'VXNlcjoxMjM0NQ==', 'name': 'Ada Lovelace', 'email': 'ada@example.com', 'created_at':
            '2024-01-01T12:00:00Z', 'status': 'active', 'role': {'type': 'predefined', 'name': 'member'}, 'is_developer':
            True}

    Attributes:
        id (str): Opaque base64. Example: VXNlcjoxMjM0NQ==.
        name (str): Display name. Example: Ada Lovelace.
        email (str):  Example: ada@example.com.
        created_at (datetime.datetime):  Example: 2024-01-01T12:00:00Z.
        status (UserStatus): Where a user is between invitation and use. Example: active.
        role (CustomUserRoleAssignment | PredefinedUserRoleAssignment): The account-level role of a user. Example:
            {'type': 'predefined', 'name': 'member'}.
        is_developer (bool): May use the Arize API. Example: True.
    """

    id: str
    name: str
    email: str
    created_at: datetime.datetime
    status: UserStatus
    role: CustomUserRoleAssignment | PredefinedUserRoleAssignment
    is_developer: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.predefined_user_role_assignment import PredefinedUserRoleAssignment  # noqa: PLC0415

        id = self.id

        name = self.name

        email = self.email

        created_at = self.created_at.isoformat()

        status = self.status.value

        role: dict[str, Any]
        if isinstance(self.role, PredefinedUserRoleAssignment):
            role = self.role.to_dict()
        else:
            role = self.role.to_dict()

        is_developer = self.is_developer

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "email": email,
                "created_at": created_at,
                "status": status,
                "role": role,
                "is_developer": is_developer,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.custom_user_role_assignment import CustomUserRoleAssignment  # noqa: PLC0415
        from ..models.predefined_user_role_assignment import PredefinedUserRoleAssignment  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        email = d.pop("email")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        status = UserStatus(d.pop("status"))

        def _parse_role(data: object) -> CustomUserRoleAssignment | PredefinedUserRoleAssignment:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_user_role_assignment_type_0 = (
                    PredefinedUserRoleAssignment.from_dict(data)
                )

                return componentsschemas_user_role_assignment_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_user_role_assignment_type_1 = CustomUserRoleAssignment.from_dict(data)

            return componentsschemas_user_role_assignment_type_1

        role = _parse_role(d.pop("role"))

        is_developer = d.pop("is_developer")

        user = cls(
            id=id,
            name=name,
            email=email,
            created_at=created_at,
            status=status,
            role=role,
            is_developer=is_developer,
        )

        user.additional_properties = d
        return user

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
