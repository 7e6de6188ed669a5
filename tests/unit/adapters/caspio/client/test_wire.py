import pytest

from pipeline.adapters.caspio.client.errors import InDoubt, Refused
from pipeline.adapters.caspio.client.wire import account as wire_account, records as wire
from pipeline.adapters.caspio.client.wire.payload import Payload
from pipeline.adapters.caspio.client.wire.records import FileInfo, StoredFile


def payload(value: object) -> Payload:
    """Wrap an answer."""
    return Payload(value, what="GET /v3/x")


@pytest.mark.parametrize(
    ("name", "kind", "full"),
    [
        ("scan", "pdf", "scan.pdf"),
        ("scan", ".pdf", "scan.pdf"),
        ("scan.pdf", "pdf", "scan.pdf"),
        ("scan.PDF", "pdf", "scan.PDF"),
        ("scan.pdf", ".pdf", "scan.pdf"),
        ("scan.old", "pdf", "scan.old.pdf"),
        ("scan", "", "scan"),
        ("scanpdf", "pdf", "scanpdf.pdf"),
    ],
)
def test_full_name_has_its_extension_once(name: str, kind: str, full: str) -> None:
    """Name and extension are joined, however the account stores them."""
    assert FileInfo("1", name, kind, 1, "", "").full_name == full


def test_file_info_tolerates_what_is_not_documented() -> None:
    """A row without a file, a PK_ID as text and missing dates are all read."""
    rows = [
        {
            "PK_ID": 1,
            "FileName": None,
            "FileType": None,
            "Size": None,
            "DateCreated": None,
            "DateUpdated": None,
        },
        {
            "PK_ID": "2,3",
            "FileName": "a",
            "FileType": "pdf",
            "Size": 5,
            "DateCreated": "1/12/2022 7:15:18 AM",
        },
    ]

    empty, full = wire.file_infos(payload({"Result": rows}))

    assert empty.is_empty
    assert (full.pk, full.full_name, full.listed_date) == ("2,3", "a.pdf", "1/12/2022 7:15:18 AM")


@pytest.mark.parametrize(
    ("answer", "member"),
    [
        ({"Result": [{"PK_ID": True}]}, r"Result\[0\].PK_ID"),
        ({"Result": [{"PK_ID": 1, "Size": "12"}]}, r"Result\[0\].Size"),
        ({"Result": {}}, "Result"),
        ([], "the answer"),
    ],
)
def test_unexpected_shape_names_the_member(answer: object, member: str) -> None:
    """An answer of another shape is an error that says where."""
    with pytest.raises(Refused, match=member):
        wire.file_infos(payload(answer))


def test_record_values_are_scalars() -> None:
    """A LIST field's object becomes its texts; PK_ID is apart."""
    (record,) = wire.records(
        payload({"Result": [{"PK_ID": 4, "Tags": {"1": "a", "9": "b"}, "N": None}]})
    )

    assert (record.pk, dict(record.values)) == ("4", {"Tags": "a, b", "N": None})


def test_list_items_keep_their_numbers() -> None:
    """A LIST field's choices are read with their numbers, as object or as array."""
    (record,) = wire.records(payload({"Result": [{"PK_ID": 4, "Tags": {"9": "b"}, "More": ["x"]}]}))

    assert record.lists == {"Tags": {"9": "b"}, "More": {"1": "x"}}


@pytest.mark.parametrize("wrapped", [False, True])
def test_webhook_is_read_bare_or_wrapped_and_keeps_its_secret(*, wrapped: bool) -> None:
    """A webhook is understood in both ways it was seen to come; its secret is never printed."""
    answer: object = {
        "Id": "w1",
        "Name": "W",
        "Secret": "canary-secret",
        "OutgoingUrls": ["https://x"],
    }
    answer = {"Result": answer} if wrapped else answer

    webhook = wire_account.webhook(wire_account.one(payload(answer)))

    assert webhook.secret is not None
    assert webhook.secret.reveal() == "canary-secret"
    assert "canary" not in f"{webhook!r} {webhook}"


@pytest.mark.parametrize("answer", [[{"Id": "w1"}], {"Result": [{"Id": "w1"}]}])
def test_list_is_read_bare_or_wrapped(answer: object) -> None:
    """A list of webhooks is understood in both ways it was seen to come."""
    assert [wire_account.webhook(one).id for one in wire_account.many(payload(answer))] == ["w1"]


def test_answer_without_a_body_has_no_rows() -> None:
    """An insert may answer with nothing."""
    assert wire.records(payload(None)) == ()


def test_upload_answers_are_read_in_both_shapes() -> None:
    """Adding answers with a list, replacing with one object."""
    assert wire.uploaded(payload({"Result": [{"Name": "a"}]})) == (StoredFile("a", ""),)
    assert wire.uploaded(payload({"Result": {"Name": "a"}})) == (StoredFile("a", ""),)


@pytest.mark.parametrize(
    ("name", "kind", "size", "full"),
    [
        ("", "pdf", 10, ".pdf"),
        ("", "hidden", None, ".hidden"),
        ("", "", 0, ""),
        (".env", "", 3, ".env"),
    ],
)
def test_a_file_without_a_base_name_is_a_file(
    name: str, kind: str, size: int | None, full: str
) -> None:
    """A row with an extension or a size has a file, such as ".pdf"."""
    info = FileInfo("1", name, kind, size, "", "")

    assert (info.is_empty, info.full_name) == (False, full)


@pytest.mark.parametrize(
    "answer", [None, {}, {"RecordsAffected": None}, {"RecordsAffected": True}, [], "done"]
)
def test_a_write_whose_answer_says_nothing_is_in_doubt(answer: object) -> None:
    """It was answered well: to call it refused would be a guess. A question can be asked again."""
    with pytest.raises(InDoubt, match="Look whether it took effect"):
        wire.affected(Payload(answer, what="updating record 1", is_write=True))
    with pytest.raises(Refused):
        wire.affected(payload(answer))


def test_an_update_whose_rows_cannot_be_read_is_in_doubt() -> None:
    """The count alone would say that it was made; which row it was, nobody knows."""
    answer = {"RecordsAffected": 1, "Result": [{"PK_ID": {"no": "key"}}]}

    with pytest.raises(InDoubt):
        wire.affected(Payload(answer, what="updating record 1", is_write=True))
