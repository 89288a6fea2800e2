"""Sends requests: flows and their drivers, retries, connections. Knows nothing of users."""
