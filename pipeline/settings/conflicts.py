"""Where sources are in each other's way: columns that two write, files that two read."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from pipeline.model.sources import UsedColumn, alike
from pipeline.settings.sources import SourceSettings


def column_conflicts(sources: Sequence[SourceSettings]) -> Iterator[str]:
    """Yield a sentence for every two sources that would write over each other.

    A source conflicts with itself where it would write over what it works by. Two sources conflict
    if they write the same column for files of the same field: each would find the other's value in
    every run. Different fields may share a column, and so may conditions that exclude each other,
    which only the account can show; a condition on both is enough.
    """
    for number, one in enumerate(sources):
        for other in sources[number + 1 :]:
            columns = shared_columns(one, other)
            if columns:
                yield (
                    f"sources {one.name!r} and {other.name!r} both write column "
                    f"{', '.join(columns)} from the same files; map it in one of them"
                )
    for one, other in product(sources, sources):
        yield from _overwrites(one, other)


def _overwrites(one: SourceSettings, other: SourceSettings) -> Iterator[str]:
    """Yield a sentence for each value of a source that would destroy what another works by.

    Each works by columns of its own: a path that is overwritten no longer leads to its file, and
    one value for all would make all rows the same.
    """
    place = _filled_place(one)
    if place is None or not one.columns:
        return
    if other.review is not None and _filled_table(one) == other.review.table.casefold():
        yield (
            f"source {one.name!r} cannot fill table {other.review.table!r}: users decide in it on "
            f"the suggestions of source {other.name!r}; give that source another review table"
        )
    if not _may_be_one_table(one, other):
        return
    is_sure = place == _filled_place(other)
    way_out = "" if is_sure else "; if a view has another table, name it with webhook_table"
    for used in _used_columns(other):
        yield from (
            f"column {name!r} of source {one.name!r} cannot take a finding: it is the "
            f"{used.setting} of source {other.name!r}; map another column{way_out}"
            for name in alike(used.column, one.columns)
        )


def columns_in_use(sources: Sequence[SourceSettings]) -> tuple[UsedColumn, ...]:
    """Return the columns that no source may fill, since one of them works by it.

    A view may show a column under another name, which only the account knows.
    """
    return tuple(
        used for source in sources for used in (*_used_columns(source), *_review_columns(source))
    )


def _used_columns(source: SourceSettings) -> Iterator[UsedColumn]:
    """Yield the columns that a source works by."""
    path_column = source.index.path_column if source.index else None
    used = {"reprocess_column": source.reprocess_column, "path_column": path_column}
    table = source.index.table if source.index else source.table
    for setting, column in used.items():
        if column:
            yield UsedColumn(
                source.name,
                setting,
                column,
                container=source.view or table or "",
                is_view=source.view is not None,
                table=source.webhook_table if source.view else table,
            )


def _review_columns(source: SourceSettings) -> Iterator[UsedColumn]:
    """Yield the columns of its review table in which users decide, which a view may show."""
    if source.review is not None:
        table = source.review.table
        for column in ("Decision", "EditedValue"):
            yield UsedColumn(source.name, "review.table", column, table, is_view=False, table=table)


def _may_be_one_table(one: SourceSettings, other: SourceSettings) -> bool:
    """Say whether what one source fills may be a record of the other.

    A view has the columns of its table; a view that does not name it may be one of any table.
    """
    places = _filled_place(one), _filled_place(other)
    if None in places or places[0] == places[1]:
        return None not in places
    if one.view is None and other.view is None:
        return False
    tables = {_filled_table(one), _filled_table(other)}
    return None in tables or len(tables) == 1


def _filled_table(source: SourceSettings) -> str | None:
    """Return the table that a source fills, behind its view, too; None where it is not named."""
    if source.view is not None:
        return source.webhook_table.casefold() if source.webhook_table else None
    table = source.index.table if source.index else source.table
    return None if table is None else table.casefold()


def _filled_place(source: SourceSettings) -> tuple[str, str] | None:
    """Return the kind and the name of what a source fills; None where only the records show it."""
    if source.view is not None:
        return "view", source.view.casefold()
    table = _filled_table(source)
    return None if table is None else ("table", table)


def read_twice(sources: Sequence[SourceSettings]) -> Iterator[str]:
    """Yield a sentence for every two sources that read the same files.

    It is allowed, and seldom meant: the files are read and archived for both, and each gives them
    its names. Sources whose conditions differ may share a field.
    """
    for number, one in enumerate(sources):
        for other in sources[number + 1 :]:
            if not list_same_files(one, other) or _have_own_conditions(one, other):
                continue
            place = f"{one.table or one.view or one.folder}"
            files = (
                f"sources {one.name!r} and {other.name!r} both read the files of {place}, which "
                "costs twice the calls and the reading"
            )
            renamed = ", and each run of one gives the files of the other new names"
            yield files + (renamed if one.rename and other.rename else "")


def also_in_folder(
    sources: Sequence[SourceSettings], file_fields: Callable[[SourceSettings], Sequence[str]]
) -> Iterator[str]:
    """Yield a sentence for each folder beside a table whose FILE fields may name its files.

    `file_fields` returns the FILE fields of a table or view. Which paths they hold, only the
    records show: whether a file is read twice is not certain.
    """
    folders = [source for source in sources if source.folder]
    others = [source for source in sources if not source.folder]
    # Without a folder nobody is asked.
    for source, folder in product(others, folders):
        read = {name.casefold() for name in source.fields}
        named = [name for name in file_fields(source) if not read or name.casefold() in read]
        if named:
            yield (
                f"sources {source.name!r} and {folder.name!r} may read the same files: those in "
                f"{folder.folder} whose path is in {', '.join(named)} of "
                f"{source.table or source.view} are read, and may be renamed, by both"
            )


def names_left(
    sources: Sequence[SourceSettings], file_fields: Callable[[SourceSettings], Sequence[str]]
) -> Iterator[str]:
    """Yield a sentence for each view whose FILE fields name files that should get names.

    `file_fields` returns the FILE fields of a view.
    """
    for source in sources:
        if source.view is None or source.rename is None:
            continue
        read = {name.casefold() for name in source.fields}
        named = [name for name in file_fields(source) if not read or name.casefold() in read]
        if named:
            yield (
                f"source {source.name!r} gives no names to the files that {', '.join(named)} of "
                f"view {source.view} names: which row of which table is to be led to the new name "
                "is not known"
            )


def _have_own_conditions(one: SourceSettings, other: SourceSettings) -> bool:
    return bool(one.where and other.where and one.where != other.where)


def shared_columns(one: SourceSettings, other: SourceSettings) -> list[str]:
    """Return the columns that two sources write for the same files."""
    if not list_same_files(one, other):
        return []
    if _have_own_conditions(one, other):
        return []
    # Caspio compares the names of columns without regard to case.
    theirs = {name.casefold() for name in other.columns}
    return sorted(name for name in one.columns if name.casefold() in theirs)


def _with_slash(folder: str) -> str:
    """Return a folder for comparison: /In is no folder above /Inbox."""
    return folder.casefold().rstrip("/") + "/"


def _place_of(source: SourceSettings) -> tuple[str, ...]:
    """Return where a source reads: a table and a view of the same name are not the same."""
    places = (source.table, source.view, source.folder)
    return tuple((place or "").casefold() for place in places)


def list_same_files(one: SourceSettings, other: SourceSettings) -> bool:
    """Say whether two sources read the same field of a table or view, or folders in one another."""
    if one.folder and other.folder:
        first, second = _with_slash(one.folder), _with_slash(other.folder)
        return first.startswith(second) or second.startswith(first)
    if _place_of(one) != _place_of(other):
        return False
    if not one.fields or not other.fields:
        return True  # no field means all fields
    names = {name.casefold() for name in other.fields}
    return not names.isdisjoint(name.casefold() for name in one.fields)
