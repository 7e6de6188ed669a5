"""The sections of the settings file; every value has its type, its bounds and its default here."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from pipeline.budget import Allowance, Lane
from pipeline.model import Confirm, IndexTable, Overwrite, SourceSpec
from pipeline.naming import FACT_NAMES, FINDING_NAMES, NameTemplate

COLUMN_NAMES = FINDING_NAMES | FACT_NAMES
_Share = Annotated[float, Field(ge=0, lt=1)]
_TAKEN_AS_THEY_ARE = {
    "name", "table", "view", "folder", "fields", "where", "rename", "schedule", "min_confidence", "allow_formulas",
    "max_writes", "max_writes_window_s", "webhook_table", "reprocess_column",
}  # fmt: skip


class Section(BaseModel):
    """A section of the file: unknown names are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=False)


class LaneSettings(Section):
    """`[caspio.lanes]`: shares of the month's calls that a kind of work leaves to those before it."""

    webhook: _Share = 0.0
    new: _Share = 0.05
    backfill: _Share = 0.2
    reprocess: _Share = 0.3


class CaspioSettings(Section):
    """`[caspio]`: the account."""

    url: str
    block: Annotated[str, Field(min_length=1)] | None = None
    rate: Annotated[str, Field(pattern=r"^0*[1-9][0-9]*/0*[1-9][0-9]*s$")] = "2000/300s"
    monthly_calls: Annotated[int, Field(gt=0)] | None = 500_000
    reserve: _Share = 0.05
    lanes: LaneSettings = LaneSettings()

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        parts = urlsplit(url)
        local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("must begin with https:// (plain http only for loopback)")
        address = f"{parts.scheme}://{parts.netloc}"
        if (
            not parts.hostname
            or "@" in parts.netloc
            or url.rstrip("/") != address
            or not _has_sound_port(url)
        ):
            raise ValueError("is the account's address alone, such as https://abc12345.caspio.com")
        return url.rstrip("/")

    @property
    def account(self) -> str:
        """Name the account in the ledger: its host."""
        return urlsplit(self.url).netloc

    @property
    def allowance(self) -> Allowance:
        """Return the month's budget."""
        lanes = {lane: getattr(self.lanes, lane) for lane in Lane}
        return Allowance(self.monthly_calls, self.reserve, lanes)


def _has_sound_port(url: str) -> bool:
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port != 0


class ArchiveSettings(Section):
    """`[archive]`: where originals and derived files are kept and which of the latter are made.

    The options below `renditions` are for `s3://` only. Without keys the AWS chain is asked for them.
    """

    url: Annotated[str, Field(pattern=r"^(file:|s3://).+")] = "file:archive"
    block: Annotated[str, Field(min_length=1)] | None = None
    renditions: tuple[Literal["text", "pages", "searchable", "thumbnail", "pdfa"], ...] = (
        "text",
        "pages",
        "searchable",
        "thumbnail",
    )
    endpoint_url: str | None = None
    region: str | None = None
    sse: Literal["AES256", "aws:kms"] | None = None
    sse_kms_key_id: str | None = None
    storage_class: str | None = None
    object_lock_days: Annotated[int, Field(gt=0)] | None = None
    object_lock_mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None

    @model_validator(mode="after")
    def _keys_together(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError(
                "access_key_id and secret_access_key go together: give both or neither"
            )
        return self


class LedgerSettings(Section):
    """`[ledger]`: what has been seen, archived, planned, written."""

    url: Annotated[str, Field(pattern=r"^(sqlite:///|postgresql\+psycopg://).+", repr=False)] = (
        "sqlite:///caspio-ingest.db"
    )


class ProcessingSettings(Section):
    """`[processing]`: how documents are read, and the limits each one has in its child process."""

    ocr: Literal["auto", "tesseract", "rapidocr"] = "auto"
    languages: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z]{3}(_[a-z]+)?$")], ...], Field(min_length=1)
    ] = ("eng",)
    workers: Annotated[int, Field(gt=0)] | None = None
    max_file_mib: Annotated[int, Field(gt=0)] = 200
    max_pages: Annotated[int, Field(gt=0)] = 500
    memory_mib: Annotated[int, Field(ge=512)] = 2048
    cpu_s: Annotated[int, Field(gt=0)] = 300
    wall_s: Annotated[int, Field(gt=0)] = 600
    stall_s: Annotated[int, Field(gt=0)] = 60
    disk_mib: Annotated[int, Field(gt=0)] = 2048
    disk_files: Annotated[int, Field(gt=0)] = 5_000
    max_children: Annotated[int, Field(ge=0)] = 200
    max_depth: Annotated[int, Field(ge=0)] = 4
    max_unpacked_mib: Annotated[int, Field(gt=0)] = 500
    max_ratio: Annotated[int, Field(gt=0)] = 200
    passwords: tuple[SecretStr, ...] = ()
    clamav: Annotated[str, Field(pattern=r"^(/.+|[^/\s]+:[0-9]{1,5})$")] | None = None
    date_order: Literal["", "dmy", "mdy"] = ""
    rules: Path | None = None


class ServeSettings(Section):
    """`[serve]`: when sources run by themselves. A source's own `schedule` comes first.

    `name` tells these settings from others at the same Prefect server.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")] | None = None
    schedule: str = "0 * * * *"
    timezone: str = "UTC"
    heartbeat_s: Annotated[int, Field(ge=30)] = 30
    drain_s: Annotated[int, Field(gt=0)] = 300


class WebhookSettings(Section):
    """`[webhooks]`: how Caspio tells of changes, and how its messages are taken.

    `signature` says whether messages without one are taken when they carry the secret in their body.
    """

    url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    name: Annotated[str, Field(min_length=1, max_length=255)] = "caspio-ingest"
    listen: Annotated[str, Field(pattern=r"^[^\s:]+:[0-9]{1,5}$")] = "127.0.0.1:8766"
    event_sources: tuple[
        Literal["Datasheet", "DataPages", "RESTAPIs", "TriggeredActions", "Tasks"], ...
    ] = ()
    signature: Literal["accepted", "required"] = "accepted"
    signature_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "X-Caspio-Signature"
    batch_s: Annotated[float, Field(ge=0, le=3600)] = 5.0
    max_records: Annotated[int, Field(gt=0, le=1000)] = 100
    max_body_mib: Annotated[int, Field(gt=0)] = 10
    keep_days: Annotated[int, Field(gt=0)] = 30


class MetricsSettings(Section):
    """`[metrics]`: figures for Prometheus. `cache_s` seconds pass at least between two looks at the ledger."""

    listen: Annotated[str, Field(pattern=r"^.+:[0-9]{1,5}$")] | None = None
    cache_s: Annotated[float, Field(ge=0)] = 15.0


class ColumnSettings(Section):
    """A column's long form: `Total = { finding = "total", overwrite = "ours" }`."""

    finding: str
    overwrite: Overwrite | None = None


class IndexSettings(Section):
    """`[sources.index]`: a table with one row a file, keyed by path."""

    table: str
    path_column: str = "Path"


class ReviewSettings(Section):
    """`[sources.review]`: a table that people decide on suggestions in; docs/review.md has its columns."""

    table: str


class SourceSettings(Section):
    """One `[[sources]]` entry."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
    table: str | None = None
    view: str | None = None
    folder: Annotated[str, Field(pattern=r"^/")] | None = None
    fields: tuple[str, ...] = ()
    where: str | None = None
    overwrite: Overwrite = Overwrite.EMPTY
    rename: str | None = None
    columns: dict[str, str | ColumnSettings] = {}
    index: IndexSettings | None = None
    review: ReviewSettings | None = None
    confirm: Confirm = Confirm.FIRST
    schedule: str | None = None
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    allow_formulas: bool = False
    max_writes: Annotated[int, Field(gt=0)] = 10
    max_writes_window_s: Annotated[int, Field(gt=0)] = 86_400
    webhook_table: str | None = None
    reprocess_column: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        if sum(place is not None for place in (self.table, self.view, self.folder)) != 1:
            yield "exactly one of table, view and folder must be given"
        if self.folder and (self.fields or self.where):
            yield "a folder has neither fields nor where"
        if self.index and not self.folder:
            yield "an index table goes with a folder"
        yield from self._problems_on_demand()
        for column, finding in self._findings().items():
            if finding not in COLUMN_NAMES:
                close = difflib.get_close_matches(finding, COLUMN_NAMES, n=1)
                hint = (
                    f"; did you mean {close[0]!r}?"
                    if close
                    else f"; known: {', '.join(sorted(COLUMN_NAMES))}"
                )
                yield f"column {column!r} asks for an unknown finding {finding!r}{hint}"
        if self.rename is not None:
            try:
                NameTemplate(self.rename)
            except ValueError as error:
                yield str(error)

    def _problems_on_demand(self) -> Iterator[str]:
        if self.webhook_table and self.table:
            yield "webhook_table goes with a view or a folder; a table's own changes are told anyway"
        if self.reprocess_column and self.folder and not self.index:
            yield "a folder with a reprocess_column needs an index table, which has the column"
        if self.reprocess_column in self.columns:
            yield f"column {self.reprocess_column!r} cannot be the reprocess_column and take a finding"

    def _findings(self) -> dict[str, str]:
        return {name: c if isinstance(c, str) else c.finding for name, c in self.columns.items()}

    def spec(self) -> SourceSpec:
        """Return the source as the line knows it."""
        policies = {
            name: column.overwrite
            for name, column in self.columns.items()
            if isinstance(column, ColumnSettings) and column.overwrite is not None
        }
        return SourceSpec(
            **self.model_dump(include=_TAKEN_AS_THEY_ARE),
            columns=self._findings(),
            overwrite=self.overwrite,
            overwrite_columns=policies,
            index=IndexTable(self.index.table, self.index.path_column) if self.index else None,
            review=self.review.table if self.review else None,
            confirm=self.confirm,
        )
