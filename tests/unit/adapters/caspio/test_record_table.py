import pytest

from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.record_table import CaspioRecordTable


@pytest.mark.parametrize(
    ("value", "can_find"),
    [("A-17", True), (17, True), ("bell \x07", False), ("half \ud83d", False), ("ж" * 400, False)],
)
def test_a_key_is_asked_for_only_if_an_address_can_hold_it(value: str | int, *, can_find: bool):
    """A control character or more than an address has room for is known before a call."""
    with CaspioClient(url="https://example.invalid", client_id="i", client_secret="s") as client:
        table = CaspioRecordTable(client, "Orders", is_view=False)

        assert table.can_find({"Code": value}, ["Title"]) is can_find
