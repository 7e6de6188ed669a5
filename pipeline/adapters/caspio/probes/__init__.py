"""Capability probes: find out how an account behaves where the documentation is silent.

They work in a table and with files of their own. Names and values are those of the local Caspio's
quirks, so that it can be started to behave like the account.
"""

import uuid
from collections.abc import Mapping
from pathlib import Path

from pipeline.adapters.caspio.client import CaspioClient, CaspioError, Clock, FileMissing
from pipeline.adapters.caspio.client.areas.files import ROOT
from pipeline.adapters.caspio.errors import translated
from pipeline.adapters.caspio.probes.trial_table import MARK as MARK, TrialTable
from pipeline.adapters.caspio.probes.values import Found, probe_file, run_steps, yes_no
from pipeline.model.probes import Examined, Probed

NOT_PROBED: Mapping[str, str] = {
    "rate_limit_status": (
        "it would use up the account's rate; 429, and 400 with the documented body, are understood"
    ),
    "rate_limit_retry_after": "the same; the header is obeyed where it comes",
    "stale_token": "a token lasts for hours; 401 and 400 are both answered with one fresh token",
    "download_content_type": "never relied on: the type is found by content",
    "unknown_parameters": "none is sent",
    "bare_clauses": "every parameter is sent under its full name",
    "files_upload": "one file a call is sent",
    "attachment_event": "it takes a receiver that Caspio can reach",
    "webhook_fields": "it takes a receiver that Caspio can reach",
    "webhook_secret_in_body": "it takes a receiver that Caspio can reach",
    "webhook_signature": "it takes a receiver that Caspio can reach",
    "webhook_signature_header": "it takes a receiver that Caspio can reach",
    "webhook_retries": "it takes a receiver that Caspio can reach",
    "webhook_retry_ms": "it takes a receiver that Caspio can reach",
    "webhook_timeout_ms": "it takes a receiver that Caspio can reach",
    "task_ms": "it would run one of your tasks",
    "max_upload_bytes": "it takes very large uploads; 413 rejects the one file",
}
"""What is not probed, and why that does no harm."""


@translated()
def probe_account(client: CaspioClient, *, clock: Clock, folder: Path, may_write: bool) -> Examined:
    """Probe everything that can be probed, and remove what was made for it, also after an error.

    Args:
        client: Talks to the account.
        clock: Waits for stamps to change.
        folder: Where the files to upload are written.
        may_write: Whether a table may be created and files uploaded; without, only what exists is
            looked at.
    """
    existing = {
        lambda: _view_pk(client): ["view_pk"],
        lambda: _webhooks(client): ["webhook_envelope", "webhook_list_secret"],
    }
    probed = list(run_steps(existing))
    left: list[str] = []
    if may_write:
        probed += _in_files_area(client, folder, left)
        trial = TrialTable(client, clock, probe_file(folder, "probe.txt"))
        try:
            probed += run_steps({trial.prepare: list(trial.names)})
            if trial.ready:
                probed += run_steps(trial.steps)
        finally:
            left += trial.clean_up()
    for name, reason in NOT_PROBED.items():
        probed.append(Probed(name, None, f"not probed: {reason}"))
    return Examined(tuple(probed), tuple(left))


def _view_pk(client: CaspioClient) -> Found:
    for view in client.views.names():
        answer = client.call("ListViewRecords", {"viewName": view, "q.limit": "1"})
        rows = answer.get("Result") if isinstance(answer, dict) else None
        if rows and "PK_ID" in rows[0]:
            pk = rows[0]["PK_ID"]
            # The client has turned it into text; the raw answer has the type.
            kind = "text" if isinstance(pk, str) else "number"
            yield Probed("view_pk", kind, f"PK_ID {pk!r} in view {view}")
            return
    yield Probed("view_pk", None, "not probed: no view with a record can be read")


def _webhooks(client: CaspioClient) -> Found:
    answer = client.call("ListOutgoingWebhooks")
    envelope = "result" if isinstance(answer, dict) else "bare"
    yield Probed("webhook_envelope", envelope, "the list of webhooks")
    items = answer.get("Result") if isinstance(answer, dict) else answer
    if isinstance(items, list) and items:
        shown = any(isinstance(item, dict) and item.get("Secret") for item in items)
        yield yes_no("webhook_list_secret", shown, f"{len(items)} webhooks listed")
    else:
        yield Probed("webhook_list_secret", None, "not probed: there is no webhook")


def _in_files_area(client: CaspioClient, folder: Path, left: list[str]) -> Found:
    name = f"caspio-ingest-probe-{uuid.uuid4().hex[:8]}.txt"
    file = probe_file(folder, name)
    names = ["files_dates", "files_case", "overwrite_key", "error_name_taken"]
    try:
        yield from run_steps({lambda: _stored_file(client, file): names})
    finally:
        try:
            client.files.delete(f"/{name}")
        except FileMissing:
            pass  # it was never stored
        except CaspioError as error:
            left.append(
                f"/{name} in the Files area could not be removed ({error}). Delete it there."
            )


def _stored_file(client: CaspioClient, file: Path) -> Found:
    files, path = client.files, f"/{file.name}"
    first = files.add(ROOT, source=file, name=file.name, media_type="text/plain")
    info = files.info(path)
    if info is not None:
        style = "us" if "/" in info.modified else "iso"
        yield Probed("files_dates", style, f"LastModified {info.modified!r}")

    is_same = files.info(path.upper()) is not None
    value = "insensitive" if is_same else "sensitive"
    yield Probed("files_case", value, f"{path.upper()} {'is' if is_same else 'is not'} it")

    second = files.put(ROOT, source=file, name=file.name, media_type="text/plain")
    if first and second and first.key and second.key:
        value = "kept" if first.key == second.key else "new"
        yield Probed("overwrite_key", value, "ExternalKey after a second PUT")

    if files.add(ROOT, source=file, name=file.name, media_type="text/plain") is None:
        yield Probed("error_name_taken", "409", "a second POST of a name is refused")
    else:
        yield Probed("error_name_taken", None, "a second POST of a name")
