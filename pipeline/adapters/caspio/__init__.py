"""Caspio: a client for its REST API v3, and what the line needs of it."""

from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.source import CaspioFileSource
from pipeline.adapters.caspio.target import CaspioRecordTarget

__all__ = ["CaspioClient", "CaspioFileSource", "CaspioRecordTarget"]
