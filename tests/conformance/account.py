"""The account of the conformance tests: one object of every kind, so that paths name something."""

import copy
import json
from pathlib import Path
from typing import Any

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "caspio-openapi-v3.json"
_FIELDS = [
    {"Name": "Title", "Type": "STRING"},
    {"Name": "Amount", "Type": "NUMBER"},
    {"Name": "Due", "Type": "DATE/TIME"},
    {"Name": "Open", "Type": "YES/NO"},
    {"Name": "Tags", "Type": "LIST-STRING", "ListField": ["a", "b"]},
    {"Name": "Pass", "Type": "PASSWORD"},
    {"Name": "Stamp", "Type": "TIMESTAMP", "OnInsert": True, "OnUpdate": True},
    {"Name": "Scan", "Type": "ATTACHMENT"},
]
ACCOUNT: dict[str, Any] = {
    "tables": {
        "Docs": {
            "fields": _FIELDS,
            "records": {
                "count": 40,
                "values": {"Title": "Document {n}", "Amount": "{n}"},
                "attachments": {"Scan": {"name": "scan-{n}.pdf", "size": 2000}},
            },
        }
    },
    "views": {"OpenDocs": {"table": "Docs", "where": "Amount < 30"}},
    "files": {f"/In/file{n}.txt": {"generate": {"name": "f.txt", "size": 100}} for n in range(8)},
    "tasks": {"Export": {"kind": "export", "table": "Docs", "file": "/Out/docs.csv"}},
    "applications": {"Desk": {"pages": {"Form": {}}}},
    "directories": {"Staff": {"users": [{"Email": "a@example.com"}, {"Email": "b@example.com"}]}},
}


def published() -> dict[str, Any]:
    """Return the official document with its errors corrected.

    It describes the values of records as objects, though they are texts, numbers and booleans.
    """
    document: dict[str, Any] = copy.deepcopy(json.loads(PUBLISHED.read_text(encoding="utf-8")))
    for name in ("GetRecordsResponse", "PostRecordsResponse", "PutRecordsResponse"):
        document["components"]["schemas"][name]["properties"]["Result"]["items"][
            "additionalProperties"
        ] = {}
    return document
