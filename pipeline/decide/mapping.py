"""From findings to column values, and the decision what may be written. Pure: values in, a plan out."""

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from pipeline.decide import provenance
from pipeline.decide.provenance import same_provenance
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

STRING_CHARS = 255
TEXT_CHARS = 64_000
_INT_RANGE = 2**31
_MONEY = Decimal(922_337_203_685_477)  # SQL Server's money holds 15 digits before the point
_BASIC_PLANE_END = 0xFFFF
_FORMULA_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"  # spreadsheets of the East take the wide ones, too
_TAG = re.compile(r"<[^<>]{0,1000}>")


class Unfit(ValueError):
    """A finding does not fit the column's type; the message says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One value to be written, with where it came from."""

    value: Value
    confidence: float
    reason: str


def refuse_columns(spec: SourceSpec, columns: Mapping[str, Column]) -> Iterator[str]:
    """Yield one sentence for every mapped column that cannot be written."""
    by_fold = {name.casefold(): column for name, column in columns.items()}
    for name, finding in spec.columns.items():
        column, alike = columns.get(name), by_fold.get(name.casefold())
        where = f"source {spec.name!r}: column {name!r} of {spec.container!r}"
        if column is None and alike is not None:
            yield f"{where} is spelled {alike.name!r} there; write it so."
        elif column is None:
            yield f"{where} does not exist. Columns there: {', '.join(sorted(columns))}."
        elif column.is_formula or not column.editable:
            yield f"{where} is calculated or read-only; map {finding!r} to another column."
        elif column.type not in WRITABLE_TYPES:
            yield f"{where} is of type {column.type}; values can be written to {', '.join(sorted(WRITABLE_TYPES))}."
        elif (sample := _SAMPLES.get(finding)) is not None and not _fits(sample, column):
            yield (
                f"{where} is of type {column.type}, which never holds {finding!r} (such as {sample!r}); map another "
                "finding to it, or this one to another column."
            )


def _fits(text: str, column: Column) -> bool:
    try:
        convert(text, column)
    except Unfit:
        return False
    return True


def convert(text: str, column: Column, *, allow_formulas: bool = False) -> Value:
    """Turn a normalised finding into a value of the column's Caspio type; only text can look like a formula.

    Raises:
        Unfit: the text is no number, date or yes/no, or exceeds what the type holds.
    """
    if column.type in _TEXT_ROOM:
        return clean_text(text, max_chars=_TEXT_ROOM[column.type], allow_formulas=allow_formulas)
    converter = _CONVERTERS.get(column.type)
    if converter is None:
        raise Unfit(f"a column of type {column.type} cannot be written")
    return converter(text)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise Unfit(f"{text!r} is not a number") from error
    if not number.is_finite() or not math.isfinite(float(number)):
        raise Unfit(f"{text!r} is not a finite number")
    return number


def _currency(text: str) -> float:
    number = _decimal(text)
    if abs(number) > _MONEY:
        raise Unfit(f"{text!r} is beyond what a CURRENCY column holds")
    return float(round(number, 4))


def _integer(text: str) -> int:
    number = _decimal(text)
    if number != number.to_integral_value():
        raise Unfit(f"{text!r} is not a whole number")
    if not -_INT_RANGE <= number < _INT_RANGE:
        raise Unfit(f"{text!r} is beyond what an INTEGER column holds")
    return int(number)


def _date(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Unfit(f"{text!r} is not an ISO date") from error
    if moment.year < 1753:  # noqa: PLR2004 - SQL Server's datetime begins there
        raise Unfit(f"{text!r} is before 1753, where DATE/TIME begins")
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def _yes_no(text: str) -> bool:
    answer = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
        text.strip().lower()
    )
    if answer is None:
        raise Unfit(f"{text!r} is neither yes nor no")
    return answer


def clean_text(text: str, *, max_chars: int, allow_formulas: bool = False) -> str:
    """Make a document's text fit to be data in a record.

    NFC; tags, control and bidirectional characters go; characters beyond the basic plane, which Caspio refuses, become
    U+FFFD; no leading sign that a spreadsheet takes for a formula, unless allowed; cut at a word with an ellipsis.
    """
    text = _TAG.sub(" ", text)
    if re.search(
        r"<[^<>]*>", text
    ):  # very long, or "<a<b>c>": what was taken out had stood inside another
        text = re.sub("[<>]", " ", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(
        "\ufffd" if ord(c) > _BASIC_PLANE_END else c
        for c in text
        if c in "\n\t" or not _invisible(c)
    )
    # Last of the replacements, since what was taken out may have stood between a letter and its accent.
    text = unicodedata.normalize("NFC", text).strip()
    # "-5.00" is a number and stays; "=1+1" or "@SUM" would run when the table is opened in a spreadsheet.
    if not allow_formulas and text[:1] in _FORMULA_SIGNS and not re.fullmatch(r"[+-][\d.,]+", text):
        text = re.sub(rf"^[\s{re.escape(_FORMULA_SIGNS)}]+", "", text)
    if len(text) <= max_chars:
        return text
    head = text[: max_chars - 1]
    cut = max(head.rfind(" "), head.rfind("\n"))
    return head[: cut if cut > max_chars // 2 else len(head)].rstrip() + "…"


def _invisible(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs"}


_TEXT_ROOM = {"STRING": STRING_CHARS, "TEXT": TEXT_CHARS}
_CONVERTERS: Mapping[str, Callable[[str], Value]] = {
    "NUMBER": lambda text: float(_decimal(text)),
    "CURRENCY": _currency,
    "INTEGER": _integer,
    "DATE/TIME": _date,
    "YES/NO": _yes_no,
}
_SAMPLES = {
    **dict.fromkeys(
        ("date", "due_date", "birth_date", "expiry_date", "processed_at"), "2026-03-31"
    ),
    **dict.fromkeys(("total", "amount_due", "net", "tax"), "1234"),
    **dict.fromkeys(("company", "seller", "buyer", "person", "parties"), "Northwind Ltd"),
    "address": "12 Mill Priority, Leeds",
    "email": "a@example.com",
    "currency": "EUR",
    "iban": "DE89370400440532013000",
    "vat_id": "DE136695976",
    "buyer_vat_id": "DE136695976",
    "doc_type": "invoice",
    "language": "eng",
    "pages": "23",
    "media_type": "application/pdf",
    "archive_address": "s3://bucket/a",
    "status": "done",
    "confidence": "0.95",
}
"""What these findings are like. Those left out may be text or a number, as it happens."""

WRITABLE_TYPES = frozenset({*_TEXT_ROOM, *_CONVERTERS})
"""Column types this project writes. Files, passwords, stamps and generated values are Caspio's; lists cannot be
compared in a WHERE clause, so no guarded write is possible."""


def is_empty(value: Value) -> bool:
    """Say whether nobody has put anything there. A YES/NO column always holds one of two; No counts as empty."""
    return value is None or value is False or (isinstance(value, str) and not value.strip())


def same(current: Value, other: Value, column: Column) -> bool:
    """Compare two values as the column's type sees them."""
    if is_empty(current) or is_empty(other):
        return is_empty(current) and is_empty(other)
    match column.type:
        case "NUMBER" | "CURRENCY" | "INTEGER":
            return _numbers_meet(current, other)
        case "DATE/TIME":
            return _moment(current) == _moment(other)
        case "YES/NO":
            return bool(current) == bool(other)
        case _:
            return str(current).rstrip() == str(other).rstrip()


def _numbers_meet(current: Value, other: Value) -> bool:
    try:
        return math.isclose(float(str(current)), float(str(other)), rel_tol=1e-12, abs_tol=1e-9)
    except ValueError:
        return False


def _moment(value: Value) -> str:
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None, microsecond=0).isoformat()
    except ValueError:
        return str(value)


def wanted_values(
    spec: SourceSpec, documents: Sequence[Mapping[str, Finding]], columns: Mapping[str, Column]
) -> tuple[dict[str, Wanted], list[str]]:
    """Choose, by column, the surest finding of a record's documents; say what does not fit its column."""
    wanted: dict[str, Wanted] = {}
    problems: list[str] = []
    for column_name, finding_name in spec.columns.items():
        found = [
            d[finding_name]
            for d in documents
            if finding_name in d and d[finding_name].value is not None
        ]
        if not found:
            continue
        column = columns.get(column_name)
        if column is None:
            problems.append(f"{column_name}: the column is no longer there; see `doctor`")
            continue
        best = max(found, key=lambda finding: finding.confidence)
        try:
            value = _fitted(
                finding_name, best.value or "", column, allow_formulas=spec.allow_formulas
            )
        except Unfit as error:
            problems.append(f"{column_name}: {error}")
            continue
        if value == "":
            continue  # nothing was left of the text: that must not empty a column
        wanted[column_name] = Wanted(value, best.confidence, best.reason)
    return wanted, problems


def _fitted(finding: str, text: str, column: Column, *, allow_formulas: bool) -> Value:
    if finding == "provenance" and len(text) > _TEXT_ROOM.get(column.type, 0):
        raise Unfit(
            f"provenance has {len(text)} characters and is no JSON when cut; map it to a TEXT column"
        )
    return convert(text, column, allow_formulas=allow_formulas)


def decide(
    work: RecordWork,
    *,
    spec: SourceSpec,
    wanted: Mapping[str, Wanted],
    columns: Mapping[str, Column],
    last_written: Mapping[str, Value],
    renames: bool = False,
) -> Plan:
    """Merge three ways per column (last written by us, there now, wanted) and plan only what may be written.

    What differs in each run, such as the time, is written where it is missing, and beside anything else that changes;
    `renames` says that a file's name does.
    """
    plan = Plan(work)
    before: dict[str, Value] = {}
    after: dict[str, Value] = {}
    basis: dict[str, Basis] = {}
    suggestions: list[Suggestion] = []
    stamps: dict[str, Value] = {}
    for name, want in wanted.items():
        column, current, finding = columns[name], work.values.get(name), spec.columns.get(name, "")
        if same(current, want.value, column) or (
            finding == "provenance" and same_provenance(current, want.value)
        ):
            continue
        policy = _policy(spec, name, finding)
        hindrance = _hindrance(
            policy, column, current=current, want=want, last=last_written.get(name)
        )
        if finding in provenance.VOLATILE and not is_empty(current):
            stamps |= {} if hindrance else {name: want.value}
            continue
        if not hindrance and want.confidence < spec.min_confidence:
            hindrance = f"confidence {want.confidence:.2f} is below {spec.min_confidence:.2f}: {want.reason}"
        if hindrance:
            suggestions.append(Suggestion(name, current, want.value, hindrance, want.confidence))
        else:
            before[name], after[name] = current, want.value
            basis[name] = Basis(want.confidence, want.reason)
    if after or renames:
        before |= {name: work.values.get(name) for name in stamps}
        after |= stamps
        basis |= {name: Basis(wanted[name].confidence, wanted[name].reason) for name in stamps}
    return replace(plan, before=before, after=after, basis=basis, suggestions=tuple(suggestions))


def _policy(spec: SourceSpec, column: str, finding: str) -> Overwrite:
    """Return what may be written over; facts of our own are kept up to date unless the column says otherwise."""
    policy = spec.policy(column)
    own = finding in provenance.NAMES and column not in spec.overwrite_columns
    return Overwrite.OURS if own and policy is Overwrite.EMPTY else policy


def _hindrance(
    policy: Overwrite, column: Column, *, current: Value, want: Wanted, last: Value
) -> str:
    """Return why a value may not be written, "" when it may."""
    if policy is Overwrite.ALWAYS:
        return ""
    if last is True and current is False and column.type == "YES/NO":
        return f"somebody took away the tick that was set here (read: {want.reason})"
    if is_empty(current):
        return ""
    if policy is Overwrite.EMPTY:
        return f"the column already holds a value (read: {want.reason})"
    if not is_empty(last) and same(current, last, column):
        return ""
    return f"the value there was put by somebody else (read: {want.reason})"
