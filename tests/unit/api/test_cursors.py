import pytest
from hypothesis import given, strategies as st

from flows.agents.tools.tool import Refusal
from flows.api.cursors import Cursors

CURSORS = Cursors(b"k" * 32)
LISTING = {"table": "Receipts", "page_size": 50}


@pytest.mark.parametrize("cursor", ["2", ">17", ">999999999999999999"])
def test_a_cursor_continues_its_own_listing(cursor: str):
    """What was sealed is opened again, with the cursor itself among the arguments."""
    sealed = CURSORS.seal("list", LISTING, cursor)

    assert CURSORS.open("list", {**LISTING, "cursor": sealed}, sealed) == cursor


@pytest.mark.parametrize(
    ("cursors", "tool", "arguments"),
    [
        (Cursors(b"o" * 32), "list", LISTING),
        (CURSORS, "other", LISTING),
        (CURSORS, "list", {**LISTING, "table": "Private"}),
        (CURSORS, "list", {**LISTING, "page_size": 51}),
        (CURSORS, "list", {}),
    ],
)
def test_a_cursor_is_of_one_listing_of_one_account(cursors: Cursors, tool: str, arguments: dict):
    """Another account, tool, table or size of pages refuses it."""
    sealed = CURSORS.seal("list", LISTING, ">17")

    with pytest.raises(Refusal):
        cursors.open(tool, arguments, sealed)


@given(st.text(max_size=300))
def test_nobody_else_makes_a_cursor(text: str):
    """Whatever a client sends in its place is refused."""
    with pytest.raises(Refusal):
        CURSORS.open("list", LISTING, text)


@given(st.data())
def test_a_changed_cursor_is_refused(data: st.DataObject):
    """One other character makes it invalid, wherever it is, unless it is the same bytes."""
    sealed = CURSORS.seal("list", LISTING, ">17")
    place = data.draw(st.integers(0, len(sealed) - 2))
    other = data.draw(st.sampled_from("AZaz09-_").filter(lambda c: c != sealed[place]))

    with pytest.raises(Refusal):
        CURSORS.open("list", LISTING, sealed[:place] + other + sealed[place + 1 :])
