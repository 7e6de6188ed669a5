"""The sections of the settings file; every value has its type, its bounds and its default here."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipeline.metering.budget import Allowance, Priority
from pipeline.model.reading import LANGUAGE_CODE, SCANNER_ADDRESS
from pipeline.settings.addresses import account_host, split_encrypted
from pipeline.settings.schedule import checked_cron, checked_timezone

_Share = Annotated[float, Field(ge=0, lt=1)]


class Section(BaseModel):
    """A section of the file: unknown names are errors, values never change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_enum_values=False, use_attribute_docstrings=True
    )


class PrioritySettings(Section):
    """`[caspio.priorities]`: share of the month's calls that each kind of work leaves unused."""

    webhook: _Share = 0.0
    """Share of the month's calls that webhook runs leave unused. 0 lets them use every call outside
    `caspio.reserve`.
    """
    new: _Share = 0.05
    """Share of the month's calls that scheduled runs over new and changed files leave unused."""
    backfill: _Share = 0.2
    """Share of the month's calls that the first run over a source leaves unused. A source counts as
    backfill until all of it has been written once.
    """
    reprocess: _Share = 0.3
    """Share of the month's calls that `reprocess` and `verify` leave unused."""
    learn: _Share = 0.4
    """Share of the month's calls that `learn` leaves unused."""


class CaspioSettings(Section):
    """`[caspio]`: the account."""

    url: str
    """Address of the account, such as `https://abc12345.caspio.com`. Plain `http://` is accepted
    for this machine only.
    """
    former_url: str = ""
    """Address that the account had before, if its address has changed. The next run takes over the
    ledger of that address, with the calls of the month, the webhook, its messages and the tokens of
    agents. A ledger that has files of any other account is refused.
    """
    block: Annotated[str, Field(min_length=1)] | None = None
    """Prefect block with the address, the secrets, the rate and the monthly calls, such as
    `main`.
    """
    rate: Annotated[str, Field(pattern=r"^0*[1-9][0-9]*/0*[1-9][0-9]*s$")] = "2000/300s"
    """Calls that all workers together may make in a period, as `CALLS/SECONDSs`: `2000/300s` is
    2,000 calls in 300 seconds.
    """
    monthly_calls: Annotated[int, Field(gt=0)] | None = 500_000
    """Calls that this program may make in a calendar month (UTC). Set it to what your Caspio plan
    allows.
    """
    reserve: _Share = 0.05
    """Share of the monthly calls that no run uses. A run that reaches it stops with exit code 3 and
    continues next month.
    """
    priorities: PrioritySettings = PrioritySettings()

    @property
    def calls_per_second(self) -> float:
        """Return the speed of `rate`."""
        calls, _, period = self.rate.removesuffix("s").partition("/")
        return int(calls) / int(period)

    @field_validator("url", "former_url")
    @classmethod
    def _https(cls, url: str, info: ValidationInfo) -> str:
        if not url and info.field_name == "former_url":
            return url
        parts = split_encrypted(url)
        # A path, a user, a query or anything else would be in every call's address.
        is_address_alone = url.rstrip("/") == f"{parts.scheme}://{parts.netloc}"
        is_host = bool(parts.hostname) and "@" not in parts.netloc and _has_sound_port(url)
        if not is_address_alone or not is_host:
            raise ValueError(
                "must be the account's address without a path, such as https://abc12345.caspio.com"
            )
        return url.rstrip("/")

    @property
    def account(self) -> str:
        """Name the account in the ledger: its host."""
        return account_host(self.url)

    @property
    def allowance(self) -> Allowance:
        """Return the month's budget."""
        priorities = {priority: getattr(self.priorities, priority) for priority in Priority}
        return Allowance(self.monthly_calls, self.reserve, priorities)


def _has_sound_port(url: str) -> bool:
    # Split addresses are checked for their port only when it is asked for.
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port != 0


class ArchiveSettings(Section):
    """`[archive]`: where originals and derived files are kept, and which derived files are made.

    The settings below `renditions` apply to `s3://` only.
    """

    url: Annotated[str, Field(pattern=r"^(file:|s3://).+")] = "file:archive"
    """Where originals and derived files are kept: a folder (`file:archive`) or a bucket
    (`s3://bucket/prefix`). Relative folders start at the folder of the settings file.
    """
    block: Annotated[str, Field(min_length=1)] | None = None
    """Prefect block with the address and the keys, such as `main`, or `aws-credentials/main` for
    keys alone.
    """
    renditions: tuple[Literal["text", "pages", "searchable", "thumbnail", "pdfa"], ...] = (
        "text",
        "pages",
        "searchable",
        "thumbnail",
    )
    """Derived files to make for each document. `pdfa` needs the extra `caspio-ingest[pdfa]`."""
    endpoint_url: str | None = None
    """Endpoint of an S3-compatible store other than AWS."""
    region: str | None = None
    """Region of the bucket. Without it the AWS configuration decides."""
    sse: Literal["AES256", "aws:kms"] | None = None
    """Server-side encryption of every object."""
    sse_kms_key_id: str | None = None
    """KMS key for `sse = "aws:kms"`. Without it AWS uses the account's default key."""
    storage_class: str | None = None
    """Storage class of originals and derived files, such as `STANDARD_IA`."""
    object_lock_days: Annotated[int, Field(gt=0)] | None = None
    """Days for which originals are locked. The bucket must have Object Lock enabled."""
    object_lock_mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"
    """Mode of the lock that `object_lock_days` sets."""
    access_key_id: SecretStr | None = None
    """Access key of the bucket. A secret: set it in the environment or a block. Without keys the
    AWS default chain is used.
    """
    secret_access_key: SecretStr | None = None
    """Secret key of the bucket. A secret: set it in the environment or a block."""
    session_token: SecretStr | None = None
    """Session token of temporary keys. A secret: set it in the environment or a block."""

    @model_validator(mode="after")
    def _keys_together(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError(
                "access_key_id and secret_access_key go together: give both or neither"
            )
        return self


class LedgerSettings(Section):
    """`[ledger]`: the database that records what was seen, archived, planned and written."""

    url: Annotated[str, Field(pattern=r"^(sqlite:///|postgresql\+psycopg://).+", repr=False)] = (
        "sqlite:///caspio-ingest.db"
    )
    """Database of the ledger: `sqlite:///FILE` or
    `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`. Several machines need PostgreSQL.
    """


class OcrModelSettings(Section):
    """A network for OCR that you provide."""

    path: Path
    """ONNX file of PaddleOCR's form. Relative paths start at the folder of the settings file."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    """SHA-256 of the file. A file with another one is refused before a document is read."""


class OcrModelsSettings(Section):
    """`[processing.models]`: networks for RapidOCR in place of those in its package."""

    detection: OcrModelSettings | None = None
    """Network that finds lines."""
    recognition: OcrModelSettings | None = None
    """Network that reads lines. Its metadata must have the list of its characters."""
    languages: tuple[Annotated[str, Field(pattern=LANGUAGE_CODE)], ...] | None = None
    """Languages whose letters `recognition` was trained on, as Tesseract language codes. Unset,
    those of the network in the package.
    """


class ProcessingSettings(Section):
    """`[processing]`: how documents are read, and the limits of each document."""

    ocr: Literal["auto", "tesseract", "rapidocr"] = "auto"
    """OCR engine. `auto` chooses an engine for each page; the others read every page with one
    engine.
    """
    languages: Annotated[
        tuple[Annotated[str, Field(pattern=LANGUAGE_CODE)], ...], Field(min_length=1)
    ] = ("eng",)
    """Languages of the documents, as Tesseract language codes such as `eng` or `chi_sim`."""
    workers: Annotated[int, Field(gt=0)] | None = None
    """Documents read at the same time. The default is one for each CPU core."""
    max_file_mib: Annotated[int, Field(gt=0)] = 200
    """Largest file to read, in MiB. A larger file is archived and rejected."""
    max_pages: Annotated[int, Field(gt=0)] = 500
    """Most pages to read in a document. In a longer document only the first pages are read, and
    it is partial.
    """
    memory_mib: Annotated[int, Field(ge=512)] = 2048
    """Memory that a document may use in its reader process, in MiB, in addition to the loaded
    models.
    """
    cpu_s: Annotated[int, Field(gt=0)] = 300
    """CPU time that a document may use, in seconds."""
    wall_s: Annotated[int, Field(gt=0)] = 600
    """Wall time that a document may take, in seconds."""
    stall_s: Annotated[int, Field(gt=0)] = 60
    """Idle time: seconds for which a reader process may use no CPU."""
    disk_mib: Annotated[int, Field(gt=0)] = 2048
    """Disk space that a reader process may use for one document, in MiB."""
    disk_files: Annotated[int, Field(gt=0)] = 5_000
    """Files that a reader process may create for one document."""
    documents_per_child: Annotated[int, Field(gt=0)] = 200
    """Documents that a reader process reads before a new one replaces it. With 1, every document
    has a process that has seen no other document; each then costs the start of a process, and the
    loading of the OCR models where it needs them.
    """
    require_isolation: Literal["none", "restricted", "isolated"] = "none"
    """Least isolation at which documents are read. `restricted`: a reader process reaches no
    network, no other files and no other processes. `isolated`: the same, and by namespaces as well.
    Where the system grants less, the run stops before the first document. `doctor` shows what it
    grants.
    """
    max_children: Annotated[int, Field(ge=0)] = 200
    """Most files to read inside one upload, such as the attachments of a mail."""
    max_depth: Annotated[int, Field(ge=0)] = 4
    """Levels of files inside files to read. 0 reads none."""
    max_unpacked_mib: Annotated[int, Field(gt=0)] = 500
    """Most MiB that all files inside one upload may unpack to."""
    max_ratio: Annotated[int, Field(gt=0)] = 200
    """Most times its own size that an upload may unpack to."""
    passwords: tuple[SecretStr, ...] = ()
    """Passwords to try on encrypted documents. A secret: set it in the environment as a JSON list,
    such as `CASPIO_INGEST_PROCESSING__PASSWORDS='["one", "two"]'`.
    """
    clamav: Annotated[str, Field(pattern=SCANNER_ADDRESS)] | None = None
    """ClamAV daemon that scans every upload before it is opened, as `HOST:PORT` or the path of a
    Unix socket.
    """
    date_order: Literal["", "dmy", "mdy"] = ""
    """How to read dates such as 03/04/2018 where nothing else in the document decides. Unset, the
    country or the currency of the document decides; otherwise the date is reported as unsure.
    """
    rules: Path | None = None
    """TOML file with your own rules for document classes. Relative paths start at the folder of the
    settings file.
    """
    models: OcrModelsSettings = OcrModelsSettings()
    """Your own networks for OCR."""


class LearnSettings(Section):
    """`[learn]`: learning from the records that users have filled."""

    enabled: bool = True
    """Whether anything is learned, and whether what was learned is used."""
    precision: Annotated[float, Field(ge=0.5, lt=1)] = 0.98
    """Share of the learned values that must be as users type them before such values are written.
    It counts as reached once the records that were filled later prove it with a certainty of 95 %.
    """
    promote: Literal["ask", "auto"] = "ask"
    """Who decides that learned values are suggested or written once they may be: `ask` waits for
    `learn promote`, `auto` does it at once.
    """
    schedule: Annotated[str, AfterValidator(checked_cron)] = "0 3 * * *"
    """When columns are learned, as a cron expression in the time zone `serve.timezone`."""


class ServeSettings(Section):
    """`[serve]`: schedules, and how runs behave at a Prefect server."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")] | None = None
    """Name of these settings at the Prefect server, as in `ingest-receipts@NAME`. The default is
    the name of the account.
    """
    schedule: Annotated[str, AfterValidator(checked_cron)] = "0 * * * *"
    """When sources run, as a cron expression."""
    timezone: Annotated[str, AfterValidator(checked_timezone)] = "UTC"
    """Time zone of `schedule`, such as `America/New_York`."""
    max_runs: Annotated[int, Field(gt=0)] | None = None
    """Runs of each queue of a work pool at the same time, over all its workers. Unset, as many as
    the workers take.
    """
    heartbeat_s: Annotated[int, Field(ge=30)] = 30
    """Seconds between two heartbeats of a run. A run that misses three is marked as crashed."""
    drain_s: Annotated[int, Field(gt=0)] = 300
    """Seconds that runs may take to finish the documents in progress after `serve` or `worker`
    received SIGTERM.
    """


class WebhookSettings(Section):
    """`[webhooks]`: how Caspio reports changes, and how the receiver accepts its messages."""

    url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    """Address at which Caspio reaches the receiver. It must use https, except for this machine."""
    name: Annotated[str, Field(min_length=1, max_length=255)] = "caspio-ingest"
    """Name of the webhook at Caspio."""
    listen: Annotated[str, Field(pattern=r"^[^\s:]+:[0-9]{1,5}$")] = "127.0.0.1:8766"
    """Address on which `webhooks serve` listens, as `HOST:PORT`."""
    event_sources: tuple[
        Literal["Datasheet", "DataPages", "RESTAPIs", "TriggeredActions", "Tasks"], ...
    ] = ()
    """Kinds of changes that raise an event. Empty means all kinds."""
    signature: Literal["accepted", "required"] = "accepted"
    """Whether a message needs a signature. `accepted` also takes a message that has the secret in
    its body.
    """
    signature_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "X-Caspio-Signature"
    """Header with the HMAC-SHA256 signature of the body."""
    batch_s: Annotated[float, Field(ge=0, le=3600)] = 1.0
    """Seconds for which messages are collected before they start one run."""
    max_records: Annotated[int, Field(gt=0, le=1000)] = 100
    """Most records in one run that messages start."""
    max_body_mib: Annotated[int, Field(gt=0)] = 10
    """Largest message to accept, in MiB."""
    keep_days: Annotated[int, Field(gt=0)] = 30
    """Days for which finished messages are kept in the ledger."""


class MetricsSettings(Section):
    """`[metrics]`: metrics for Prometheus."""

    listen: Annotated[str, Field(pattern=r"^.+:[0-9]{1,5}$")] | None = None
    """Address on which `serve` answers Prometheus, as `HOST:PORT`. Unset, it does not."""
    cache_s: Annotated[float, Field(ge=0)] = 15.0
    """Seconds between two reads of the ledger, no matter how often Prometheus asks."""
