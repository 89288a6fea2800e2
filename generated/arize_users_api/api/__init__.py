# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
"""Contains methods for accessing the API"""
