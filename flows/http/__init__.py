"""Serve HTTP from a thread: the receiver of webhook messages, and the web page."""
