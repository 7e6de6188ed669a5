"""Listings of more than a page, over a local Caspio that changes meanwhile."""

from pathlib import Path

import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client.areas.files import ListingChanged
from pipeline.adapters.caspio.client.errors import Unavailable

from .conftest import Connect, Start

pytestmark = pytest.mark.integration

FIELDS = [{"Name": "A", "Type": "INTEGER"}]
PKS = [*range(1, 1001), *range(5000, 5003)]


def rows(first: int, count: int) -> dict[str, object]:
    """Make a page of records as no database would give it."""
    return {"Result": [{"PK_ID": first + n} for n in range(count)]}


@pytest.fixture
def records(start: Start) -> Emulator:
    """Start an account with a page of records and three more."""
    return start(
        {"tables": {"T": {"fields": FIELDS, "records": [{"PK_ID": pk, "A": 1} for pk in PKS]}}}
    )


@pytest.fixture
def files(start: Start) -> Emulator:
    """Start an account with eight files in its root."""
    return start({"tables": {}, "files": {f"/f{n}": "f" for n in range(8)}}, {"f": b"f"})


def test_records_go_on_behind_the_last(records: Emulator, connect: Connect) -> None:
    """Each page is asked for behind the last PK_ID seen, and a short page is the end."""
    pages = list(connect(records).tables.record_pages("T", condition="A = 1"))

    assert [len(page) for page in pages] == [1000, 3]
    assert [record.pk for page in pages for record in page] == [str(pk) for pk in PKS]
    second = records.control.call_log()[-1]["query"]
    assert "PK_ID%20%3E%201000" in second
    assert "q.orderBy=PK_ID" in second
    assert "q.page" not in second


def test_records_that_come_and_go_shift_nothing(records: Emulator, connect: Connect) -> None:
    """Records inserted and deleted meanwhile make no other record come twice or never."""
    client = connect(records)
    pages = client.tables.record_pages("T")
    seen = [record.pk for record in next(pages)]

    client.tables.delete("T", condition="PK_ID < 500")  # type: ignore[arg-type]  # a clause written by hand
    client.tables.insert("T", {"A": 2})
    seen += [record.pk for page in pages for record in page]

    assert seen == [*(str(pk) for pk in PKS), "5003"]


@pytest.mark.parametrize(
    "second", [rows(1, 1000), rows(1000, 5), rows(900, 5), {"Result": [{"A": 1}]}]
)
def test_page_that_does_not_go_on_is_refused(
    records: Emulator, connect: Connect, second: dict[str, object]
) -> None:
    """A page that repeats records, or hides which they are, ends the listing with an error."""
    fault = {
        "kind": "status",
        "operation": "ListTableRecords",
        "after": 1,
        "status": 200,
        "body": second,
    }
    records.control.fault(fault)

    with pytest.raises(Unavailable, match="1000"):
        list(connect(records).tables.record_pages("T"))


def test_files_are_listed_to_the_total(files: Emulator, connect: Connect) -> None:
    """Pages go on until as many files came as were reported, and no further call is made."""
    assert [len(page) for page in connect(files).files.pages(size=5)] == [5, 3]
    assert files.control.calls()["GET /v3/files"] == 2
    assert "pageSize=5" in files.control.call_log()[-1]["query"]
    assert "q.pageSize" not in files.control.call_log()[-1]["query"]


def add(emulator: Emulator, folder: Path) -> None:
    """Add a file that comes first in the listing."""
    (folder / "new").write_bytes(b"n")
    emulator.control.replace_file("/a0", folder / "new")


@pytest.mark.parametrize(("adds", "deletes"), [(True, ""), (False, "/f0"), (True, "/f7")])
def test_listing_that_changed_is_refused(
    files: Emulator, connect: Connect, tmp_path: Path, *, adds: bool, deletes: str
) -> None:
    """Repeated, missing or surplus files are noticed, even where as many came as went."""
    client = connect(files)
    pages = client.files.pages(size=5)
    next(pages)

    if adds:
        add(files, tmp_path)
    if deletes:
        client.files.delete(deletes)

    with pytest.raises(ListingChanged):
        list(pages)


def test_listing_without_a_total_ends_with_a_short_page(files: Emulator, connect: Connect) -> None:
    """Where no total is reported, a page that is not full is the last."""
    for number, count in enumerate((5, 2)):
        items = [
            {"Name": f"f{5 * number + n}", "ExternalKey": f"k{5 * number + n}", "Size": 1}
            for n in range(count)
        ]
        files.control.fault(
            {
                "kind": "status",
                "operation": "ListFiles",
                "status": 200,
                "body": {"Result": items},
                "after": number,
            }
        )

    assert sum(map(len, connect(files).files.pages(size=5))) == 7
