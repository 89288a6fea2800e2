# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
"""Operations by module, and the request each of them sends as keyword arguments of httpx' request()."""

from .create_user import _get_kwargs as create_user_request
from .delete_user import _get_kwargs as delete_user_request
from .get_user import _get_kwargs as get_user_request
from .list_users import _get_kwargs as list_users_request
from .resend_user_invitation import _get_kwargs as resend_user_invitation_request
from .reset_user_password import _get_kwargs as reset_user_password_request
from .update_user import _get_kwargs as update_user_request

__all__ = [
    "list_users_request",
    "create_user_request",
    "get_user_request",
    "delete_user_request",
    "update_user_request",
    "resend_user_invitation_request",
    "reset_user_password_request",
]
