"""Four receipts, and how tests of `verify` count what differs."""

from flows.app.verify import Verified
from tests.integration.pipeline.accounts import Source

RENAME = "{{ doc_type }} {{ total }}"
SOURCE = Source(
    rename=RENAME, columns={"DocType": "doc_type", "Total": "total"}, more='overwrite = "ours"'
)
PLAIN = Source(rename="", columns={"DocType": "doc_type", "Total": "total"})


def document(number: int) -> bytes:
    """Return a document that the fake reader understands."""
    return f"doc_type=receipt\ntotal={number}.50".encode()


FILES = {f"scan{number}.txt": document(number) for number in range(1, 5)}


def kinds(report: Verified) -> dict[str, int]:
    """Return differences by kind."""
    return {kind.value: number for kind, number in report.counts.items()}
