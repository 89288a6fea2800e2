"""Runs ``python -m arize_users.contract``."""

import sys

try:
    from arize_users.contract.command import main
except ModuleNotFoundError as _missing:
    if _missing.name not in ("jsonschema", "referencing", "yaml"):
        raise
    print(
        f"arize_users.contract: {_missing.name} is not installed: pip install 'arize-users[contract]'",
        file=sys.stderr,
    )
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main())
