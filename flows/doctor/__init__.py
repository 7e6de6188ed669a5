"""Checks of an installation, and how an account behaves."""
