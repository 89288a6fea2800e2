"""What scripts/bench.py is made of: the server, the environments, the workers, the sections, the report."""
