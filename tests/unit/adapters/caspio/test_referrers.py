"""Which rows name a file: what is asked, and what an earlier run's answers are good for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pipeline.adapters.caspio.client import CaspioClient, Clause, Column, Record
from pipeline.adapters.caspio.referrers import ReferrerLookup
from pipeline.adapters.caspio.schema_cache import KnownSchema, SchemaCache
from pipeline.ports import Referrer


@dataclass
class Tables:
    """A client with tables of FILE fields, whose rows all answer every question."""

    fields_of: dict[str, Sequence[str]]
    rows: Sequence[Record] = ()
    room: int = 10_000
    asked: list[str] = field(default_factory=list)

    @property
    def tables(self) -> "Tables":
        """Return itself."""
        return self

    def container(self, *, is_view: bool) -> "Tables":
        """Return itself."""
        assert not is_view
        return self

    def names(self) -> Sequence[str]:
        """Return the tables."""
        return list(self.fields_of)

    def fields(self, table: str) -> Sequence[Column]:
        """Return the columns of a table."""
        self.asked.append(table)
        kind: Any = {"type": "FILE"}
        return [Column(name=name, **kind) for name in self.fields_of[table]]

    def records_room(self, _table: str, _select: Sequence[str]) -> int:
        """Return how long a condition may be."""
        return self.room

    def record_pages(
        self, _table: str, *, select: Sequence[str], condition: Clause
    ) -> Iterator[Sequence[Record]]:
        """Yield every row."""
        assert select
        assert condition
        yield self.rows


def schema_of(tables: Tables, known: KnownSchema | None = None) -> SchemaCache:
    """Return a schema that asks these tables."""
    return SchemaCache(cast("CaspioClient", tables), known=known)


def test_a_run_asks_itself_where_files_may_be_named():
    """A FILE field that was added since an earlier run is seen; within a run, one answer holds."""
    tables, known = Tables({"Papers": ["File"], "Other": []}), KnownSchema()
    schema_of(tables, known).tables_with_files()
    tables.fields_of["Other"] = ["Doc"]
    tables.asked.clear()

    later = schema_of(tables, known)
    later.columns("Papers", is_view=False)
    found = [later.tables_with_files() for _ in range(2)]

    assert found == [{"Other": ("Doc",), "Papers": ("File",)}] * 2
    assert sorted(tables.asked) == ["Other", "Papers"]


def test_a_row_that_names_two_files_is_found_once_for_each():
    """It answers the questions about either, however many questions the paths need."""
    paths = [f"/In/{letter * 40}.txt" for letter in "ab"]
    row = Record(pk="1", values={"One": paths[0], "Two": paths[1]})
    tables = Tables({"Papers": ["One", "Two"]}, rows=[row], room=300)
    lookup = ReferrerLookup(cast("CaspioClient", tables), schema_of(tables))

    found = lookup.find(paths)

    assert lookup.calls(paths) == 2
    assert found == {
        paths[0]: [Referrer("Papers", "One", "1")],
        paths[1]: [Referrer("Papers", "Two", "1")],
    }
