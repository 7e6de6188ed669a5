"""Caspio: a client for its REST API v3, and what the line needs of it."""

from pipeline.adapters.caspio.client import CaspioClient

__all__ = ["CaspioClient"]
