"""Webhooks: making them, receiving their messages, and starting the runs they ask for."""
