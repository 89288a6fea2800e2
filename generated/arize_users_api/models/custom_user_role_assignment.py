# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.custom_user_role_assignment_type import CustomUserRoleAssignmentType
from ..types import UNSET, Unset

T = TypeVar("T", bound="CustomUserRoleAssignment")


@_attrs_define
class CustomUserRoleAssignment:
    """A custom role of the account.

    Example:
        {'type': 'custom', 'id': 'Um9sZToxMjM=', 'name': 'Auditor'}

    Attributes:
        type_ (CustomUserRoleAssignmentType):
        id (str): The role's id. Opaque. Example: Um9sZToxMjM=.
        name (str | Unset): The role's name; only in responses. Example: Auditor.
    """

    type_: CustomUserRoleAssignmentType
    id: str
    name: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        id = self.id

        name = self.name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "id": id,
            }
        )
        if name is not UNSET:
            field_dict["name"] = name

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = CustomUserRoleAssignmentType(d.pop("type"))

        id = d.pop("id")

        name = d.pop("name", UNSET)

        custom_user_role_assignment = cls(
            type_=type_,
            id=id,
            name=name,
        )

        custom_user_role_assignment.additional_properties = d
        return custom_user_role_assignment

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
