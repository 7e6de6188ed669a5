"""Consoles, tables and progress bars on a terminal."""
