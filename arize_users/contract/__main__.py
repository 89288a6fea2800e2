"""Runs ``python -m arize_users.contract``."""

import sys


def main() -> int:
    """Run the command, or name the package that it misses."""
    try:
        from arize_users.contract.command import main as check
    except ModuleNotFoundError as missing:
        if missing.name not in ("jsonschema", "referencing", "yaml"):
            raise
        advice = "pip install 'arize-users[contract]'"
        print(f"arize_users.contract: {missing.name} is not installed: {advice}", file=sys.stderr)
        return 2
    return check()


if __name__ == "__main__":
    sys.exit(main())
