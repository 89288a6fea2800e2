"""A check of a real deployment against the contract: ``python -m arize_users.contract --base-url URL``.

It sends the requests of the client and compares every answer with the OpenAPI document: the status, the
content type, the headers, the body. It reports what differs, one line per place. Nothing is created or
changed unless ``--write`` is given, and then only users that the run creates itself.

Needs the extra ``contract``.
"""
