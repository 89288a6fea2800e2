"""People as a file, and what is to be done for them: rosters, plans, journals; no request is made here."""
