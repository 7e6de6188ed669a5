"""The public names of caspio-ingest: the Caspio client, the reader, the runs and their settings.

    from caspio_ingest import CaspioClient, read

A name is imported when it is first used, so this import is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.app.changes import apply_directly as apply_plan, undo_directly as undo_run
    from flows.app.direct import work_directly as run
    from flows.app.plan import plan_directly as make_plan
    from flows.app.reading import open_reader, read_file as read
    from flows.app.run_report import Report
    from flows.app.run_request import RunRequest
    from flows.app.settings import load_settings
    from pipeline.adapters.caspio.client import (
        OPERATIONS,
        RETRY,
        AccessDenied,
        AccountError,
        Affected,
        CaspioClient,
        CaspioError,
        Clause,
        Clock,
        Column,
        Download,
        EventDefinition,
        FieldDefinition,
        FieldFile,
        FieldOptions,
        FileInfo,
        FileMissing,
        IncompleteDownload,
        InDoubt,
        ItemError,
        KeyMatchesMany,
        ListingChanged,
        ListPage,
        Meter,
        Misconfigured,
        NameTaken,
        NewField,
        NotFound,
        Operation,
        PauseTooLong,
        PermitPool,
        Query,
        QueryRefused,
        Record,
        Refused,
        RetryPolicy,
        Saved,
        Secret,
        TemporaryError,
        TooLarge,
        TooLate,
        Unavailable,
        UnexpectedAnswer,
        UnusableValue,
        Updates,
        Upsert,
        Upserted,
        Value,
        ValueRefused,
        Webhook,
        WebhookEvent,
        Written,
        catalogue,
        download_field,
        save,
        update_many,
        updates,
    )
    from pipeline.errors import (
        BadSettings,
        EffectInDoubt,
        FileGone,
        IngestError,
        RefusedByCaspio,
        RejectFile,
        ServiceUnavailable,
        StopRun,
        TryLater,
        Unauthorized,
    )
    from pipeline.model import Finding, Findings, ReadStatus
    from pipeline.settings import Settings
    from pipeline.settings.sections import ProcessingSettings
    from pipeline.source_run.selection import Selection

    __version__: str

__all__ = [
    "OPERATIONS",
    "RETRY",
    "AccessDenied",
    "AccountError",
    "Affected",
    "BadSettings",
    "CaspioClient",
    "CaspioError",
    "Clause",
    "Clock",
    "Column",
    "Download",
    "EffectInDoubt",
    "EventDefinition",
    "FieldDefinition",
    "FieldFile",
    "FieldOptions",
    "FileGone",
    "FileInfo",
    "FileMissing",
    "Finding",
    "Findings",
    "InDoubt",
    "IncompleteDownload",
    "IngestError",
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
    "ProcessingSettings",
    "Query",
    "QueryRefused",
    "ReadStatus",
    "Record",
    "Refused",
    "RefusedByCaspio",
    "RejectFile",
    "Report",
    "RetryPolicy",
    "RunRequest",
    "Saved",
    "Secret",
    "Selection",
    "ServiceUnavailable",
    "Settings",
    "StopRun",
    "TemporaryError",
    "TooLarge",
    "TooLate",
    "TryLater",
    "Unauthorized",
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
    "__version__",
    "apply_plan",
    "catalogue",
    "download_field",
    "load_settings",
    "make_plan",
    "open_reader",
    "read",
    "run",
    "save",
    "undo_run",
    "update_many",
    "updates",
]

_CLIENT = "pipeline.adapters.caspio.client"
_ERRORS = "pipeline.errors"
_PLACES = {
    **dict.fromkeys(
        (
            "OPERATIONS", "RETRY", "AccessDenied", "AccountError", "Affected", "CaspioClient",
            "CaspioError", "Clause", "Clock", "Column", "Download", "EventDefinition",
            "FieldDefinition", "FieldFile", "FieldOptions", "FileInfo", "FileMissing", "InDoubt",
            "IncompleteDownload", "ItemError", "KeyMatchesMany", "ListPage", "ListingChanged",
            "Meter", "Misconfigured", "NameTaken", "NewField", "NotFound", "Operation",
            "PauseTooLong", "PermitPool", "Query", "QueryRefused", "Record", "Refused",
            "RetryPolicy", "Saved", "Secret", "TemporaryError", "TooLarge", "TooLate",
            "Unavailable",
            "UnexpectedAnswer", "UnusableValue", "Updates", "Upsert", "Upserted", "Value",
            "ValueRefused", "Webhook", "WebhookEvent", "Written", "catalogue", "download_field",
            "save", "update_many", "updates",
        ),
        _CLIENT,
    ),
    **dict.fromkeys(
        (
            "BadSettings", "EffectInDoubt", "FileGone", "IngestError", "RefusedByCaspio",
            "RejectFile", "ServiceUnavailable", "StopRun", "TryLater", "Unauthorized",
        ),
        _ERRORS,
    ),
    "Finding": "pipeline.model",
    "Findings": "pipeline.model",
    "ProcessingSettings": "pipeline.settings.sections",
    "ReadStatus": "pipeline.model",
    "Report": "flows.app.run_report",
    "RunRequest": "flows.app.run_request",
    "Selection": "pipeline.source_run.selection",
    "Settings": "pipeline.settings",
    "apply_plan": "flows.app.changes:apply_directly",
    "load_settings": "flows.app.settings",
    "make_plan": "flows.app.plan:plan_directly",
    "open_reader": "flows.app.reading",
    "read": "flows.app.reading:read_file",
    "run": "flows.app.direct:work_directly",
    "undo_run": "flows.app.changes:undo_directly",
}  # fmt: skip
"""The module of each name, and after a colon what it is called there if that differs."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("caspio-ingest")
    elif name in _PLACES:
        module, _, attribute = _PLACES[name].partition(":")
        value = getattr(import_module(module), attribute or name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
