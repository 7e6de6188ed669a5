from collections.abc import Callable

import pytest

from pipeline.adapters.caspio.client import CaspioClient, NewField, Query
from pipeline.adapters.caspio.client.where import Clause

ANY = Clause("  ")


def client() -> CaspioClient:
    """Make a client as a script would: nothing is sent before something is asked."""
    return CaspioClient(url="https://abc12345.caspio.com", client_id="id", client_secret="hush")


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 5, "page": 1},
        {"limit": 5, "page_size": 9},
        {"limit": 1001},
        {"limit": 0},
        {"page_size": 4},
        {"page": 0},
    ],
)
def test_query_that_caspio_would_ignore_or_refuse_is_not_made(wrong: dict[str, int]) -> None:
    """A limit beside pages, and a number out of range, are refused before they cost a call."""
    with pytest.raises(ValueError, match=r"limit|page"):
        Query(**wrong)  # type: ignore[arg-type]  # numbers alone are given


def test_query_sends_what_is_given_alone() -> None:
    """What a query leaves open is not sent, so that Caspio's defaults hold."""
    assert Query(select="A", limit=3).parameters() == {"q.select": "A", "q.limit": "3"}


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_name_that_changes_the_address_is_refused(name: str) -> None:
    """No name makes a call that of another operation.

    Deleting event ".." would delete the webhook.
    """
    with client() as made, pytest.raises(ValueError, match="eventId"):
        made.webhooks.delete_event("w1", name)


def test_empty_condition_is_refused() -> None:
    """No write is made that names no record, whatever Caspio would make of it."""
    with client() as made:
        for write in (
            lambda: made.tables.update("T", {"A": 1}, condition=ANY),
            lambda: made.tables.delete("T", condition=ANY),
            lambda: made.tables.remove_attachments("T", "F", condition=ANY),
            lambda: made.tables.rename_attachments("T", "F", "n", condition=ANY),
            lambda: made.tables.set_password("T", "P", "p", condition=ANY),
            lambda: made.tables.reset_password("T", "P", condition=ANY),
            lambda: made.directories.update("d", {"A": 1}, condition=ANY),
            lambda: made.directories.delete("d", condition=ANY),
        ):
            with pytest.raises(ValueError, match="PK_ID > 0"):
                write()


def test_change_of_nothing_is_refused() -> None:
    """A change that names nothing to change is not sent."""
    with client() as made:
        for change in (
            lambda: made.tables.update_field("T", "A"),
            lambda: made.webhooks.update("w1"),
        ):
            with pytest.raises(ValueError, match="at least one property"):
                change()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda made: made.call("GetTabel"), "no operation"),
        (lambda made: made.call("GetTable"), "tableName is missing"),
        (lambda made: made.call("DownloadFileByKey", {"externalKey": "k"}), "open it with `open`"),
        (lambda made: made.open("GetTable", {"tableName": "T"}), "make it with `call`"),
    ],
)
def test_operation_by_name_is_checked_before_it_is_sent(
    make: Callable[[CaspioClient], object], said: str
) -> None:
    """A call by name that cannot be made so is refused, with what is wrong about it."""
    with client() as made, pytest.raises(ValueError, match=said):
        make(made)


def test_new_field_has_what_is_set_alone() -> None:
    """A new field's body names its type, and the options that were given."""
    assert NewField("A", "STRING").as_json() == {"Name": "A", "Type": "STRING"}
