"""Caspio's REST API v3 as a typed client. It imports nothing else of this project.

    from caspio_ingest import CaspioClient

Front door:

- `CaspioClient`: one account; its attributes have the 70 operations as methods.
- `Query`, `Clause`, `NewField`, `FieldOptions`, `EventDefinition`: what goes in.
- `Record`, `Column`, `ListPage`, `Download`, `Secret`, …: what comes out.
- `Upsert`, `update_many`, `updates`, `download_field`, `save`: several calls in one step.
- `CaspioError` and its families: what goes wrong, grouped by what a caller can do (see `errors`).
- `RetryPolicy`, `RETRY`, `Clock`, `PermitPool`, `Meter`: what a program can replace.
- `OPERATIONS`, `catalogue`: the API as data.

Comments cite `caspio-api.md`, the collected facts about the API with their sources; "SPEC" is
Caspio's own OpenAPI document, version 3, which every account shows under
`/integrations/rest/v3/swagger/documentation`.
"""

from pipeline.adapters.caspio.client.areas.definitions import (
    FieldDefinition,
    FieldOptions,
    NewField,
)
from pipeline.adapters.caspio.client.areas.webhooks import EventDefinition
from pipeline.adapters.caspio.client.bulk.field_download import FieldFile, download_field
from pipeline.adapters.caspio.client.bulk.save import Saved, save
from pipeline.adapters.caspio.client.bulk.update_many import Updates, update_many, updates
from pipeline.adapters.caspio.client.bulk.upsert import Upsert, Upserted
from pipeline.adapters.caspio.client.catalogue import catalogue
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.clock import Clock
from pipeline.adapters.caspio.client.errors import (
    AccessDenied,
    AccountError,
    CaspioError,
    FileMissing,
    IncompleteDownload,
    InDoubt,
    ItemError,
    KeyMatchesMany,
    ListingChanged,
    Misconfigured,
    NameTaken,
    NotFound,
    PauseTooLong,
    QueryRefused,
    Refused,
    TemporaryError,
    TooLarge,
    TooLate,
    Unavailable,
    UnexpectedAnswer,
    UnusableValue,
    ValueRefused,
)
from pipeline.adapters.caspio.client.http.call import RETRY
from pipeline.adapters.caspio.client.http.rate import PermitPool
from pipeline.adapters.caspio.client.http.transport import Meter
from pipeline.adapters.caspio.client.operations import OPERATIONS, Operation
from pipeline.adapters.caspio.client.query import Query
from pipeline.adapters.caspio.client.retry import RetryPolicy
from pipeline.adapters.caspio.client.values import Column, Download, Secret, Value, Written
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.client.wire.account import Webhook, WebhookEvent
from pipeline.adapters.caspio.client.wire.records import Affected, FileInfo, ListPage, Record

__all__ = [
    "OPERATIONS",
    "RETRY",
    "AccessDenied",
    "AccountError",
    "Affected",
    "CaspioClient",
    "CaspioError",
    "Clause",
    "Clock",
    "Column",
    "Download",
    "EventDefinition",
    "FieldDefinition",
    "FieldFile",
    "FieldOptions",
    "FileInfo",
    "FileMissing",
    "InDoubt",
    "IncompleteDownload",
    "ItemError",
    "KeyMatchesMany",
    "ListPage",
    "ListingChanged",
    "Meter",
    "Misconfigured",
    "NameTaken",
    "NewField",
    "NotFound",
    "Operation",
    "PauseTooLong",
    "PermitPool",
    "Query",
    "QueryRefused",
    "Record",
    "Refused",
    "RetryPolicy",
    "Saved",
    "Secret",
    "TemporaryError",
    "TooLarge",
    "TooLate",
    "Unavailable",
    "UnexpectedAnswer",
    "UnusableValue",
    "Updates",
    "Upsert",
    "Upserted",
    "Value",
    "ValueRefused",
    "Webhook",
    "WebhookEvent",
    "Written",
    "catalogue",
    "download_field",
    "save",
    "update_many",
    "updates",
]
