"""The pages on which users map: what the account has, what its columns take, and what changes."""
