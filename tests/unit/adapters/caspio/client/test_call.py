import httpx
import pytest

from pipeline.adapters.caspio.client.http.answers import declared_bytes
from pipeline.adapters.caspio.client.http.request import Call, encoded
from pipeline.adapters.caspio.client.operations import OPERATIONS


def test_names_are_encoded() -> None:
    """A name with a slash, a blank or braces stays one segment of the path."""
    call = Call(OPERATIONS["GetTableField"], {"tableName": "A/b c?{fieldName}", "fieldName": "F"})

    assert call.target == "/integrations/rest/v3/tables/A%2Fb%20c%3F%7BfieldName%7D/fields/F"


def test_query_is_encoded() -> None:
    """A condition arrives as it was written, and takes no more room than it must."""
    call = Call(
        OPERATIONS["ListTableRecords"], {"tableName": "T"}, {"q.where": "A = 'x&y' + 50%, ü"}
    )

    assert httpx.URL(f"https://x{call.target}").params["q.where"] == "A = 'x&y' + 50%, ü"
    assert encoded("a,b(c)") == "a,b(c)"


def test_call_does_not_show_its_body() -> None:
    """A body may be a password, so it shows in no representation."""
    call = Call(OPERATIONS["CreateTableRecord"], {"tableName": "T"}, json={"P": "hush"})

    assert "hush" not in f"{call!r} {call.what}"


@pytest.mark.parametrize(
    ("headers", "declared"),
    [
        ({"Content-Length": "3"}, 3),
        ({"Content-Length": "3", "Content-Encoding": "gzip"}, None),
        ({}, None),
        ({"Content-Length": "x"}, None),
        ({b"Content-Length": "²".encode("latin-1")}, None),
        ({"Content-Length": "9" * 5000}, None),
    ],
)
def test_declared_length_counts_what_is_handed_on(
    headers: dict[str, str] | dict[bytes, bytes], declared: int | None
) -> None:
    """A compressed body's Content-Length counts other bytes, so it is not passed on."""
    assert declared_bytes(httpx.Headers(headers)) == declared
