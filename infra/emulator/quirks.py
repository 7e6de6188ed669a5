"""Behavior that no document settles, or that differs between accounts, each under its own name."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints


@dataclass(frozen=True, slots=True)
class Quirks:
    """Choices where nothing is confirmed; the first value of each is the most likely one.

    Attributes:
        fileinfo_filename: Whether FileName in fileInfo leaves the extension out.
        fileinfo_filetype: Whether FileType in fileInfo includes the dot.
        fileinfo_empty_rows: Whether fileInfo leaves out records without a file, or lists them with
            nulls.
        fileinfo_row_cap: Most rows that fileInfo lists; 0 is no limit.
        attachment_column: What a record shows for an ATTACHMENT field.
        attachment_stamps: Whether uploading or renaming an attachment sets the record's OnUpdate
            TIMESTAMP.
        rename_filename: How a new FileName is read: as the base name, as a base name without its
            extension if that repeats the file's, or as the full name, which may change the
            extension.
        rate_limit_status: Status of the answer to a call over the rate limit.
        rate_limit_retry_after: Seconds in that answer's Retry-After; 0 leaves the header out.
        stale_token: Answer to a token that has ended: 401, or 400 IncorrectQueryParameter.
        empty_result_after_put: Whether an update with response=rows answers `Result: []` anyway.
        unset_text: Whether a text column that was never set holds NULL or blank; it reads "" in
            both cases.
        view_pk: Whether PK_ID of a view is text or a number, also in comparisons and order.
        download_content_type: Content-Type of downloads: by the name, or always the same wrong one.
        unknown_parameters: Whether query parameters that the specification does not know are
            ignored or refused.
        bare_clauses: Whether `where` and the other clauses count without their `q.`.
        fileinfo_dates: Whether fileInfo's dates, UTC by convention, end in Z.
        files_dates: Whether the Files area writes dates as ISO 8601 or as API version 2 did.
        files_upload: Whether a POST of several files, one of which clashes, stores the others.
        files_case: Whether names in the Files area are the same in any case.
        overwrite_key: Whether a file keeps its ExternalKey when it is overwritten.
        attachment_event: Whether uploading, renaming or removing an attachment raises an update
            event.
        webhook_envelope: Whether webhooks and their events are listed bare or in `Result`.
        webhook_list_secret: Whether the list of webhooks shows their secrets.
        webhook_fields: Which fields of a row a message has without CustomPayloadFields.
        webhook_secret_in_body: Whether a message has the webhook's secret in its body.
        webhook_signature: Encoding of the HMAC-SHA256 of a message's bytes; "none" sends none.
        webhook_signature_header: The header of the signature.
        webhook_retries: How often a failed delivery is tried again.
        webhook_retry_ms: Milliseconds before the first retry; each further wait is twice as long.
        webhook_timeout_ms: Milliseconds a receiver may take.
        list_update: Whether an update of LIST fields only counts its records, or counts none and
            fails with response=rows, as was observed with API version 2.
        task_ms: Milliseconds a task is Busy, and again at least Processing.
        max_upload_bytes: Larger uploads are refused with 413; 0 is no limit.
    """

    # fileInfo (§3.3): SPEC splits name and extension; rows without a file and a cap are unknown.
    fileinfo_filename: Literal["base", "with-extension"] = "base"
    fileinfo_filetype: Literal["no-dot", "with-dot"] = "no-dot"
    fileinfo_empty_rows: Literal["absent", "null-rows"] = "absent"
    fileinfo_row_cap: int = 0
    # Attachments of records (§3.1, §11): not documented.
    attachment_column: Literal["name", "null", "absent"] = "name"
    attachment_stamps: bool = False
    # Renames (§3.3): SPEC has the new name, not whether it includes the extension.
    rename_filename: Literal["base", "strip-same", "full"] = "base"
    # Rate limit (§5) and stale tokens (§1.3): the observations conflict.
    rate_limit_status: Literal[429, 400] = 429
    rate_limit_retry_after: int = 0
    stale_token: Literal[401, 400] = 401
    # Records (§3.6): observed, once each.
    empty_result_after_put: bool = False
    unset_text: Literal["null", "blank"] = "null"
    # Views (§3.3, §3.5): SPEC has a string, the web interface shows a number.
    view_pk: Literal["text", "number"] = "text"
    # Downloads (§3.4): a wrong Content-Type was observed.
    download_content_type: Literal["by-name", "text/plain", "application/octet-stream"] = "by-name"
    # Query parameters (§2.6): inferred from Caspio's own n8n node.
    unknown_parameters: Literal["ignored", "refused"] = "ignored"
    bare_clauses: Literal["accepted", "ignored"] = "accepted"
    fileinfo_dates: Literal["no-zone", "z"] = "no-zone"
    # Files area (§3.4): version 2 was observed, version 3 is not documented.
    files_dates: Literal["iso", "us"] = "iso"
    files_upload: Literal["partial", "atomic"] = "partial"
    files_case: Literal["insensitive", "sensitive"] = "insensitive"
    overwrite_key: Literal["kept", "new"] = "kept"
    # Webhooks (§6, §11): the signature, retries and timeout are unknown.
    attachment_event: bool = False
    webhook_envelope: Literal["bare", "result"] = "bare"
    webhook_list_secret: bool = False
    webhook_fields: Literal["all", "key"] = "all"
    webhook_secret_in_body: bool = True
    webhook_signature: Literal["hex", "base64", "none"] = "hex"
    webhook_signature_header: str = "X-Caspio-Signature"
    webhook_retries: int = 3
    webhook_retry_ms: int = 1000
    webhook_timeout_ms: int = 30_000
    # LIST fields (§3.8): observed with version 2.
    list_update: Literal["counted", "uncounted"] = "counted"
    task_ms: int = 50
    max_upload_bytes: int = 0


def parse_quirks(settings: Sequence[str]) -> Quirks:
    """Read `name=value` settings; ValueError names what is wrong and what is allowed."""
    types = get_type_hints(Quirks)
    known = [quirk.name for quirk in fields(Quirks)]
    given: dict[str, Any] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        name = name.strip().replace("-", "_")
        if name not in known:
            raise ValueError(f"There is no quirk {name!r}; use one of: {', '.join(sorted(known))}.")
        given[name] = _read_value(name, types[name], value.strip())
    return Quirks(**given)


def _read_value(name: str, kind: object, text: str) -> object:
    choices: tuple[object, ...] = get_args(kind)
    if kind is bool:
        choices = (True, False)
    by_text = {str(choice).lower(): choice for choice in choices}

    if text.lower() in by_text:
        return by_text[text.lower()]
    if not choices and text.isdigit():
        return int(text)
    if kind is str and text:
        return text
    allowed = ", ".join(by_text) or "a whole number"
    raise ValueError(f"Quirk {name!r} cannot be {text!r}; give {allowed}.")
