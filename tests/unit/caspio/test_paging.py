import pytest

from pipeline.adapters.caspio import CaspioClient
from pipeline.adapters.caspio.files import ListingChanged
from pipeline.errors import ServiceUnavailable

from .conftest import Script, reply


def rows(first: int, count: int) -> dict[str, object]:
    """Make a page of records."""
    return {"Result": [{"PK_ID": first + n} for n in range(count)]}


def files(first: int, count: int, total: int | None) -> dict[str, object]:
    """Make a page of files."""
    items = [{"Name": f"f{first + n}", "ExternalKey": f"k{first + n}", "Size": 1} for n in range(count)]
    return {"Result": items} | ({} if total is None else {"Pagination": {"TotalCount": total}})


def test_records_go_on_behind_the_last(client: CaspioClient, script: Script) -> None:
    """Each page is asked for behind the last PK_ID seen, and a short page is the end."""
    script.replies = [reply(200, rows(1, 1000)), reply(200, rows(5000, 3))]

    pages = list(client.tables.record_pages("T", condition="A = 1"))

    assert [len(page) for page in pages] == [1000, 3]
    assert "PK_ID > 1000" in script.seen[1].url.params["q.where"]
    assert script.seen[1].url.params["q.orderBy"] == "PK_ID"
    assert {"q.pageNumber", "q.pageSize"}.isdisjoint(script.seen[1].url.params)


@pytest.mark.parametrize("second", [rows(1, 1000), rows(1000, 5), rows(900, 5), {"Result": [{"A": 1}]}])
def test_page_that_does_not_go_on_is_refused(client: CaspioClient, script: Script, second: dict[str, object]) -> None:
    """A page that repeats records, or hides which they are, ends the listing with an error instead of a loop."""
    script.replies = [reply(200, rows(1, 1000)), reply(200, second)]

    with pytest.raises(ServiceUnavailable, match="1000"):
        list(client.tables.record_pages("T"))


def test_files_are_listed_to_the_total(client: CaspioClient, script: Script) -> None:
    """Pages go on until as many files came as were reported, and no further call is made."""
    script.replies = [reply(200, files(0, 1000, 2000)), reply(200, files(1000, 1000, 2000))]

    assert sum(map(len, client.files.pages())) == 2000
    assert script.seen[0].url.params["pageSize"] == "1000"


@pytest.mark.parametrize(
    "pages",
    [
        [files(0, 1000, 1500), files(0, 500, 1500)],
        [files(0, 1000, 1500), files(1000, 0, 1500)],
        [files(0, 1000, 1500), files(1000, 600, 1500)],
    ],
)
def test_listing_that_changed_is_refused(client: CaspioClient, script: Script, pages: list[dict[str, object]]) -> None:
    """Repeated, missing or surplus files are noticed: a listing is whole or an error."""
    script.replies = [reply(200, page) for page in pages]

    with pytest.raises(ListingChanged):
        list(client.files.pages())


def test_listing_without_a_total_ends_with_a_short_page(client: CaspioClient, script: Script) -> None:
    """Where no total is reported, a page that is not full is the last."""
    script.replies = [reply(200, files(0, 1000, None)), reply(200, files(1000, 2, None))]

    assert sum(map(len, client.files.pages())) == 1002
