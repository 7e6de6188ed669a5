"""Mapping an account's tables to sources: look at it, try a mapping, change the settings file."""
