"""Prepare records for learning: their documents, candidates and the words around their values."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from sys import intern

from processors.learning.candidates import PrintedCandidate, Wanted, printed_candidates
from processors.learning.classes import Classes, fit_classes
from processors.learning.folds import folds_of, hashed
from processors.learning.lists import abbreviates
from processors.learning.memory import Memory, Remembered
from processors.learning.text import date_form, number_form
from processors.learning.text.document import Document, sender_words_of, similar
from processors.learning.text.keys import (
    LIST_SEPARATOR,
    compact,
    date_order_of,
    key_of,
    list_keys,
)
from processors.learning.text.shape import Shape, lines_over
from processors.learning.types import ColumnKind, Example
from processors.learning.words import WordCounts

LOOKED_UP = frozenset({ColumnKind.CHOICE, ColumnKind.YES_NO})
REMEMBERED = LOOKED_UP | {ColumnKind.TEXT}
"""Kinds of columns whose values recur; a date or an amount that recurs does so by chance."""
LEAST_RECORDS = 2
"""Records of a value of a closed set from which on it may be chosen."""
_OTHER_LETTER = "\u00fe"
"""A letter that hardly any value has: a misread one becomes it."""
_ALIKE_NAME = 0.7
"""The same for the names of a list, which people shorten and join with other words."""
_ALIKE = 0.85
"""Share of a text's pieces from which on a misread one shows the place."""


@dataclass(slots=True)
class PreparedRecord:
    """A record with its document, the candidates in it, and the words around its value.

    `keys` are those of the values that people typed: one, or those of a list.
    """

    example: Example
    keys: frozenset[str]
    fold: int
    document: Document
    printed: dict[str, PrintedCandidate] = field(default_factory=dict)
    words: WordCounts = field(default_factory=WordCounts)

    @property
    def key(self) -> str:
        """Return the key of the value, the first of a list."""
        return min(self.keys)


@dataclass(frozen=True, slots=True)
class Older:
    """A record of which only the memory learns: its value, and the fold of its document."""

    remembered: Remembered
    fold: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """The records to learn from, those that are only remembered, and what is looked for.

    `seen` has the id and time of each record with a value; of the `unreadable` the value is none of
    this kind, such as a date of a day that does not exist.
    """

    records: Sequence[PreparedRecord]
    older: Sequence[Older]
    wanted: Wanted
    seen: Sequence[tuple[str, str]]
    unreadable: Sequence[tuple[Example, Document]]


def prepare(examples: Sequence[Example], kind: ColumnKind, *, folds: int, newest: int) -> Prepared:
    """Return the records that have a value, and what is to be looked for in their documents.

    `examples` are in the order of time; the last of them are looked at closely, `newest` at most.
    An empty value says nothing: whether nobody has filled it in, or there is none.
    """
    pending: list[tuple[Example, Document]] = []
    older: list[tuple[str, Remembered]] = []
    values: list[str] = []
    seen: list[tuple[str, str]] = []
    first = len(examples) - newest
    for number, each in enumerate(examples):
        if not each.value.strip():
            continue
        values.append(each.value)
        seen.append((each.record_id, each.when))
        if number >= first:
            # The pages take much more memory than the document that is made of them.
            pending.append((replace(each, pages=()), Document.of(each.pages)))
        elif kind in REMEMBERED and (key := key_of(each.value, kind)):
            remembered = _remembered(key, each, sender_words_of(each.pages))
            older.append((each.digest, remembered))
    documents = [document for _, document in pending]
    digests = [each.digest for each, _ in pending]
    own_folds = folds_of(digests, [document.head_words for document in documents], folds)
    by_digest = dict(zip(digests, own_folds, strict=True))
    # What is older is of other periods: only a copy is bound to one fold.
    of_older = [
        Older(remembered, by_digest.get(digest, hashed(digest, folds)))
        for digest, remembered in older
    ]
    return _with_candidates(pending, of_older, values, seen, kind=kind, folds=own_folds)


def _with_candidates(
    pending: Sequence[tuple[Example, Document]],
    older: Sequence[Older],
    values: Sequence[str],
    seen: Sequence[tuple[str, str]],
    *,
    kind: ColumnKind,
    folds: Sequence[int],
) -> Prepared:
    """Return the records with their candidates, once all values say how they are typed."""
    order, form = "", ""
    if kind is ColumnKind.DATE:
        order = date_order_of(values)
        form = date_form.form_of(values, order)
    elif kind is ColumnKind.AMOUNT:
        form = number_form.form_of(values)
    keyed = [(each, document, keys_of(each.value, kind, order)) for each, document in pending]
    records = [
        PreparedRecord(each, keys, fold, document)
        for (each, document, keys), fold in zip(keyed, folds, strict=True)
        if keys
    ]
    unreadable = [(each, document) for each, document, keys in keyed if not keys]
    wanted = Wanted(kind, order, form, _shape_of(records, kind))
    for record in records:
        record.printed = printed_candidates(record.document, record.example.findings, wanted)
        _count_words(record)
    return Prepared(records, older, wanted, seen, unreadable)


def _remembered(key: str, example: Example, words: Iterable[str]) -> Remembered:
    # Equal words of many documents are one text in memory.
    return Remembered(key, example.value.strip(), tuple(map(intern, words)), example.weight)


def keys_of(value: str, kind: ColumnKind, order: str) -> frozenset[str]:
    """Return the keys of a value: of a list those of its names."""
    if kind is ColumnKind.LIST:
        return frozenset(list_keys(value))
    key = key_of(value, kind, order)
    return frozenset([key] if key else ())


def _shape_of(records: Sequence[PreparedRecord], kind: ColumnKind) -> Shape:
    if kind is ColumnKind.LIST:
        names = [name for each in records for name in each.example.value.split(LIST_SEPARATOR)]
        return replace(Shape.of(names, [1]), lines=1)
    if kind not in REMEMBERED:
        return Shape()
    aligned = [lines for each in records if (lines := lines_over(each.key, each.document))]
    # An address over several lines is typed with commas between them, or without.
    commas = sum("," in each.example.value for each in records)
    joiner = ", " if commas * 2 > len(records) else " "
    return Shape.of([each.example.value for each in records], aligned, joiner)


def usual_years(records: Sequence[PreparedRecord]) -> dict[str, float]:
    """Return the share of the dates in each year."""
    counts = Counter(record.key[:4] for record in records)
    return {year: round(count / len(records), 4) for year, count in counts.items()}


def memory_of(records: Iterable[PreparedRecord], older: Iterable[Older]) -> Memory:
    """Return the memory of the values of records."""
    close = (_remembered(each.key, each.example, each.document.sender_words) for each in records)
    return Memory.of(chain(close, (each.remembered for each in older)))


def classes_of(records: Sequence[PreparedRecord], memory: Memory | None) -> Classes | None:
    """Return what distinguishes the values of a column that were typed at least twice.

    A value that nobody has typed twice is not learned; with fewer than two others there is nothing
    to distinguish.
    """
    if memory is None:
        return None
    used = [each for each in records if memory.records(each.key) >= LEAST_RECORDS]
    if len({each.key for each in used}) < LEAST_RECORDS:
        return None
    return fit_classes([each.document for each in used], [each.key for each in used])


def _count_words(record: PreparedRecord) -> None:
    """Count the words around the right value and around the other candidates."""
    right = likest(record)
    if right:
        others = [each.around for key, each in record.printed.items() if key not in right]
        record.words.add([place for key in right for place in record.printed[key].around], others)


def likest(record: PreparedRecord) -> frozenset[str]:
    """Return the printed candidates that are the value, or else a misread form of it.

    Of a list also names with words that are shortened differently.
    """
    exact = record.keys & record.printed.keys()
    if len(record.keys) > 1:
        names = record.example.value.split(LIST_SEPARATOR)
        missing = [name for name in names if compact(name) not in exact]
        return exact | {key for name in missing if (key := _nearest(record, compact(name), name))}
    if exact:
        return exact
    nearest = _nearest(record, record.key, "")
    return frozenset([nearest] if nearest else ())


def _nearest(record: PreparedRecord, key: str, name: str) -> str:
    """Return the printed candidate that is like a text, or has its words shortened, "" for none."""
    if not key[:1].isalpha():
        return ""
    best = max(record.printed, key=lambda other: similar(other, key), default="")
    if best and similar(best, key) >= (_ALIKE_NAME if name else _ALIKE):
        return best
    shortened = (other for other, each in record.printed.items() if abbreviates(each.text, name))
    return next(shortened, "")


def misread(record: PreparedRecord) -> PreparedRecord:
    """Return a record as if one letter of its printed value had been misread."""
    printed = dict(record.printed)
    own = printed.pop(record.key)
    at = len(record.key) // 2
    wrong = f"{record.key[:at]}{_OTHER_LETTER}{record.key[at + 1 :]}"
    text = own.text.replace(own.text[len(own.text) // 2], _OTHER_LETTER, 1)
    printed.setdefault(wrong, replace(own, key=wrong, text=text))
    return replace(record, printed=printed)
