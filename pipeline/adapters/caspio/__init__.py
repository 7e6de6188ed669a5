"""Caspio: a client for its REST API v3, and what the line needs of it."""

from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.definitions import FieldOptions, NewField
from pipeline.adapters.caspio.faults import NameTaken, NotFound, QueryRefused, TooLarge, UnexpectedAnswer, ValueRefused
from pipeline.adapters.caspio.query import Query
from pipeline.adapters.caspio.source import CaspioFileSource
from pipeline.adapters.caspio.target import CaspioRecordTarget
from pipeline.adapters.caspio.webhooks import EventDefinition

__all__ = [
    "CaspioClient",
    "CaspioFileSource",
    "CaspioRecordTarget",
    "EventDefinition",
    "FieldOptions",
    "NameTaken",
    "NewField",
    "NotFound",
    "Query",
    "QueryRefused",
    "TooLarge",
    "UnexpectedAnswer",
    "ValueRefused",
]
