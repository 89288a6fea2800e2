# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.invite_mode import InviteMode
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.custom_user_role_assignment import CustomUserRoleAssignment
    from ..models.predefined_user_role_assignment import PredefinedUserRoleAssignment


T = TypeVar("T", bound="CreateUserRequest")


@_attrs_define
class CreateUserRequest:
    """
    Example:
        {'name': 'Ada Lovelace', 'email': 'ada@example.com', 'role': {'type': 'predefined', 'name': 'member'},
            'invite_mode': 'email_link'}

    Attributes:
        name (str): Display name; 1 to 255 characters without the blanks around it. Example: Ada Lovelace.
        email (str): The idempotency key. Example: ada@example.com.
        role (CustomUserRoleAssignment | PredefinedUserRoleAssignment): The account-level role of a user. Example:
            {'type': 'predefined', 'name': 'member'}.
        invite_mode (InviteMode): none creates an active user and sends nothing; email_link mails a verification link;
            temporary_password answers a password that must be changed at the first login. Example: email_link.
        is_developer (bool | Unset): May use the Arize API. Without it, true for admin and member, false for annotator.
            Example: True.
    """

    name: str
    email: str
    role: CustomUserRoleAssignment | PredefinedUserRoleAssignment
    invite_mode: InviteMode
    is_developer: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.predefined_user_role_assignment import PredefinedUserRoleAssignment  # noqa: PLC0415

        name = self.name

        email = self.email

        role: dict[str, Any]
        if isinstance(self.role, PredefinedUserRoleAssignment):
            role = self.role.to_dict()
        else:
            role = self.role.to_dict()

        invite_mode = self.invite_mode.value

        is_developer = self.is_developer

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "email": email,
                "role": role,
                "invite_mode": invite_mode,
            }
        )
        if is_developer is not UNSET:
            field_dict["is_developer"] = is_developer

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.custom_user_role_assignment import CustomUserRoleAssignment  # noqa: PLC0415
        from ..models.predefined_user_role_assignment import PredefinedUserRoleAssignment  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        email = d.pop("email")

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

        invite_mode = InviteMode(d.pop("invite_mode"))

        is_developer = d.pop("is_developer", UNSET)

        create_user_request = cls(
            name=name,
            email=email,
            role=role,
            invite_mode=invite_mode,
            is_developer=is_developer,
        )

        return create_user_request
