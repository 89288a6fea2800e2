"""A check of a real deployment against the contract: ``python -m arize_users.contract --base-url URL``.

The layer's own requests are sent, and every answer on the wire is held against the OpenAPI document: the
status, the content type, the body, the headers. What differs is reported, one line per place. Nothing is
created or changed unless ``--write`` is given; then only users that the run made itself.

Needs the extra ``contract``.
"""
