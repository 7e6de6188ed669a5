"""A small client of the control interface, for tests and demonstrations."""

import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_OK = range(200, 300)


class Control:
    """Speaks to `/_control/` of an emulator at `url`; each call opens and closes its own connection."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc

    def calls(self) -> dict[str, int]:
        """Return API calls seen by "METHOD /template"."""
        counts: dict[str, int] = self._send("GET", "calls")["counts"]
        return counts

    def call_log(self) -> list[dict[str, str]]:
        """Return API calls in order: method, template, operation, path, query."""
        calls: list[dict[str, str]] = self._send("GET", "calls")["calls"]
        return calls

    def reset_calls(self) -> None:
        """Forget the calls seen."""
        self._send("DELETE", "calls")

    def fault(self, fault: Mapping[str, object]) -> None:
        """Put a fault in force; see `infra.emulator.faults.Fault` for its members."""
        self._send("POST", "faults", dict(fault))

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults in force, each with how many requests it `matched`."""
        found: list[dict[str, Any]] = self._send("GET", "faults")
        return found

    def clear_faults(self) -> None:
        """Drop all faults."""
        self._send("DELETE", "faults")

    def dump(self) -> dict[str, Any]:
        """Return the whole account.

        `tables` has rows by table; `attachments` by table a list of pk, field, name, size, updated, sha256; `files` by
        path sha256, size, key, modified.
        """
        found: dict[str, Any] = self._send("GET", "dump")
        return found

    def edit(self, table: str, pk: int, values: Mapping[str, object]) -> dict[str, Any]:
        """Set values of a record as a person would, and return the record."""
        row: dict[str, Any] = self._send(
            "POST", "records", {"table": table, "pk": pk, "values": dict(values)}
        )
        return row

    def replace_attachment(
        self, table: str, field: str, pk: int, path: Path, name: str = ""
    ) -> None:
        """Attach a file of this machine to a record as a person would; `name` defaults to the path's."""
        body = {"table": table, "field": field, "pk": pk, "path": str(path), "name": name}
        self._send("POST", "attachments", body)

    def replace_file(self, target: str, path: Path) -> None:
        """Put a file of this machine at a path of the Files area as a person would."""
        self._send("POST", "files", {"target": target, "path": str(path)})

    def make_folder(self, path: str) -> str:
        """Make a folder of the Files area with those above it, and return its ExternalKey."""
        return str(self._send("POST", "folders", {"path": path})["ExternalKey"])

    def change(self, edit: Mapping[str, object], *, source: str = "Datasheet") -> None:
        """Change a record from another source; see `infra.emulator.edits.apply` for an edit's members."""
        self._send("POST", "edits", {**edit, "source": source})

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the attempts to deliver webhook messages, in order; see `infra.emulator.delivery.Attempt`."""
        found: list[dict[str, Any]] = self._send("GET", "deliveries")
        return found

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Return each import or export task's `status`, and `rows` and `problems` of its last run."""
        found: dict[str, dict[str, Any]] = self._send("GET", "tasks")
        return found

    def _send(self, method: str, what: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(
                method, f"/_control/{what}", body=text, headers={"Content-Type": "application/json"}
            )
            reply = connection.getresponse()
            raw = reply.read()
        finally:
            connection.close()
        if reply.status not in _OK:
            raise ValueError(
                f"The emulator refused {method} {what} with {reply.status}: {raw.decode(errors='replace')}"
            )
        return json.loads(raw) if raw else None
