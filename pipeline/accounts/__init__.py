"""Several accounts in one installation: their names, what they share, and their secrets."""
