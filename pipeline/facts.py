"""What is known of every document without reading its values, for columns that ask for it.

They are entries of the catalogue in `findings.py`, which has what is read from documents.
"""

from pipeline.finding_kinds import FindingKind, Origin, ValueType, names

FACTS = (
    # ---- our own work ----
    FindingKind(
        "archive_address",
        ValueType.TEXT,
        "s3://bucket/a/b",
        "the address of the original in the archive",
        headers=names("archive address, archive url, archive path, archived at"),
        origin=Origin.OWN,
    ),
    FindingKind(
        "status",
        ValueType.TEXT,
        "done",
        "how the document was read",
        headers=names("read status, ocr status, ingest status, processing status"),
        possible_headers=names("status"),
        origin=Origin.OWN,
    ),
    FindingKind(
        "confidence",
        ValueType.SHARE,
        "0.95",
        "the confidence of the least certain finding",
        headers=names("confidence, ocr confidence, read confidence"),
        origin=Origin.OWN,
    ),
    FindingKind(
        "sha256",
        ValueType.CODE,
        "0" * 64,
        "the SHA-256 of the original",
        headers=names("sha256, file sha256, file hash"),
        possible_headers=names("checksum, hash"),
        origin=Origin.OWN,
    ),
    FindingKind(
        "processed_at",
        ValueType.DATE,
        "2026-03-31T10:00:00",
        "when the document was processed",
        headers=names("processed at, processed on, read at, ocr date"),
        origin=Origin.STAMP,
    ),
    FindingKind(
        "run_id",
        ValueType.CODE,
        "20260331-100000-abcd",
        "the run that processed the document",
        headers=names("run id, ingest run"),
        origin=Origin.STAMP,
    ),
    # ---- facts about the document ----
    FindingKind(
        "pages",
        ValueType.COUNT,
        "3",
        "the number of pages",
        headers=names("pages, page count, number of pages"),
        origin=Origin.FACT,
    ),
    FindingKind(
        "media_type",
        ValueType.TEXT,
        "application/pdf",
        "the media type",
        headers=names("media type, mime type, content type"),
        origin=Origin.FACT,
    ),
    FindingKind(
        "text",
        ValueType.LONG_TEXT,
        "a long text",
        "the text of the document",
        headers=names("document text, ocr text, full text, file text"),
        possible_headers=names("text"),
        origin=Origin.FACT,
    ),
    FindingKind(
        "provenance",
        ValueType.LONG_TEXT,
        "{}",
        "all facts about our own work, as JSON in one TEXT column",
        headers=names("provenance"),
        origin=Origin.OWN,
    ),
)
"""Facts about our own work, and about the document as a file."""
