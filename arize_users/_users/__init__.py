"""The users resource: what its operations send, how their answers are read, and every rule in between."""
