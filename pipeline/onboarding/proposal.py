"""Propose sources and column mappings from what was seen of an account, and say why. Pure: a survey in, a proposal out.

A column is taken where its name says what a document may hold and its type takes it; what is likely only is shown
beside, and left to a person.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.decide.mapping import Unfit, convert
from pipeline.metering.budget import calls_to_fetch, calls_to_list, calls_to_write
from pipeline.model import Column
from pipeline.model.schema import Container, Survey
from pipeline.onboarding.similarity import ratio, token_sort_ratio

SURE = 88.0
POSSIBLE = 72.0
"""Likeness of names, 0 to 100: from `SURE` on a column is taken, from `POSSIBLE` on it is mentioned."""

PAGES_A_FILE = 3
PAGES_A_SECOND = 1.0
"""What the minutes are reckoned with: pages a document has, and pages a core recognises in a second."""

_SHORT = 4
_LESSER_TYPE = 4.0
_LIKELY_ONLY = 80.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """A finding: a value like it, the types that hold it best, and names of columns that mean it.

    `likely` are names that may as well mean something else: such a column is mentioned, never taken.
    """

    sample: str
    types: tuple[str, ...]
    names: tuple[str, ...]
    likely: tuple[str, ...] = ()
    only_these_types: bool = False


_TEXTS = ("STRING", "TEXT")
_AMOUNTS = ("CURRENCY", "NUMBER")
MEANINGS = {
    "doc_type": Meaning(
        "invoice",
        _TEXTS,
        ("doc type", "document type", "document class", "document kind", "kind"),
        ("type", "category"),
    ),
    "date": Meaning(
        "2026-03-31",
        ("DATE/TIME",),
        (
            "date",
            "doc date",
            "document date",
            "invoice date",
            "receipt date",
            "issue date",
            "date issued",
            "signed on",
        ),
        ("issued", "signed", "purchase date", "order date"),
    ),
    "due_date": Meaning(
        "2026-03-31", ("DATE/TIME",), ("due date", "payment due", "pay by", "due on"), ("due",)
    ),
    "total": Meaning(
        "1234.56",
        _AMOUNTS,
        (
            "total",
            "total amount",
            "amount",
            "grand total",
            "invoice total",
            "amount due",
            "gross",
            "gross amount",
        ),
        ("sum", "price", "cost", "balance"),
    ),
    "net": Meaning(
        "1234.56", _AMOUNTS, ("net", "net amount", "subtotal", "sub total", "net total")
    ),
    "tax": Meaning(
        "1234.56",
        _AMOUNTS,
        ("tax", "tax amount", "vat", "vat amount", "sales tax", "gst", "mwst"),
        ("tax total",),
    ),
    "currency": Meaning("EUR", _TEXTS, ("currency", "currency code"), ("ccy",)),
    "company": Meaning(
        "Northwind Ltd",
        _TEXTS,
        (
            "company",
            "company name",
            "vendor",
            "vendor name",
            "supplier",
            "supplier name",
            "merchant",
            "seller",
            "payee",
        ),
        ("party", "issuer", "store", "shop", "firm", "from"),
    ),
    "invoice_number": Meaning(
        "R-1001",
        _TEXTS,
        (
            "invoice number",
            "invoice no",
            "invoice num",
            "invoice nr",
            "receipt number",
            "receipt no",
            "document number",
        ),
        ("number", "reference", "reference number", "invoice", "invoice id"),
    ),
    "email": Meaning(
        "a@example.com",
        _TEXTS,
        ("vendor email", "company email"),
        ("email", "e mail", "email address"),
    ),
    "iban": Meaning(
        "DE89370400440532013000", _TEXTS, ("iban",), ("bank account", "account number")
    ),
    "vat_id": Meaning(
        "DE136695976",
        _TEXTS,
        ("vat id", "vat number", "vat no", "ust id"),
        ("tax id", "tax number"),
    ),
    "phone": Meaning(
        "+49 30 1234",
        _TEXTS,
        ("vendor phone", "company phone"),
        ("phone", "phone number", "telephone"),
    ),
    "archive_address": Meaning(
        "s3://bucket/a/b", _TEXTS, ("archive address", "archive url", "archive path", "archived at")
    ),
    "status": Meaning(
        "done",
        _TEXTS,
        ("read status", "ocr status", "ingest status", "processing status"),
        ("status",),
    ),
    "confidence": Meaning("0.95", ("NUMBER",), ("confidence", "ocr confidence", "read confidence")),
    "sha256": Meaning(
        "0" * 64, _TEXTS, ("sha256", "file sha256", "file hash"), ("checksum", "hash")
    ),
    "processed_at": Meaning(
        "2026-03-31T10:00:00",
        ("DATE/TIME",),
        ("processed at", "processed on", "read at", "ocr date"),
    ),
    "run_id": Meaning("20260331-100000-abcd", _TEXTS, ("run id", "ingest run")),
    "pages": Meaning("3", ("INTEGER", "NUMBER"), ("pages", "page count", "number of pages")),
    "media_type": Meaning("application/pdf", _TEXTS, ("media type", "mime type", "content type")),
    "text": Meaning(
        "a long text",
        ("TEXT",),
        ("document text", "ocr text", "full text", "file text"),
        ("text",),
        only_these_types=True,
    ),
    "provenance": Meaning("{}", ("TEXT",), ("provenance",), only_these_types=True),
}


@dataclass(frozen=True, slots=True)
class Match:
    """A column and the finding it may take. `objection` is "" where nothing speaks against it; `score` is 0 to 100."""

    column: str
    finding: str
    score: float
    why: str
    objection: str = ""


@dataclass(frozen=True, slots=True)
class MissingColumn:
    """A column that a table could be given for a finding that it has no place for."""

    name: str
    type: str
    finding: str


@dataclass(frozen=True, slots=True)
class ProposedSource:
    """A source: where its files are, the columns taken, the ones a person must judge, and the ones that are missing."""

    name: str
    container: Container
    columns: tuple[Match, ...] = ()
    unsure: tuple[Match, ...] = ()
    missing: tuple[MissingColumn, ...] = ()

    @property
    def tick(self) -> str | None:
        """Name the YES/NO column called Reprocess, which people may tick to have a record read again."""
        columns = self.container.columns.values()
        fit = (
            column
            for column in columns
            if column.type == "YES/NO" and column.editable and not column.is_formula
        )
        return next((column.name for column in fit if _words(column.name) == ["reprocess"]), None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Sources, and why other tables and views with file fields are none. `folder`: read the Files area as a whole."""

    sources: tuple[ProposedSource, ...]
    left_out: tuple[tuple[Container, str], ...] = ()
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the first runs cost: the calls of the one that plans and of the one that writes, and minutes of both."""

    planning_calls: int
    writing_calls: int
    minutes: float
    pages: int


_WANTED = (
    MissingColumn("DocType", "STRING", "doc_type"),
    MissingColumn("DocDate", "DATE/TIME", "date"),
    MissingColumn("Total", "CURRENCY", "total"),
    MissingColumn("Currency", "STRING", "currency"),
    MissingColumn("Company", "STRING", "company"),
    MissingColumn("InvoiceNumber", "STRING", "invoice_number"),
)


def propose(survey: Survey) -> Proposal:
    """Propose a source for each table that has files or could have, and for each view whose files no table shows."""
    tables = [one for one in survey.containers if one.fields and not one.is_view]
    views = [one for one in survey.containers if one.fields and one.is_view]
    shown = {field.name for table in tables for field in table.fields}
    fresh = [view for view in views if not {field.name for field in view.fields} <= shown]
    left_out = [
        (view, "its file fields are those of a table above, so its files would be read twice")
        for view in views
        if view not in fresh
    ]
    names: set[str] = set()
    sources = tuple(_source(one, names) for one in [*tables, *fresh])
    return Proposal(sources, tuple(left_out), folder=not sources and survey.files_area.files > 0)


def _source(container: Container, names: set[str]) -> ProposedSource:
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", container.name).strip("-_").lower()[:50] or "source"
    name, number = base, 1
    while name in names:
        number += 1
        name = f"{base}-{number}"
    names.add(name)
    sure, unsure = match_columns(container)
    return ProposedSource(
        name, container, sure, unsure, () if container.is_view else _missing(container, sure)
    )


def match_columns(container: Container) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
    """Return the columns to take, each for one finding, and the likely ones with what speaks against them."""
    ranked = sorted(_likenesses(container), key=lambda match: -match.score)
    taken: dict[str, Match] = {}
    columns: set[str] = set()
    for match in ranked:
        if (
            match.score >= SURE
            and not match.objection
            and match.finding not in taken
            and match.column not in columns
        ):
            taken[match.finding] = match
            columns.add(match.column)
    unsure: dict[str, Match] = {}
    for match in ranked:
        if match.column not in columns and match.column not in unsure:
            unsure[match.column] = _explained(match, taken)
    order = {name: number for number, name in enumerate(container.columns)}
    sure = sorted(taken.values(), key=lambda match: order[match.column])
    return tuple(sure), tuple(sorted(unsure.values(), key=lambda match: order[match.column]))


def _explained(match: Match, taken: dict[str, Match]) -> Match:
    if match.objection:
        return match
    if match.finding in taken:
        return replace(
            match, objection=f"{match.finding} goes to {taken[match.finding].column} already"
        )
    return replace(match, objection="its name may mean something else")


def _likenesses(container: Container) -> Iterator[Match]:
    """Yield every pair of a column and a finding whose names are alike, surely or likely."""
    own = {word.removesuffix("s") for word in _words(container.name)}
    for column in container.columns.values():
        for finding, meaning in MEANINGS.items():
            score, name = _likeness(column.name, own, meaning)
            if score >= POSSIBLE:
                yield _judged(column, finding, meaning, score, name)


def _likeness(column: str, own: set[str], meaning: Meaning) -> tuple[float, str]:
    """Return how much a column's name is like the meaning's nearest; the table's own name in it counts for nothing."""
    words = _words(column)
    bare = [word for word in words if word.removesuffix("s") not in own] or words
    rated = [
        (min(ceiling, max(_alike(words, name), _alike(bare, name) - 1)) - 0.1 * place, name)
        for names, ceiling in ((meaning.names, 100.0), (meaning.likely, _LIKELY_ONLY))
        for place, name in enumerate(names)
    ]
    return max(rated)


def _alike(words: Sequence[str], name: str) -> float:
    text = " ".join(words)
    if len(name) <= _SHORT or len(text) <= _SHORT:  # "net" is no "note"
        return 100.0 if text == name else 0.0
    return max(token_sort_ratio(text, name), ratio(text.replace(" ", ""), name.replace(" ", "")))


def _words(name: str) -> list[str]:
    """Split a name as people write them: InvoiceDate, invoice_date, INVOICE DATE, sha256."""
    return [
        word.lower() for word in re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[^\W\dA-Z_]+\d*|\d+", name)
    ]


def _judged(column: Column, finding: str, meaning: Meaning, score: float, name: str) -> Match:
    """Let the column's type and properties have their say."""
    why = (
        f"its name is like {name!r}"
        if column.name.casefold() != finding.casefold()
        else "its name says so"
    )
    held = f"{column.type} holds it"
    if column.is_formula or not column.editable:
        return Match(column.name, finding, score, why, "it is calculated or read-only")
    if column.unique:
        return Match(
            column.name,
            finding,
            score,
            why,
            "it is unique: a second document that says the same is refused",
        )
    if column.type not in meaning.types and meaning.only_these_types:
        return Match(
            column.name, finding, score, why, f"it is of type {column.type}, which is too short"
        )
    try:
        convert(meaning.sample, column)
    except Unfit as error:
        return Match(column.name, finding, score, why, str(error))
    if column.type not in meaning.types:
        score, held = (
            score - _LESSER_TYPE,
            f"{column.type} takes it, {meaning.types[0]} would suit it better",
        )
    return Match(column.name, finding, round(score, 1), f"{why}; {held}")


def _missing(container: Container, sure: Sequence[Match]) -> tuple[MissingColumn, ...]:
    """Return what the table has no column for; a name that is taken for something else gets another."""
    mapped = {match.finding for match in sure}
    names = {name.casefold() for name in container.columns}
    free = (
        replace(column, name=f"{column.name}Read") if column.name.casefold() in names else column
        for column in _WANTED
        if column.finding not in mapped
    )
    return tuple(column for column in free if column.name.casefold() not in names)


def with_columns(source: ProposedSource, made: Sequence[MissingColumn]) -> ProposedSource:
    """Return the source with columns that were just created, mapped."""
    new = tuple(Match(column.name, column.finding, 100.0, "created for it") for column in made)
    left = tuple(column for column in source.missing if column not in made)
    return replace(source, columns=(*source.columns, *new), missing=left)


def estimate(proposal: Proposal, survey: Survey, *, calls_a_second: float, cores: int) -> Estimate:
    """Reckon what reading everything once costs; each record with a file is written once, nothing is renamed."""
    containers = [source.container for source in proposal.sources]
    files = sum(one.files for one in containers) + (
        survey.files_area.files if proposal.folder else 0
    )
    listing = sum(
        calls_to_list(one.records, attachment_fields=one.attachment_fields) for one in containers
    )
    written = sum(
        min(source.container.records, source.container.files)
        for source in proposal.sources
        if source.columns
    )
    planning, writing = listing + calls_to_fetch(files), listing + calls_to_write(updated=written)
    pages = files * PAGES_A_FILE
    seconds = (
        max(pages / (PAGES_A_SECOND * cores), planning / calls_a_second) + writing / calls_a_second
    )
    return Estimate(planning, writing, seconds / 60, pages)
