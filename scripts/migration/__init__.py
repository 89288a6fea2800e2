"""What the page for people who come from Arize's own client says, and what it is held to."""
