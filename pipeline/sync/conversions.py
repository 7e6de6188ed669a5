"""The table of conversions between Caspio's column types and those of SQL. Pure.

Each value has one common form, in which the two sides are compared and which the ledger keeps. A
conversion loses nothing, or it is refused with `Unfit`. docs/sync.md shows the table.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from pipeline.model import Column
from pipeline.model.sync import Common, MirrorColumn

_INT32 = 2**31
_INT64 = 2**63
# A float has 53 bits: beyond them, two whole numbers become one.
_EXACT_INT = 2**53
# JSON carries money as a float, which keeps 15 decimal digits.
_MONEY_DIGITS = 15
_MONEY_DECIMALS = 4  # of SQL Server's money
_MONEY_SCALE = Decimal(1).scaleb(-_MONEY_DECIMALS)
_FIRST_YEAR = 1753  # SQL Server's datetime begins there
_BASIC_PLANE_END = 0xFFFF
_SURROGATES = range(0xD800, 0xE000)

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Unfit(ValueError):
    """A value cannot be converted without a loss; the message says why."""


class Form(StrEnum):
    """The common forms."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"  # a text with four decimals
    MOMENT = "moment"  # an ISO text of the wall clock, without a zone
    FLAG = "flag"
    ITEMS = "items"  # a JSON list as text


@dataclass(frozen=True, slots=True)
class CaspioType:
    """How a type of Caspio is converted.

    Attributes:
        is_writable: False for what Caspio sets itself, and for LIST columns, which no condition can
            compare: a write to them could not be guarded.
        max_chars: The longest text, None for no limit.
    """

    form: Form
    is_writable: bool = True
    max_chars: int | None = None


CASPIO_TYPES: Mapping[str, CaspioType] = {
    "STRING": CaspioType(Form.TEXT, max_chars=255),
    "TEXT": CaspioType(Form.TEXT, max_chars=64_000),
    "INTEGER": CaspioType(Form.INTEGER),
    "NUMBER": CaspioType(Form.NUMBER),
    "CURRENCY": CaspioType(Form.MONEY),
    "DATE/TIME": CaspioType(Form.MOMENT),
    "YES/NO": CaspioType(Form.FLAG),
    "TIMESTAMP": CaspioType(Form.MOMENT, is_writable=False),
    "AUTONUMBER": CaspioType(Form.INTEGER, is_writable=False),
    "PREFIXED AUTONUMBER": CaspioType(Form.TEXT, is_writable=False),
    "GUID": CaspioType(Form.TEXT, is_writable=False),
    "RANDOM ID": CaspioType(Form.TEXT, is_writable=False),
    # A path that is not a file of the Files area would point nowhere.
    "FILE": CaspioType(Form.TEXT, is_writable=False),
    "LIST-STRING": CaspioType(Form.ITEMS, is_writable=False),
    "LIST-NUMBER": CaspioType(Form.ITEMS, is_writable=False),
    "LIST-DATE/TIME": CaspioType(Form.ITEMS, is_writable=False),
}
"""The types that can be in sync. PASSWORD cannot be read, and an ATTACHMENT is not a value."""

MIRROR_KINDS: Mapping[Form, tuple[type, ...]] = {
    Form.TEXT: (str,),
    Form.INTEGER: (int,),
    Form.NUMBER: (float, Decimal),
    Form.MONEY: (Decimal, float),
    Form.MOMENT: (datetime,),
    Form.FLAG: (bool,),
    Form.ITEMS: (str,),
}
"""The Python types that a mirror's column may have for each form, the best first."""


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """A column of Caspio, `there`, and the column of the mirror in sync with it, `here`."""

    there: Column
    here: MirrorColumn
    zone: ZoneInfo

    @property
    def kind(self) -> CaspioType:
        """Return how the type of Caspio's column is converted."""
        return CASPIO_TYPES[self.there.type.upper()]

    @property
    def is_writable(self) -> bool:
        """Say whether Caspio's column can be written."""
        return self.kind.is_writable and not self.there.is_locked

    def from_caspio(self, value: Common, items: Sequence[Common] | None = None) -> Common:
        """Return the common form of what Caspio shows; `items` are those of a LIST column.

        Raises:
            Unfit: Caspio shows something that its type does not have.
        """
        if self.kind.form is Form.ITEMS:
            return json.dumps(list(items), ensure_ascii=False) if items else None
        form = partial(_common, self.kind.form)
        return _explained(form, value, self.there.name, "at Caspio")

    def to_caspio(self, value: Common) -> Common:
        """Return what is written to Caspio for a common form.

        Raises:
            Unfit: the column cannot hold it as it is.
        """
        return _explained(self._to_caspio, value, self.there.name, "at Caspio")

    def _to_caspio(self, value: Common) -> Common:
        if self.kind.form is Form.TEXT:
            return _text_to_caspio(str(value or ""), self.kind.max_chars)
        if value is None and self.kind.form is Form.FLAG:
            raise Unfit("Yes/No has no blank; fill the column in the mirror")
        if value is None:
            return None
        match self.kind.form:
            case Form.MONEY:
                return float(str(value))
            case Form.INTEGER if not -_INT32 <= int(value) < _INT32:
                raise Unfit(f"{value} is beyond what an INTEGER column holds")
            case Form.MOMENT:
                _require_datetime(str(value))
        return value

    def from_mirror(self, value: object) -> Common:
        """Return the common form of a value of the mirror.

        Raises:
            Unfit: it has no common form without a loss.
        """
        return _explained(self._from_mirror, value, self.here.name, "in the mirror")

    def _from_mirror(self, value: object) -> Common:
        if self.kind.form is Form.MOMENT and isinstance(value, datetime):
            return _wall_clock(value, self.zone)
        return _common(self.kind.form, value)

    def to_mirror(self, value: Common) -> object:
        """Return what is written to the mirror for a common form.

        Raises:
            Unfit: the column cannot hold it as it is.
        """
        return _explained(self._to_mirror, value, self.here.name, "in the mirror")

    def _to_mirror(self, value: Common) -> object:
        if self.kind.form in {Form.TEXT, Form.ITEMS}:
            return self._text_to_mirror(value)
        if value is None and not self.here.nullable:
            raise Unfit("it takes no NULL")
        if value is None:
            return None
        converted: object = value
        match self.kind.form:
            case Form.MONEY:
                kind = float if self.here.kind is float else Decimal
                converted = kind(str(value))
            case Form.NUMBER if self.here.kind is Decimal:
                # A float's shortest text is the number that was meant.
                converted = _scaled(Decimal(repr(value)), self.here.scale)
            case Form.MOMENT:
                moment = datetime.fromisoformat(str(value))
                scale = self.here.scale
                if scale is not None and moment.microsecond % 10 ** max(0, 6 - scale):
                    raise Unfit(f"{moment.isoformat()} has more than {scale} decimals of a second")
                converted = _instant(moment, self.zone) if self.here.has_timezone else moment
        return converted

    def _text_to_mirror(self, value: Common) -> str | None:
        text = str(value or "")
        if not text:
            return None if self.here.nullable else ""
        if "\x00" in text or any(ord(character) in _SURROGATES for character in text):
            raise Unfit("a character that no database stores (NUL or half a surrogate pair)")
        _require_room(text, self.here.length)
        return text


def of_caspio(type_: str, value: Common) -> Common:
    """Return the common form of a value that Caspio shows in a column of a type.

    Raises:
        Unfit: it has none without the column itself, as the items of a LIST column.
    """
    known = CASPIO_TYPES.get(type_.upper())
    if known is None or known.form is Form.ITEMS:
        raise Unfit(f"type {type_}")
    try:
        return _common(known.form, value)
    except ArithmeticError:
        raise _beyond(value) from None


def _explained(convert: Callable[[_In], _Out], value: _In, *where: str) -> _Out:
    """Convert a value; if it cannot be, the reason begins with the words of `where`."""
    try:
        return convert(value)
    except Unfit as unfit:
        raise Unfit(f"{' '.join(where)}: {unfit}") from None
    except ArithmeticError:
        raise Unfit(f"{' '.join(where)}: {_beyond(value)}") from None


def _beyond(value: object) -> Unfit:
    # What no arithmetic can hold, such as 1e400 or the first hour of the first year.
    return Unfit(f"{value} is beyond what can be converted")


def _require_room(text: str, max_chars: int | None) -> None:
    if max_chars is not None and len(text) > max_chars:
        raise Unfit(f"{len(text):,} characters, room for {max_chars:,}")


def _text_to_caspio(text: str, max_chars: int | None) -> Common:
    _require_room(text, max_chars)
    if any(ord(character) > _BASIC_PLANE_END for character in text):
        raise Unfit("Caspio takes no characters beyond U+FFFF, such as emoji")
    if any(character < " " and character not in "\t\n\r" for character in text):
        raise Unfit("a control character, which no condition can compare")
    # NULL and blank look alike at Caspio; NULL may be there twice in a Unique column.
    return text or None


def _require_datetime(text: str) -> None:
    moment = datetime.fromisoformat(text)
    if moment.year < _FIRST_YEAR:
        raise Unfit(f"{text} is before {_FIRST_YEAR}, where DATE/TIME begins")
    if moment.microsecond:
        # SQL Server's datetime would round it to 1/300 s.
        raise Unfit(f"{text} has a fraction of a second, which Caspio would round")


def _text(value: object) -> Common:
    if not isinstance(value, str):
        raise Unfit(f"{value!r} is not a text")
    return value


def _integer(value: object) -> Common:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_INT:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT64 <= value < _INT64:
        raise Unfit(f"{value!r} is not a whole number")
    return value


def _numeric(value: object, what: str) -> int | float | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unfit(f"{value!r} is not {what}")
    return value


def _number(value: object) -> Common:
    value = _numeric(value, "a number")
    number = float(value)
    if not math.isfinite(number):
        raise Unfit(f"{value} is not a finite number")
    exact = Decimal(repr(number)) if isinstance(value, Decimal) else number
    if exact != value:
        raise Unfit(f"{value} has more digits than a NUMBER column keeps")
    return number


def _money(value: object) -> Common:
    value = _numeric(value, "an amount")
    # A float's shortest text is the amount that was meant: 0.1, not 0.1000000000000000055.
    amount = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not amount.is_finite():
        raise Unfit(f"{value} is not a finite number")
    if amount != amount.quantize(_MONEY_SCALE):
        raise Unfit(f"{value} has more than four decimals")
    if len(amount.normalize().as_tuple().digits) > _MONEY_DIGITS:
        raise Unfit(f"{value} has more digits than Caspio's answers carry ({_MONEY_DIGITS})")
    return format(amount.quantize(_MONEY_SCALE) + 0, "f")


def _moment(value: object) -> Common:
    if value == "":
        return None
    try:
        # The text of a datetime is an ISO date.
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise Unfit(f"{value!r} is not an ISO date") from None
    if moment.tzinfo is not None:
        raise Unfit(f"{value} has a time zone")
    return moment.isoformat()


def _flag(value: object) -> Common:
    # A database without booleans, such as SQLite, has 0 and 1.
    if isinstance(value, int) and value in {0, 1}:
        return bool(value)
    raise Unfit(f"{value!r} is neither yes nor no")


_COMMON_FORMS: Mapping[Form, Callable[[object], Common]] = {
    Form.TEXT: _text,
    Form.INTEGER: _integer,
    Form.NUMBER: _number,
    Form.MONEY: _money,
    Form.MOMENT: _moment,
    Form.FLAG: _flag,
    Form.ITEMS: lambda value: _text(value) or None,
}
"""How a value gets its common form. Caspio's JSON has the same shapes as a mirror."""


def _common(form: Form, value: object) -> Common:
    if value is not None:
        return _COMMON_FORMS[form](value)
    # Caspio shows NULL as "": nothing distinguishes the two, so they are one.
    return "" if form is Form.TEXT else None


def _wall_clock(value: datetime, zone: ZoneInfo) -> str:
    """Return a moment as a clock in the account's zone shows it."""
    if value.tzinfo is None:
        return value.isoformat()
    shown = value.astimezone(zone).replace(tzinfo=None)
    _instant(shown, zone)  # refused where it would not lead back
    return shown.isoformat()


def _instant(shown: datetime, zone: ZoneInfo) -> datetime:
    """Return the one instant at which a clock in the zone shows this."""
    first, second = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        # Which of the two is meant, or what was meant by a time that never was, nobody can say.
        how = "has twice" if first < second else "leaves out"
        raise Unfit(
            f"{shown.isoformat()} is in the hour that {zone.key} {how}; a column without a zone "
            "can hold it"
        )
    return first


def _scaled(number: Decimal, scale: int | None) -> Decimal:
    if scale is not None and number != round(number, scale):
        raise Unfit(f"{number} has more than {scale} decimals")
    return number


def type_of(column: Column) -> CaspioType | None:
    """Return how a column of Caspio is converted, None if it cannot be in sync."""
    return CASPIO_TYPES.get(column.type.upper())


def mismatch(there: Column, here: MirrorColumn) -> str:
    """Say why two columns cannot be in sync, "" if they can."""
    if (known := type_of(there)) is None:
        return f"column {there.name!r} is of type {there.type}, which cannot be in sync"
    kinds = MIRROR_KINDS[known.form]
    if here.kind not in kinds:
        wanted = " or ".join(kind.__name__ for kind in kinds)
        return (
            f"column {there.name!r} is of type {there.type}; {here.name!r} of the mirror has "
            f"values of type {here.kind.__name__}, not {wanted}"
        )
    if here.loss:
        return f"{here.name!r} of the mirror {here.loss}"
    keeps = _MONEY_DECIMALS if here.scale is None else here.scale
    if known.form is Form.MONEY and here.kind is Decimal and keeps < _MONEY_DECIMALS:
        return f"{here.name!r} of the mirror keeps fewer than the four decimals of CURRENCY"
    return ""
