"""Webhook messages: what Caspio reports, and which records it concerns."""
