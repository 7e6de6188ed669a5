"""Behaviour that is not settled by the documents or differs between accounts, each under a name of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints


@dataclass(frozen=True, slots=True)
class Quirks:
    """Choices for what nobody could confirm; the first value of each is the one thought most likely.

    Attributes:
        fileinfo_filename: Whether FileName in fileInfo leaves the extension out.
        fileinfo_filetype: Whether FileType in fileInfo has the dot.
        fileinfo_empty_rows: Whether records without a file are left out of fileInfo or listed with nulls.
        fileinfo_row_cap: Most rows fileInfo lists; 0 is no cap.
        attachment_column: What a record shows for an ATTACHMENT field.
        attachment_stamps: Whether uploading or renaming an attachment moves the record's OnUpdate TIMESTAMP.
        rename_filename: How a new FileName is taken: as the base name, as a base name whose own extension
            is dropped when it repeats the file's, or as the full name that may change the extension.
        rate_limit_status: Status of the rate limit's array body.
        rate_limit_retry_after: Seconds told in Retry-After; 0 leaves the header out.
        stale_token: Answer to a token that is over: 401, or 400 IncorrectQueryParameter.
        empty_result_after_put: Whether an update with response=rows answers `Result: []` all the same.
        unset_text: Whether a text column nobody set holds NULL or blank; it reads "" either way.
        view_pk: Whether PK_ID of a view is text, in comparisons and order as well, or a number.
        download_content_type: Content-Type of downloads: by the name, or always the same wrong one.
        unknown_parameters: What becomes of query parameters the specification does not know.
        bare_clauses: Whether `where` and its like count without their `q.`.
        fileinfo_dates: Whether fileInfo's dates, UTC by convention, end in Z.
        files_dates: Whether the Files area writes dates as ISO 8601 or as the second version did.
        files_upload: Whether a POST of several files with a clash among them stores the others.
        files_case: Whether names in the Files area are the same whatever their case.
        overwrite_key: Whether overwriting a file keeps its ExternalKey.
        attachment_event: Whether uploading, renaming or removing an attachment raises an update event.
        webhook_envelope: Whether webhooks and their events are listed bare or in `Result`.
        webhook_list_secret: Whether the list of webhooks shows their secrets.
        webhook_fields: What a message carries of a row without CustomPayloadFields.
        webhook_secret_in_body: Whether a message has the webhook's secret in its body.
        webhook_signature: How the HMAC-SHA256 of a message's bytes is written; "none" sends no signature.
        webhook_signature_header: The header it stands in.
        webhook_retries: How often a delivery that failed is tried again.
        webhook_retry_ms: Milliseconds before the first retry; each further one waits twice as long.
        webhook_timeout_ms: Milliseconds a receiver may take.
        list_update: Whether an update of nothing but LIST fields counts its records, or counts none and fails with
            response=rows, as the second version was seen to.
        task_ms: Milliseconds a task is Busy, and again at least Processing.
        max_upload_bytes: Larger uploads are refused with 413; 0 is no limit.
    """

    fileinfo_filename: Literal["base", "with-extension"] = "base"
    fileinfo_filetype: Literal["no-dot", "with-dot"] = "no-dot"
    fileinfo_empty_rows: Literal["absent", "null-rows"] = "absent"
    fileinfo_row_cap: int = 0
    attachment_column: Literal["name", "null", "absent"] = "name"
    attachment_stamps: bool = False
    rename_filename: Literal["base", "strip-same", "full"] = "base"
    rate_limit_status: Literal[429, 400] = 429
    rate_limit_retry_after: int = 0
    stale_token: Literal[401, 400] = 401
    empty_result_after_put: bool = False
    unset_text: Literal["null", "blank"] = "null"
    view_pk: Literal["text", "number"] = "text"
    download_content_type: Literal["by-name", "text/plain", "application/octet-stream"] = "by-name"
    unknown_parameters: Literal["ignored", "refused"] = "ignored"
    bare_clauses: Literal["accepted", "ignored"] = "accepted"
    fileinfo_dates: Literal["no-zone", "z"] = "no-zone"
    files_dates: Literal["iso", "us"] = "iso"
    files_upload: Literal["partial", "atomic"] = "partial"
    files_case: Literal["insensitive", "sensitive"] = "insensitive"
    overwrite_key: Literal["kept", "new"] = "kept"
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
    list_update: Literal["counted", "uncounted"] = "counted"
    task_ms: int = 50
    max_upload_bytes: int = 0


def parse_quirks(settings: Sequence[str]) -> Quirks:
    """Read `name=value` settings; ValueError names what is wrong and what is allowed."""
    given: dict[str, Any] = dict(_setting(text) for text in settings)
    return Quirks(**given)


def _setting(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    name = name.strip().replace("-", "_")
    known = {one.name for one in fields(Quirks)}
    if name not in known:
        raise ValueError(f"There is no quirk {name!r}; use one of: {', '.join(sorted(known))}.")
    return name, _typed(name, get_type_hints(Quirks)[name], value.strip())


def _typed(name: str, kind: object, value: str) -> object:
    choices: tuple[object, ...] = get_args(kind) or ((True, False) if kind is bool else ())
    by_text = {str(choice).lower(): choice for choice in choices}
    if value.lower() in by_text:
        return by_text[value.lower()]
    if not choices and value.isdigit():
        return int(value)
    if kind is str and value:
        return value
    allowed = ", ".join(by_text) or "a whole number"
    raise ValueError(f"Quirk {name!r} cannot be {value!r}; give {allowed}.")
