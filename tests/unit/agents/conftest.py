"""Agents work on the same account in dictionaries as the web page."""

from tests.unit.web.conftest import office, settings, world

__all__ = ["office", "settings", "world"]
