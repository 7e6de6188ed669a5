"""Caspio's payloads, parsed once into values."""
