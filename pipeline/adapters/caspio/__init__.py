"""Caspio: a client for its REST API v3, and what the line needs of it."""

from pipeline.adapters.caspio.bulk import Updates, update_many, updates
from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.definitions import FieldOptions, NewField
from pipeline.adapters.caspio.faults import (
    NameTaken,
    NotFound,
    QueryRefused,
    TooLarge,
    UnexpectedAnswer,
    ValueRefused,
)
from pipeline.adapters.caspio.field_download import FieldFile, download_field
from pipeline.adapters.caspio.query import Query
from pipeline.adapters.caspio.source import CaspioFileSource
from pipeline.adapters.caspio.target import CaspioRecordTarget
from pipeline.adapters.caspio.upsert import KeyMeetsMany, Upsert, Upserted
from pipeline.adapters.caspio.webhooks import EventDefinition
from pipeline.adapters.caspio.where import Clause

__all__ = [
    "CaspioClient",
    "CaspioFileSource",
    "CaspioRecordTarget",
    "Clause",
    "EventDefinition",
    "FieldFile",
    "FieldOptions",
    "KeyMeetsMany",
    "NameTaken",
    "NewField",
    "NotFound",
    "Query",
    "QueryRefused",
    "TooLarge",
    "UnexpectedAnswer",
    "Updates",
    "Upsert",
    "Upserted",
    "ValueRefused",
    "download_field",
    "update_many",
    "updates",
]
