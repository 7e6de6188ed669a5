from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.source import CaspioFileSource
from pipeline.errors import BadSettings, FileGone
from pipeline.model import IndexTable, Place, RecordWork, SourceSpec
from tests.fakes.clock import FakeClock

from .conftest import Connect, Start

pytestmark = pytest.mark.integration

RECORDS = "GET /v3/tables/{tableName}/records"
FILE_INFO = "GET /v3/tables/{tableName}/attachments/{attachmentFieldName}/fileInfo"
FIELDS = [
    {"Name": "Scan", "Type": "ATTACHMENT"},
    {"Name": "Path", "Type": "FILE"},
    {"Name": "Company", "Type": "STRING"},
]
DATA = {"a.pdf": b"A" * 10, "b.pdf": b"B" * 20}


def account(records: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Make an account with one table."""
    return {"tables": {"Docs": {"fields": FIELDS, "records": records}}, **more}


def listed(client: CaspioClient, spec: SourceSpec, folder: Path) -> list[RecordWork]:
    """List a source to its end."""
    source = CaspioFileSource(client, folder, FakeClock())
    return [work for page in source.pages(spec) for work in page]


def spec(**more: Any) -> SourceSpec:
    """Make a source of the one table."""
    return SourceSpec(name="docs", table="Docs", columns={"Company": "company"}, **more)


@pytest.fixture
def scattered(start: Start, connect: Connect) -> tuple[Any, CaspioClient]:
    """Start an account with 1,500 records whose PK_IDs lie far apart, each with an attachment."""
    records = [{"PK_ID": n * 5000, "Scan": "a.pdf", "Company": f"C{n % 2}"} for n in range(1, 1501)]
    emulator = start(account(records), DATA)
    return emulator, connect(emulator)


def test_every_record_comes_once_for_two_calls_a_page(
    scattered: tuple[Any, CaspioClient], tmp_path: Path
) -> None:
    """A page of records with one attachment field costs two calls, whatever its PK_IDs."""
    emulator, client = scattered

    works = listed(client, spec(fields=("Scan",)), tmp_path)

    assert [work.record.pk for work in works if work.record] == [
        str(n * 5000) for n in range(1, 1501)
    ]
    assert {work.files[0].name for work in works} == {"a.pdf"}
    assert (emulator.control.calls()[RECORDS], emulator.control.calls()[FILE_INFO]) == (2, 2)


def test_condition_costs_no_more_calls(scattered: tuple[Any, CaspioClient], tmp_path: Path) -> None:
    """A source's condition goes along with the range, so that a sparse page is still two calls."""
    emulator, client = scattered

    works = listed(
        client, spec(fields=("Scan",), where="Company = 'C1' OR Company = 'x'"), tmp_path
    )

    assert len(works) == 750
    assert (emulator.control.calls()[RECORDS], emulator.control.calls()[FILE_INFO]) == (1, 1)


@pytest.mark.parametrize(
    "quirk",
    [
        {"fileinfo_filename": "with-extension"},
        {"fileinfo_filetype": "with-dot"},
        {"fileinfo_empty_rows": "null-rows"},
        {"attachment_column": "absent"},
        {"fileinfo_row_cap": 1000},
    ],
)
def test_undocumented_behavior_changes_nothing(
    start: Start, connect: Connect, tmp_path: Path, quirk: dict[str, Any]
) -> None:
    """However an account words its fileInfo, the same files are listed under the same names."""
    records = [{"PK_ID": n, "Scan": "a.pdf"} if n % 2 else {"PK_ID": n} for n in range(1, 1200)]
    client = connect(start(account(records), DATA, **quirk))

    works = listed(client, spec(), tmp_path)

    assert [work.record.pk for work in works if work.record] == [str(n) for n in range(1, 1200, 2)]
    assert {(file.name, file.size_bytes) for work in works for file in work.files} == {
        ("a.pdf", 10)
    }


def test_capped_file_infos_are_asked_for_in_halves(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    """An answer that stops at a sibling's default number is not treated as the whole."""
    client = connect(
        start(
            account([{"PK_ID": n, "Scan": "a.pdf"} for n in range(1, 301)]),
            DATA,
            fileinfo_row_cap=100,
        )
    )

    assert len(listed(client, spec(), tmp_path)) == 300


def test_file_fields_are_found_by_path_alike_one_by_one_and_by_folder(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    """A file is the same version whether it was looked up alone or its folder was listed."""
    paths = [f"/In/{n}.pdf" for n in range(60)]
    records = [{"PK_ID": n + 1, "Path": path} for n, path in enumerate(paths)]
    emulator = start(account(records, files=dict.fromkeys(paths, "b.pdf")), DATA)
    client = connect(emulator)
    works = listed(client, spec(), tmp_path)
    calls = emulator.control.calls()

    (one,) = CaspioFileSource(client, tmp_path, FakeClock()).records(spec(), ["7"])

    assert one == works[6]
    assert (one.files[0].place, one.files[0].path, one.files[0].size_bytes) == (
        Place.FILE,
        "/In/6.pdf",
        20,
    )
    assert calls["GET /v3/files"] == 1
    assert "GET /v3/files/path/fileInfo" not in calls


@pytest.mark.parametrize("view_pk", ["text", "number"])
def test_view_is_listed_whole(start: Start, connect: Connect, tmp_path: Path, view_pk: str) -> None:
    """A view with more than a page comes whole, in whichever order its PK_IDs are compared."""
    records = [{"PK_ID": n, "Scan": "a.pdf"} for n in range(1, 1301)]
    emulator = start(
        account(records, views={"V": {"table": "Docs", "where": "PK_ID > 50"}}),
        DATA,
        view_pk=view_pk,
    )
    view = SourceSpec(name="v", view="V")

    works = listed(connect(emulator), view, tmp_path)

    assert sorted(int(work.record.pk) for work in works if work.record) == list(range(51, 1301))
    assert all(work.record.is_view for work in works if work.record)


def test_named_records_are_returned_as_they_are(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    """Asked for by PK_ID, records come with their files, and missing ones are left out."""
    client = connect(start(account([{"PK_ID": n, "Scan": "a.pdf"} for n in (1, 90000, 7)]), DATA))

    works = CaspioFileSource(client, tmp_path, FakeClock()).records(spec(), ["90000", "1", "555"])

    assert {work.record.pk for work in works if work.record} == {"1", "90000"}


def test_folder_is_walked_and_each_file_finds_its_row(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    """Files below a folder come once, with the lowest row that has the path, or the index row."""
    paths = ["/In/a.pdf", "/In/Sub/b.pdf", "/In/c.pdf", "/Else/d.pdf"]
    made = account(
        [{"PK_ID": 9, "Path": "/In/a.pdf"}, {"PK_ID": 4, "Path": "/in/A.pdf", "Company": "low"}],
        files=dict.fromkeys(paths, "a.pdf"),
    )
    index = [{"Name": "Where", "Type": "STRING"}, {"Name": "Company", "Type": "STRING"}]
    made["tables"]["Idx"] = {
        "fields": index,
        "records": [{"PK_ID": n, "Where": p} for n, p in enumerate(paths[:2], 2)],
    }
    client = connect(start(made, DATA))
    folder = SourceSpec(
        name="f", folder="/In", columns={"Company": "company"}, index=IndexTable("Idx", "Where")
    )

    works = listed(client, folder, tmp_path)

    found = {
        work.files[0].path: work.record and (work.record.container, work.record.pk)
        for work in works
    }
    assert found == {"/In/a.pdf": ("Docs", "4"), "/In/Sub/b.pdf": ("Idx", "3"), "/In/c.pdf": None}
    again = CaspioFileSource(client, tmp_path, FakeClock()).records(
        folder, [*found, "/In/gone.pdf"]
    )
    assert list(again) == sorted(works, key=lambda work: list(found).index(work.files[0].path))


def test_all_contradictions_are_listed_together(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    """Unknown fields and columns stop the start, each with what may be meant."""
    client = connect(start(account([]), DATA))
    wrong = SourceSpec(
        name="w", table="Docs", fields=("Scam", "Company"), columns={"Compny": "company"}
    )

    with pytest.raises(BadSettings) as caught:
        listed(client, wrong, tmp_path)

    assert len(caught.value.problems) == 3
    assert "'Scan'" in str(caught.value)
    assert "'Company'" in str(caught.value)


@pytest.mark.parametrize("place", [{"table": "Dogs"}, {"view": "Docs"}, {"folder": "/Inn"}])
def test_unknown_container_is_a_problem_of_the_settings(
    start: Start, connect: Connect, tmp_path: Path, place: dict[str, str]
) -> None:
    """A table, view or folder that is not there stops the start."""
    client = connect(start(account([], files={"/In/a.pdf": "a.pdf"}), DATA))

    with pytest.raises(BadSettings):
        listed(client, SourceSpec(name="w", **place), tmp_path)  # type: ignore[arg-type]


def test_bytes_stream_with_their_declared_length(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    """Attachments and Files-area files open alike."""
    client = connect(
        start(
            account([{"PK_ID": 1, "Scan": "a.pdf", "Path": "/b.pdf"}], files={"/b.pdf": "b.pdf"}),
            DATA,
        )
    )
    source = CaspioFileSource(client, tmp_path, FakeClock())
    (work,) = listed(client, spec(), tmp_path)

    for ref, size in zip(work.files, (10, 20), strict=True):
        with source.open(ref) as download:
            assert len(b"".join(download.chunks)) == size == download.declared_bytes


def test_file_that_went_away_is_gone(start: Start, connect: Connect, tmp_path: Path) -> None:
    """A path whose file was deleted is listed without a size and found gone when opened."""
    client = connect(start(account([{"PK_ID": 1, "Path": "/nope.pdf"}]), DATA))
    (work,) = listed(client, spec(), tmp_path)

    with (
        pytest.raises(FileGone),
        CaspioFileSource(client, tmp_path, FakeClock()).open(work.files[0]),
    ):
        pass

    assert work.files[0].size_bytes is None
