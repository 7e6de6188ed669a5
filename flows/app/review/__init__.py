"""Deciding on suggestions at once, for the web page and for agents."""
