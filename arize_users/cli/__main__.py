"""Lets `python -m arize_users.cli` do what `ax` does."""

from . import ax

if __name__ == "__main__":
    ax()
