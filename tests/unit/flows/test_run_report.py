from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from flows.app.run_report import Report
from flows.app.wiring import AppContext
from flows.prefect.ui.report import MOST_PICTURES_BYTES, MOST_SHOWN, archive_link, run_report
from pipeline.archive_layout import document_prefix
from pipeline.metering.budget import Spending
from pipeline.metering.summary import Summary
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status, ValueCounts
from pipeline.settings import Settings, load_settings
from pipeline.settings.sections import ArchiveSettings
from tests.fakes.archive import MemoryArchive
from tests.fakes.ledger import MemoryLedger

SETTINGS = """
[caspio]
url = "https://abc12345.caspio.com"
monthly_calls = 1000
[[sources]]
name = "receipts"
table = "Receipts"
"""
Show = Callable[..., str]


class _Parts:
    def __init__(self, archive: MemoryArchive) -> None:
        self.archive = archive


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a month's budget."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    (tmp_path / "caspio-ingest.toml").write_text(SETTINGS)
    return load_settings(tmp_path / "caspio-ingest.toml")


@pytest.fixture
def archive() -> MemoryArchive:
    """An archive without pictures."""
    return MemoryArchive()


@pytest.fixture
def show(settings: Settings, archive: MemoryArchive) -> Show:
    """Return the report of a run that came to these outcomes and of whose month 100 calls are used."""
    ledger = MemoryLedger()
    ledger.usage.spend(settings.caspio.account, "new", calls=100, size_bytes=0)
    spending = Spending(ledger, settings.caspio.account, settings.caspio.allowance)

    def shown(outcomes: Sequence[Outcome], **more: object) -> str:
        summary = Summary("20261124-120000-abcdef01", **more)  # type: ignore[arg-type]
        for outcome in outcomes:
            summary.add(outcome)
        document = summary.as_json(
            calls={"GET /v3/tables": 7}, seconds=4.0, stages={"read": 6.25, "fetch": 1}
        )
        report = Report(
            document,
            summary.failed,
            summary.planned,
            tuple(summary.shown()),
            tuple(summary.slowest),
        )
        context = AppContext(settings, _Parts(archive), None, spending)  # type: ignore[arg-type]
        return run_report("receipts", report, context)

    return shown


def outcome(number: int, status: Status = Status.DONE, **more: object) -> Outcome:
    """Return what became of one attachment."""
    name = str(more.pop("name", f"scan{number}.pdf"))
    ref = FileRef(
        "receipts",
        Place.ATTACHMENT,
        "Receipts",
        "Scan",
        RecordRef("Receipts", str(number)),
        name,
        9,
        "",
    )
    return Outcome(ref, status, **more)  # type: ignore[arg-type]


def test_the_report_says_what_was_done_and_what_it_cost(show: Show):
    """Counts, pages a second, seconds by stage, calls of the run, calls used and left in the month."""
    counts = ValueCounts(written=12, suggested=3, left_open=1)
    report = show([outcome(1, pages=6, values=counts), outcome(2, pages=2, values=counts)])

    assert "receipts: 2 done" in report
    assert "| values | 24 written · 6 suggested · 2 left open |" in report
    assert "8, 2.00 a second" in report
    assert "| fetch 1.0 · read 6.2 |" in report
    assert "| Caspio calls | 7 |" in report
    assert "100 of 1,000 used; 800 left for new work" in report


def test_the_report_names_the_runs_that_were_lost(show: Show):
    """Runs that died before this one are named, and otherwise there is no word of them."""
    lost = show([outcome(1)], lost_runs=["20261124-110000-12345678"])

    assert "| lost runs | 20261124-110000-12345678: died;" in lost
    assert "lost runs" not in show([outcome(1)])


def test_problems_are_shown_with_reason_picture_and_place(show: Show, archive: MemoryArchive):
    """A document that needs a user is shown with its first page, its reason and its folder in the archive."""
    failed = outcome(7, Status.CONFLICT, reason="it changed [twice]")
    archive.objects[f"{document_prefix(failed.ref)}/thumbnail.webp"] = b"RIFFpicture"

    report = show([failed, outcome(8)])

    assert '<img width="200" src="data:image/webp;base64,UklGRnBpY3R1cmU=">' in report
    assert r"it changed \[twice\]" in report
    assert "scan8.pdf" not in report
    assert "memory\\:documents\\/receipts\\/7" in report


def test_a_strangers_name_stays_in_its_place(show: Show):
    """A file name with markup, bars and line ends breaks no table and shows nothing from elsewhere."""
    report = show(
        [outcome(1, Status.REJECTED, name="a|b\n![x](https://evil.example/y).pdf", seconds=2.0)]
    )

    heading, row = (line for line in report.splitlines() if "evil" in line)
    assert heading.startswith("#### rejected: Receipts 1, a\\|b ")
    assert row.replace("\\|", "").count("|") == 5
    assert "](https" not in report


def test_pictures_and_rows_are_bounded(show: Show, archive: MemoryArchive):
    """Of a thousand problems twenty are shown, with pictures up to a sum of bytes."""
    failed = [outcome(n, Status.REJECTED, reason="damaged") for n in range(1_000)]
    for one in failed:
        archive.objects[f"{document_prefix(one.ref)}/thumbnail.webp"] = b"x" * 60_000

    report = show(failed)

    assert report.count("#### rejected") == MOST_SHOWN
    assert 0 < report.count("<img") < MOST_SHOWN
    assert len(report) < MOST_PICTURES_BYTES + 20_000
    assert "180 more" in report  # of the 200 that a report is given


def test_a_report_does_without_an_archive(show: Show, archive: MemoryArchive):
    """Where the archive cannot be reached the report has no pictures."""
    archive.down = "gone"

    assert "#### rejected" in show([outcome(1, Status.REJECTED)])


def test_the_slowest_come_first(show: Show):
    """Ten documents are listed by the time their records took."""
    report = show([outcome(n, seconds=float(n)) for n in range(1, 31)])

    times = [
        line.split("|")[1].strip()
        for line in report.split("### Slowest")[1].splitlines()
        if "Receipts" in line
    ]
    assert times == [f"{n}.0" for n in range(30, 20, -1)]


class _Bucket(MemoryArchive):
    def address(self, key: str) -> str:
        return f"s3://bucket/caspio/{key}"


def test_amazons_archive_is_linked_and_others_are_named():
    """A folder in Amazon's S3 opens in its console; of another store or a folder the address is given."""
    amazon = ArchiveSettings(url="s3://bucket/caspio", region="eu-central-1")
    other = ArchiveSettings(url="s3://bucket/caspio", endpoint_url="https://store.example")

    link, address = (archive_link("documents/a b", _Bucket(), one) for one in (amazon, other))

    assert (
        "](https://console.aws.amazon.com/s3/buckets/bucket?prefix=caspio%2Fdocuments%2Fa+b%2F&region=eu"
        in link
    )
    assert "](" not in address
