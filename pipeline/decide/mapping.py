"""Map findings to column values, and decide what may be written. Pure: values in, a plan out."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pipeline.decide.column_values import (
    TEXT_TYPES,
    WRITABLE_TYPES,
    UnfitText,
    convert,
    holds,
    is_empty,
    same,
)
from pipeline.decide.confidence import doubt
from pipeline.decide.ownership import TakenBack
from pipeline.decide.printed_values import code_for, normalized
from pipeline.decide.provenance import same_provenance
from pipeline.finding_kinds import ValueType
from pipeline.findings import FINDINGS, OWN_FACT_NAMES, STAMP_NAMES
from pipeline.labels import LABEL
from pipeline.model import (
    Basis,
    Column,
    Finding,
    Overwrite,
    Plan,
    RecordWork,
    SourceSpec,
    Suggestion,
    Value,
)
from pipeline.model.sources import UsedColumn, alike


@dataclass(frozen=True, slots=True)
class WantedValue:
    """One value to be written, with the finding it comes from.

    `objection` is why it may only be suggested, however certain it is. `page` and `box` are its
    place, where that is not the place of the finding.
    """

    value: Value
    confidence: float
    reason: str
    version: str = ""
    objection: str = ""
    page: int | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class WantedValues:
    """What is wanted of a record's documents.

    `values` are by column, `problems` say what does not fit, and `missing` has the columns without
    a value, each with the reason that the documents give, "" for none.
    """

    values: dict[str, WantedValue] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


_NOTHING: Mapping[str, TakenBack] = MappingProxyType({})
_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


def refuse_columns(spec: SourceSpec, columns: Mapping[str, Column]) -> Iterator[str]:
    """Yield one sentence for every mapped column that cannot be written."""
    for name, finding in spec.columns.items():
        problem = refuse_column(name, finding, columns)
        if problem:
            yield f"source {spec.name!r}: column {name!r} of {spec.container!r} {problem}"


def refuse_column(name: str, finding: str, columns: Mapping[str, Column]) -> str:
    """Return why a column cannot take a finding, as the end of a sentence; "" if it can."""
    column = columns.get(name)
    if column is None:
        if spellings := alike(name, columns):
            return f"is spelled {spellings[0]!r} there; write it so."
        return f"does not exist. Columns there: {', '.join(sorted(columns))}."
    if column.is_locked:
        return f"is calculated or read-only; map {finding!r} to another column."
    if column.type not in WRITABLE_TYPES:
        writable = ", ".join(sorted(WRITABLE_TYPES))
        return f"is of type {column.type}; values can be written to {writable}."
    kind = FINDINGS.get(finding)
    value = kind.must_hold if kind is not None else None
    try:
        if value is not None:
            convert(value, column)
    except UnfitText:
        return (
            f"is of type {column.type}, which never holds {finding!r} (such as {value!r}); map "
            "another finding to it, or this one to another column."
        )
    return ""


ColumnsOf = Callable[[str, bool], Mapping[str, Column]]
"""Returns the columns of a table (False) or view (True); none where they are not known."""


def columns_in_use(
    names: Iterable[str], container: str, spec: SourceSpec, columns_of: ColumnsOf, *, is_view: bool
) -> Iterator[tuple[str, UsedColumn]]:
    """Yield those of the columns of a table or view that are ones by which a source works.

    Two names are of one column if they are so in their tables, whatever views call it. Where a view
    may be of any table, or joins others to the one that is named, the columns with that name are
    those of each.
    """
    if not spec.columns_in_use:
        return
    table = spec.webhook_table if is_view else container
    here = _Place(columns_of(container, is_view), table, is_view)
    fields = {name: _name_in_table(here.columns[name]) for name in names if name in here.columns}
    for used in spec.columns_in_use:
        known = columns_of(used.container, used.is_view) if used.is_view else {}
        there = _Place(known, used.table, used.is_view)
        field = there.field(used.column)
        found = [name for name, own in fields.items() if own == field]
        # Only then: to know what a view joins, the account has to be asked.
        if found and not here.is_apart_from(there, columns_of):
            yield from ((name, used) for name in found)


@dataclass(frozen=True, slots=True)
class _Place:
    """A table or view with its columns, and the table that it is or names; None for no name."""

    columns: Mapping[str, Column]
    table: str | None
    is_view: bool

    def field(self, column: str) -> str:
        """Return what a column is called in its table; where that is not known, its own name."""
        same = (one for one in self.columns.values() if one.name.casefold() == column.casefold())
        return _name_in_table(next(same, Column(column, "")))

    def is_apart_from(self, other: "_Place", columns_of: ColumnsOf) -> bool:
        """Say whether the two surely have columns of different tables."""
        if not self.table or not other.table or self.table.casefold() == other.table.casefold():
            return False
        return self.has_one_table(columns_of) and other.has_one_table(columns_of)

    def has_one_table(self, columns_of: ColumnsOf) -> bool:
        """Say whether all columns are surely of the table that it names.

        A view that joins another table has a column that its own lacks, or one of them twice. Of a
        table that the profile may not see, no column is known, and so none that it lacks.
        """
        if not self.is_view or self.table is None:
            return not self.is_view
        fields = [_name_in_table(one) for one in self.columns.values() if not one.is_formula]
        own = {name.casefold() for name in columns_of(self.table, not self.is_view)}
        is_plain = bool(fields) and len(set(fields)) == len(fields)
        return is_plain and (not own or own.issuperset(fields))


def _name_in_table(column: Column) -> str:
    """Return what a column is called in its table, in lower case."""
    return (column.table_field or column.name).casefold()


def wanted_values(
    spec: SourceSpec, documents: Mapping[str, Mapping[str, Finding]], columns: Mapping[str, Column]
) -> WantedValues:
    """Choose by column the most certain finding of a record's documents; say what does not fit.

    `documents` has the findings by file version.
    """
    wanted = WantedValues()
    for column_name, finding_name in spec.columns.items():
        version, best = most_certain(finding_name, documents)
        column = columns.get(column_name)
        if column is None:
            wanted.problems.append(f"{column_name}: the column is no longer there; see `doctor`")
            continue
        if best is None:
            # What the documents say of a finding that has no value, each reason once.
            unsure = [one[finding_name].reason for one in documents.values() if finding_name in one]
            wanted.missing[column_name] = "; ".join(dict.fromkeys(unsure))
            continue
        text = best.value or ""
        if finding_name == "provenance" and len(text) > TEXT_TYPES.get(column.type, 0):
            wanted.problems.append(
                f"{column_name}: provenance has {len(text)} characters and is not JSON when cut; "
                "map it to a TEXT column"
            )
            continue
        try:
            fit = _fit_for(column.type, finding_name, text)
            value = convert(fit, column, allow_formulas=spec.allow_formulas)
        except UnfitText as error:
            wanted.problems.append(f"{column_name}: {error}")
            wanted.missing[column_name] = f"what was read does not fit the column: {error}"
            continue
        if value == "":  # if nothing is left of a text, the column is not emptied
            wanted.missing[column_name] = ""
        else:
            wanted.values[column_name] = WantedValue(value, best.confidence, best.reason, version)
    return wanted


def _fit_for(column_type: str, finding_name: str, text: str) -> str:
    """Return a value as `convert` takes it for a type of column. Raises UnfitText."""
    if finding_name.startswith(LABEL):
        return normalized(text, column_type)
    kind = FINDINGS.get(finding_name)
    is_code = kind is not None and kind.type is ValueType.CODE
    return code_for(text, column_type) if is_code else text


def most_certain(
    name: str, documents: Mapping[str, Mapping[str, Finding]]
) -> tuple[str, Finding | None]:
    """Return the finding with the highest confidence and its version; "" and None without one."""
    found = [
        (version, finding)
        for version, document in documents.items()
        if (finding := document.get(name)) is not None and finding.value is not None
    ]
    # The first of equals: `max` keeps the order of the documents.
    return max(found, key=lambda one: one[1].confidence, default=("", None))


def decide(
    work: RecordWork,
    *,
    spec: SourceSpec,
    wanted: Mapping[str, WantedValue],
    columns: Mapping[str, Column],
    last_written: Mapping[str, Value],
    outdated: Collection[str] = (),
    undone: Mapping[str, TakenBack] = _NOTHING,
    missing: Mapping[str, str] = _NO_COLUMNS,
    renames: bool = False,
) -> Plan:
    """Merge each column three ways (last written by us, there now, wanted); plan what may change.

    `outdated` are the columns whose value we wrote from a file that was replaced since: it is ours
    to update, also where only empty columns may be written. `undone` has what an undo took back, by
    column: that is not written again. `missing` are the columns without a value, with the reason.

    What differs in each run, such as the time, is written where it is missing, and together with
    anything else that changes; `renames` says that the name of a file does.
    """
    after: dict[str, Value] = {}
    stamps: dict[str, Value] = {}
    suggestions: list[Suggestion] = []
    for name, want in _likely(wanted, spec):
        column, current, finding = columns[name], work.values.get(name), spec.columns.get(name, "")
        if _is_there(finding, current, want, column):
            continue
        policy = _policy(spec, name, finding, is_outdated=name in outdated)
        last, taken = last_written.get(name), undone.get(name)
        objection = _objection(policy, column, current, want, last=last, taken=taken)
        # An empty stamp is written like any other value, so that it is there from the first run on.
        if finding in STAMP_NAMES and not is_empty(current):
            if not objection:
                stamps[name] = want.value
            continue
        objection = objection or _doubt(want, name, spec)
        if objection:
            said = (want.value, objection, want.confidence, want.page, want.box, want.version)
            suggestions.append(Suggestion(name, current, *said))
        else:
            after[name] = want.value
    # A new time alone is no reason to write: each run would change every record.
    if after or renames:
        after |= stamps
    basis: dict[str, Basis] = {}
    for name in after:
        want, limit = wanted[name], spec.limits_of(name).write_at
        basis[name] = Basis(want.confidence, want.reason, want.version, limit)
    return Plan(
        work,
        before={name: work.values.get(name) for name in after},
        after=after,
        basis=basis,
        suggestions=tuple(suggestions),
        left_open=_left_open(work, spec, wanted, missing),
    )


def _left_open(
    work: RecordWork,
    spec: SourceSpec,
    wanted: Mapping[str, WantedValue],
    missing: Mapping[str, str],
) -> dict[str, str]:
    """Return the empty columns for which nothing is certain enough to be suggested, and why."""
    reasons = dict(missing)
    for name, want in wanted.items():
        limit = spec.limits_of(name).suggest_at
        why = doubt(want.confidence, want.reason, limit=limit, what="suggested")
        if why:
            reasons[name] = f"{want.value!r} was read; {why}"
    return {name: why for name, why in reasons.items() if is_empty(work.values.get(name))}


def _likely(
    wanted: Mapping[str, WantedValue], spec: SourceSpec
) -> Iterator[tuple[str, WantedValue]]:
    """Yield the values that are certain enough to be suggested, by column."""
    for name, want in wanted.items():
        if want.confidence >= spec.limits_of(name).suggest_at:
            yield name, want


def _doubt(want: WantedValue, column: str, spec: SourceSpec) -> str:
    """Return why a value may not be written, however sure or not sure enough, "" when it may."""
    if want.objection:
        return want.objection
    what = "this column is written" if column in spec.column_limits else "written"
    limit = spec.limits_of(column).write_at
    return doubt(want.confidence, want.reason, limit=limit, what=what)


def _is_there(finding: str, current: Value, want: WantedValue, column: Column) -> bool:
    if holds(current, want.value, column):
        return True
    return finding == "provenance" and same_provenance(current, want.value)


def _policy(spec: SourceSpec, column: str, finding: str, *, is_outdated: bool) -> Overwrite:
    """Return what may be overwritten; facts about our own work are kept up to date.

    A policy that the settings give for the column itself is stronger. A value that is outdated is
    ours to update in any case.
    """
    if is_outdated and spec.policy(column) is Overwrite.EMPTY:
        return Overwrite.OURS
    if finding in OWN_FACT_NAMES and spec.policy(column) is Overwrite.EMPTY:
        return spec.overwrite_columns.get(column, Overwrite.OURS)
    return spec.policy(column)


def _objection(
    policy: Overwrite,
    column: Column,
    current: Value,
    want: WantedValue,
    *,
    last: Value,
    taken: TakenBack | None,
) -> str:
    """Return why a value may not be written, "" when it may.

    `last` is what we wrote there last, `taken` what an undo took back.
    """
    if taken is not None and holds(taken.value, want.value, column):
        return f"it was written before and undone; `undo {taken.run_id}` writes it again"
    is_cleared = column.type == "YES/NO" and last is True and current is False
    if is_cleared and policy is not Overwrite.ALWAYS:
        # No is the empty value of a checkbox, and so would be written again.
        return f"a user cleared the checkbox that was set here (read: {want.reason})"
    if policy is Overwrite.ALWAYS or is_empty(current):
        return ""
    if policy is Overwrite.EMPTY:
        return f"the column already holds a value (read: {want.reason})"
    if not is_empty(last) and same(current, last, column):
        return ""
    return f"somebody else wrote the value that is there (read: {want.reason})"
