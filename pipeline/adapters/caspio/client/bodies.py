"""An example of each JSON body, with the members that the specification gives it.

Written from caspio-openapi-v3.json, Caspio's own specification; a test compares both. A
field has many members: an example has those that a call usually needs.
"""

from collections.abc import Mapping

# A record's members are the columns of its table.
_RECORD = {"Company": "Northwind Ltd", "Total": 12.5}
_FILE_NAME = {"FileName": "2026-03-31 invoice"}
_DEPLOYED = {"Deployed": True}
_WEBHOOK = {
    "Name": "documents",
    "Description": "reports new files",
    "OutgoingUrls": ["https://ingest.example.com/webhooks/caspio"],
    "CallThrottling": 60,
}
_EVENT = {
    "EventType": "table.recordUpdate",
    "ObjectName": "Receipts",
    "ObjectFields": ["Scan"],
    "EventSources": ["DataPages"],
    "CustomPayloadFields": [],
    "CustomPayloadTemplate": "",
    "Enabled": True,
}

EXAMPLES: Mapping[str, Mapping[str, object]] = {
    "CreateTable": {
        "Name": "Receipts",
        "Fields": [{"Name": "Scan", "Type": "ATTACHMENT"}, {"Name": "Total", "Type": "CURRENCY"}],
    },
    "CreateTableField": {"Name": "Total", "Type": "CURRENCY", "Label": "Total to pay"},
    "UpdateTableField": {"Name": "Total", "Type": "CURRENCY", "Label": "Total to pay"},
    "CreateTableRecord": _RECORD,
    "UpdateTableRecords": _RECORD,
    "UpdatePasswordTableField": {"Value": "a new password"},
    "UpdateFileMetadataInAttachmentTableFields": _FILE_NAME,
    "CreateViewRecord": _RECORD,
    "UpdateViewRecords": _RECORD,
    "UpdateFileMetadataInAttachmentViewFields": _FILE_NAME,
    "CreateOutgoingWebhook": _WEBHOOK,
    "UpdateOutgoingWebhook": {**_WEBHOOK, "Enabled": True},
    "CreateOutgoingWebhookEvent": _EVENT,
    "UpdateOutgoingWebhookEvent": _EVENT,
    "UpdateBridgeApplicationDataPageDeployment": _DEPLOYED,
    "UpdateBridgeApplicationDataPagesDeployment": _DEPLOYED,
    "CreateUser": {"Email": "ada@example.com", "FirstName": "Ada"},
    "UpdateUsers": {"FirstName": "Ada"},
    "ActivateUser": {"UserGUID": "00000000-0000-0000-0000-000000000000", "SendEmail": False},
}
"""A body by the name of its operation; every operation that takes a body has one."""
