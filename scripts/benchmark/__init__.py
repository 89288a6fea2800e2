"""What scripts/bench.py consists of: the server, the environments, the measurements and the report."""
