"""Caspio's REST API v3 as a typed client; usable on its own."""

from pipeline.adapters.caspio.client.areas.definitions import FieldOptions, NewField
from pipeline.adapters.caspio.client.areas.webhooks import EventDefinition
from pipeline.adapters.caspio.client.bulk import Updates, update_many, updates
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.field_download import FieldFile, download_field
from pipeline.adapters.caspio.client.query import Query
from pipeline.adapters.caspio.client.refusals import (
    NameTaken,
    NotFound,
    QueryRefused,
    TooLarge,
    UnexpectedAnswer,
    ValueRefused,
)
from pipeline.adapters.caspio.client.upsert import KeyMeetsMany, Upsert, Upserted
from pipeline.adapters.caspio.client.where import Clause

__all__ = [
    "CaspioClient",
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
