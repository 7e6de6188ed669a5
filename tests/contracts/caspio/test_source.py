"""What every FileSource promises."""

from dataclasses import replace

import pytest

from pipeline.errors import FileGone
from pipeline.model import FileRef, IndexTable, Place, RecordRef, RecordWork, SourceSpec
from tests.contracts.caspio.accounts import Account

PAPERS = SourceSpec(
    "papers",
    table="Papers",
    columns={"DocType": "doc_type", "Total": "total"},
    reprocess_column="Again",
)
FOLDER = SourceSpec(
    "inbox",
    folder="/In",
    columns={"DocType": "doc_type"},
    index=IndexTable("Index", "Path"),
    reprocess_column="Again",
)


def listed(account: Account, spec: SourceSpec) -> list[RecordWork]:
    """Return everything that a source lists."""
    return [work for page in account.source.pages(spec) for work in page]


def ref_of(account: Account, name: str, spec: SourceSpec = PAPERS) -> FileRef:
    """Return the reference of a file by its name."""
    refs = {ref.name: ref for work in listed(account, spec) for ref in work.files}
    return refs[name]


def content(account: Account, ref: FileRef) -> bytes:
    """Return the bytes of a file."""
    with account.source.open(ref) as download:
        return b"".join(download.chunks)


def test_every_record_with_a_file_is_listed(account: Account):
    """Records come in order with the values of the mapped columns.

    One without a file is left out.
    """
    works = listed(account, PAPERS)

    assert [(work.source, work.record, dict(work.values)) for work in works] == [
        ("papers", RecordRef("Papers", "1"), {"DocType": "receipt", "Total": 12.5}),
        ("papers", RecordRef("Papers", "2"), {"DocType": "invoice", "Total": None}),
    ]


def test_a_reference_says_where_a_file_is(account: Account):
    """An attachment has its field, a file of a FILE field its path as well.

    Both have name and size.
    """
    attachment, file = ref_of(account, "one.txt"), ref_of(account, "two.txt")

    assert (attachment.place, attachment.field, attachment.path) == (Place.ATTACHMENT, "Scan", None)
    assert (file.place, file.field, file.path) == (Place.FILE, "File", "/In/two.txt")
    assert (attachment.size_bytes, file.size_bytes) == (3, 3)
    assert (attachment.container, file.container) == ("Papers", "Papers")


def test_listing_again_shows_the_same_versions(account: Account):
    """A file that nobody has touched keeps its version."""
    assert listed(account, PAPERS) == listed(account, PAPERS)


def test_a_replaced_file_is_another_version(account: Account):
    """A new file in the same field has the same place, and another version."""
    before = ref_of(account, "one.txt")

    account.attach("1", "one.txt", b"something else")
    after = ref_of(account, "one.txt")

    assert after.location_key == before.location_key
    assert after.version != before.version


def test_named_records_are_listed_as_they_are_now(account: Account):
    """Only the named records come, with their current values.

    Those without a file or gone are left out.
    """
    account.edit("Papers", "2", DocType="bill")

    works = account.source.records(PAPERS, ["2", "3", "99"])

    assert [(work.record, work.values["DocType"]) for work in works] == [
        (RecordRef("Papers", "2"), "bill")
    ]


def test_a_folder_lists_its_files(account: Account):
    """Files of the folder come in order of path, each with the row that has its path.

    A row with a FILE field and every mapped column comes before one of the index table.
    """
    works = listed(account, FOLDER)

    assert [(work.files[0].path, work.record, dict(work.values)) for work in works] == [
        ("/In/loose.txt", None, {}),
        ("/In/three.txt", RecordRef("Index", "5"), {"DocType": "memo"}),
        ("/In/two.txt", RecordRef("Papers", "2"), {"DocType": "invoice"}),
    ]
    assert {work.files[0].place for work in works} == {Place.FOLDER}


def test_named_paths_outside_the_folder_are_left_out(account: Account):
    """With `matching`, a path that is not in the folder is not of the source.

    `/Inner` is not in `/In`.
    """
    works = account.source.records(FOLDER, ["/In/two.txt", "/Inner/four.txt"], matching=True)

    assert [work.files[0].path for work in works] == ["/In/two.txt"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (PAPERS, {"2": RecordRef("Papers", "2"), "3": RecordRef("Papers", "3")}),
        (FOLDER, {"/In/three.txt": RecordRef("Index", "5")}),
        (replace(PAPERS, reprocess_column=None), {}),
    ],
    ids=["table", "folder", "none"],
)
def test_reprocess_requests_are_found(
    spec: SourceSpec, expected: dict[str, RecordRef], account: Account
):
    """Rows whose reprocess column is Yes come by PK_ID, for a folder by path."""
    assert account.source.reprocess_requests(spec) == expected


@pytest.mark.parametrize(("name", "data"), [("one.txt", b"one"), ("two.txt", b"two")])
def test_the_bytes_of_a_file_can_be_read(name: str, data: bytes, account: Account):
    """An attachment and a file of the Files area are opened alike."""
    assert content(account, ref_of(account, name)) == data


def test_a_file_that_is_gone_is_reported(account: Account):
    """Opening what is no longer there raises FileGone, for both kinds of file."""
    attachment, file = ref_of(account, "one.txt"), ref_of(account, "two.txt")
    account.target.delete_file("/In/two.txt")
    gone = replace(attachment, record=RecordRef("Papers", "99"))

    for ref in (gone, file):
        with pytest.raises(FileGone):
            content(account, ref)
