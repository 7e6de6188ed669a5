"""Understand Internet mail: its headers, its parts, and what is quoted in it."""
