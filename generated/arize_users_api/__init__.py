# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.

"""A client library for accessing Arize users API"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
