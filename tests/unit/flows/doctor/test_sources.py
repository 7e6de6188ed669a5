"""What doctor says of sources that read the same files."""

from typing import cast

import pytest

from flows.doctor.installation import examine_folders, examine_sources, examine_syncs
from pipeline.errors import BadSettings
from pipeline.model import Column
from pipeline.ports import RecordTarget
from pipeline.settings.sources import SourceSettings
from pipeline.settings.syncs import SyncSettings


def _source(name: str, **values: object) -> SourceSettings:
    return SourceSettings.model_validate({"name": name, **values})


@pytest.mark.parametrize(
    ("place", "remedy"),
    [({"table": "Receipts"}, "`where`"), ({"folder": "/In"}, "outside the other's")],
)
def test_files_that_two_sources_read_are_a_warning(place: dict[str, object], remedy: str):
    """It is allowed, so the installation is ready; a folder has no condition."""
    (check,) = examine_sources([_source("one", **place), _source("two", **place)])

    assert check.ok
    assert "both read the files of" in check.detail
    assert remedy in check.remedy


def test_a_paused_source_reads_nothing_twice():
    """Nobody reads its files a second time."""
    paused = _source("two", table="Receipts", paused=True)

    assert list(examine_sources([_source("one", table="Receipts"), paused])) == []


class _Target:
    """An account whose tables have one FILE and one ATTACHMENT field; one table is missing."""

    def columns(self, container: str, *, is_view: bool) -> dict[str, Column]:  # noqa: ARG002 - as the real one
        if container == "Missing":
            raise BadSettings(["no such table"])
        return {"Document": Column("Document", "FILE"), "Scan": Column("Scan", "ATTACHMENT")}


@pytest.mark.parametrize(
    ("place", "warnings"),
    [
        ({"table": "Documents"}, 1),
        ({"view": "Open_Documents", "fields": ["document"]}, 1),
        ({"table": "Documents", "fields": ["Scan"]}, 0),
        ({"table": "Documents", "paused": True}, 0),
        ({"table": "Missing"}, 0),
    ],
)
def test_a_folder_beside_a_file_field_is_a_warning(place: dict[str, object], warnings: int):
    """Its files may be those that the field names; an attachment is in no folder."""
    sources = [_source("records", **place), _source("inbox", folder="/Inbox")]

    checks = list(examine_folders(sources, cast("RecordTarget", _Target())))

    assert [check.ok for check in checks] == [True] * warnings
    assert all("those in /Inbox whose path is in Document" in check.detail for check in checks)


def test_a_file_field_without_a_folder_is_fine():
    """Nothing else reads its files."""
    target = cast("RecordTarget", _Target())

    assert list(examine_folders([_source("records", table="Documents")], target)) == []


@pytest.mark.parametrize(
    ("place", "warnings"),
    [
        ({"view": "Open_Documents"}, 1),
        ({"view": "Open_Documents", "fields": ["Scan"]}, 0),
        ({"view": "Open_Documents", "rename": None}, 0),
        ({"view": "Open_Documents", "paused": True}, 0),
        ({"table": "Documents"}, 0),
    ],
)
def test_names_that_files_of_a_view_never_get_are_a_warning(
    place: dict[str, object], warnings: int
):
    """A template for files that a view's FILE field names does nothing; an attachment is renamed."""
    source = _source("records", **{"rename": "{{ doc_type }}", **place})

    checks = list(examine_folders([source], cast("RecordTarget", _Target())))

    assert [check.ok for check in checks] == [True] * warnings
    assert all("gives no names to the files that Document" in check.detail for check in checks)


class _Views:
    """An account with one view, which calls the flag of its table otherwise."""

    def columns(self, container: str, *, is_view: bool) -> dict[str, Column]:  # noqa: ARG002 - as the real one
        again, path = Column("Again", "YES/NO"), Column("Place", "STRING")
        shown = Column("Once_More", "YES/NO", table_field="Again")
        return {"Once_More": shown} if is_view else {"Again": again, "Place": path}


@pytest.mark.parametrize(
    ("place", "column", "warnings"),
    [
        ({"table": "Shop", "direction": "both"}, "Again", 1),
        ({"table": "Shop", "direction": "push"}, "Place", 0),
        ({"table": "Mail", "direction": "push"}, "Place", 1),
        ({"view": "Shown", "direction": "push"}, "Once_More", 1),
        ({"view": "Shown", "direction": "push", "webhook_table": "Mail"}, "Once_More", 0),
        ({"table": "Shop"}, "Again", 0),
    ],
)
def test_a_sync_that_may_write_what_a_source_works_by_is_a_warning(
    place: dict[str, object], column: str, warnings: int
):
    """Users may set a flag in the mirror; a sync that only pulls writes none at Caspio."""
    columns = {"PK_ID": "id", column: "value"}
    sync = {"name": "copy", "url": "sqlite:///m.db", "mirror": "m", "columns": columns, **place}
    sources = [
        _source("shop", table="Shop", reprocess_column="Again"),
        _source("mail", folder="/In", index={"table": "Mail", "path_column": "Place"}),
    ]

    checks = list(
        examine_syncs([SyncSettings.model_validate(sync)], sources, cast("RecordTarget", _Views()))
    )

    assert [check.ok for check in checks] == [True] * warnings
    assert all(f"sync 'copy' may write column {column!r}" in check.detail for check in checks)
