# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="UpdateUserRequest")


@_attrs_define
class UpdateUserRequest:
    """
    Example:
        {'name': 'Ada King'}

    Attributes:
        name (str | Unset): Display name; 1 to 255 characters without the blanks around it. Example: Ada King.
        is_developer (bool | Unset): May use the Arize API. Needs an admin. Example: False.
    """

    name: str | Unset = UNSET
    is_developer: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        is_developer = self.is_developer

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if is_developer is not UNSET:
            field_dict["is_developer"] = is_developer

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        is_developer = d.pop("is_developer", UNSET)

        update_user_request = cls(
            name=name,
            is_developer=is_developer,
        )

        return update_user_request
