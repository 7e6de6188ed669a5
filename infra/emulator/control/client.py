"""A small client of the control interface, for tests and demonstrations."""

import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_S = 60
_SUCCESS = range(200, 300)


class Control:
    """Calls `/_control/` of the emulator at `url`; each call opens and closes a connection."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc

    def calls(self) -> dict[str, int]:
        """Return the number of API calls by "METHOD /template"."""
        counts: dict[str, int] = self._send("GET", "calls")["counts"]
        return counts

    def call_log(self) -> list[dict[str, str]]:
        """Return the API calls in order: method, template, operation, path, query."""
        calls: list[dict[str, str]] = self._send("GET", "calls")["calls"]
        return calls

    def reset_calls(self) -> None:
        """Clear the log of calls."""
        self._send("DELETE", "calls")

    def fault(self, fault: Mapping[str, object]) -> None:
        """Activate a fault; see `infra.emulator.faults.Fault` for its members."""
        self._send("POST", "faults", dict(fault))

    def faults(self) -> list[dict[str, Any]]:
        """Return the active faults, each with the number of requests that have `matched`."""
        faults: list[dict[str, Any]] = self._send("GET", "faults")
        return faults

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._send("DELETE", "faults")

    def dump(self) -> dict[str, Any]:
        """Return the whole account.

        `tables` has the rows of each table; `attachments` has for each table a list of pk, field,
        name, size, updated, sha256; `files` has for each path sha256, size, key, modified.
        """
        dump: dict[str, Any] = self._send("GET", "dump")
        return dump

    def edit(self, table: str, pk: int, values: Mapping[str, object]) -> dict[str, Any]:
        """Set values of a record as a user does in the datasheet, and return the record."""
        body = {"table": table, "pk": pk, "values": dict(values)}
        row: dict[str, Any] = self._send("POST", "records", body)
        return row

    def replace_attachment(
        self, table: str, field: str, pk: int, path: Path, name: str = ""
    ) -> None:
        """Attach a local file to a record as a user does; `name` defaults to the path's name."""
        body = {"table": table, "field": field, "pk": pk, "path": str(path), "name": name}
        self._send("POST", "attachments", body)

    def replace_file(self, target: str, path: Path) -> None:
        """Put a local file at a path of the Files area as a user does."""
        self._send("POST", "files", {"target": target, "path": str(path)})

    def make_folder(self, path: str) -> str:
        """Create a folder of the Files area with its parents, and return its ExternalKey."""
        return str(self._send("POST", "folders", {"path": path})["ExternalKey"])

    def change(self, edit: Mapping[str, object], *, source: str = "Datasheet") -> None:
        """Change a record from another source; see `account.edits.apply_edit` for the members."""
        self._send("POST", "edits", {**edit, "source": source})

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the attempts to deliver webhook messages; see `webhooks.sender`."""
        attempts: list[dict[str, Any]] = self._send("GET", "deliveries")
        return attempts

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Return the `status` of each task, and `rows` and `problems` of its last run."""
        tasks: dict[str, dict[str, Any]] = self._send("GET", "tasks")
        return tasks

    def _send(self, method: str, path: str, body: object = None) -> Any:
        text = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT_S)
        try:
            connection.request(method, f"/_control/{path}", body=text, headers=headers)
            reply = connection.getresponse()
            raw = reply.read()
        finally:
            connection.close()
        if reply.status not in _SUCCESS:
            raise ValueError(
                f"The emulator refused {method} {path} with {reply.status}: "
                f"{raw.decode(errors='replace')}"
            )
        return json.loads(raw) if raw else None
