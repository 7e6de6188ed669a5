"""A source as a user is making it: between the form of the page and an entry of the settings. Pure.

The form is flat: `finding:Total` is what the column Total takes. Names of columns come from the
account, and may be anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from flows.app.mapping.look import MappablePlace
from pipeline.findings import FINDINGS
from pipeline.labels import LABEL, LEARNED
from pipeline.model.schema import Container
from pipeline.onboarding.choices import ColumnChoices
from pipeline.onboarding.proposal import MissingColumn
from pipeline.onboarding.settings_edit import values_of
from pipeline.settings.sources import ColumnSettings, SourceSettings

Form = Mapping[str, str]

NEW_COLUMNS = 4
"""Rows for columns that do not exist yet, beyond those that are proposed."""

EDITED = (
    "fields",
    "where",
    "rename",
    "overwrite",
    "write_at",
    "suggest_at",
    "schedule",
    "learn",
    "reprocess_column",
    "review",
    "columns",
)
"""The settings of a source that the page changes; it leaves the others as they are."""

_TEXTS = ("where", "rename", "overwrite", "schedule", "learn", "reprocess_column")
_NUMBERS = ("write_at", "suggest_at")
_COLUMN_TEXTS = ("overwrite", "learn")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form says.

    Attributes:
        source: The source, None where a value cannot be one.
        creates: Columns that it needs and that do not exist.
        problems: What is wrong with single values.
    """

    source: SourceSettings | None
    creates: tuple[MissingColumn, ...] = ()
    problems: tuple[str, ...] = ()


def draft_of(
    form: Form, place: MappablePlace, container: Container, old: SourceSettings | None
) -> Draft:
    """Return what a form says about a source at a place; `old` is the source as it is, if it is."""
    creates, problems = _creates(form, place, container)
    columns = {
        name: value
        for name in container.columns
        if (value := _column(form, name, problems)) is not None
    }
    columns |= {one.name: one.finding for one in creates}
    values: dict[str, Any] = {name: form[name].strip() for name in _TEXTS if form.get(name)}
    values |= _numbers(form, "", problems)
    values |= {"columns": columns, "fields": _fields(form, container)}
    if form.get("review"):
        values["review"] = {"table": form["review"]}
    if old is not None:
        kept = values_of(old)
        values = {name: kept[name] for name in kept if name not in EDITED} | values
    else:
        values |= _placed(form, place)
    try:
        source = SourceSettings.model_validate(values)
    except ValidationError as error:
        problems += [sentence(dict(detail)) for detail in error.errors()]
        return Draft(None, creates, tuple(problems))
    return Draft(source, creates, tuple(problems))


def form_of(source: SourceSettings, container: Container) -> dict[str, str]:
    """Return the form that says what a source is."""
    values = values_of(source)
    form = {name: str(values[name]) for name in ("name", *_TEXTS, *_NUMBERS) if name in values}
    if source.review is not None:
        form["review"] = source.review.table
    for one in container.fields:
        if not source.fields or one.name in source.fields:
            form[f"field:{one.name}"] = "on"
    for name, column in source.columns.items():
        form |= _column_form(name, column)
    return form


def proposed_form(
    name: str,
    container: Container,
    choices: Sequence[ColumnChoices],
    reprocess_column: str | None,
) -> dict[str, str]:
    """Return the form of a source that does not exist: with what is proposed for it."""
    form = {"name": name}
    form |= {f"field:{one.name}": "on" for one in container.fields}
    form |= {f"finding:{one.column.name}": one.proposed for one in choices if one.proposed}
    if reprocess_column:
        form["reprocess_column"] = reprocess_column
    return form


def sentence(detail: Mapping[str, Any]) -> str:
    """Say what is wrong with one value of the settings."""
    where = ".".join(str(part) for part in detail["loc"])
    problem = str(detail["msg"]).removeprefix("Value error, ")
    return f"{where}: {problem}" if where else problem


def _placed(form: Form, place: MappablePlace) -> dict[str, Any]:
    values: dict[str, Any] = {"name": form.get("name", "").strip(), place.kind: place.name}
    if place.kind == "folder":
        values["index"] = {"table": place.container, "path_column": place.path_column}
    return values


def _fields(form: Form, container: Container) -> list[str]:
    chosen = [one.name for one in container.fields if form.get(f"field:{one.name}")]
    # All of them, also those that are added later, is what no list says.
    return [] if len(chosen) == len(container.fields) else chosen


def _column(form: Form, name: str, problems: list[str]) -> str | dict[str, Any] | None:
    """Return what a column takes, None for nothing; as short as it can be said."""
    finding = form.get(f"finding:{name}", "")
    if not finding:
        return None
    if finding == LABEL:
        finding += form.get(f"label:{name}", "").strip()
    long: dict[str, Any] = {
        key: form[f"{key}:{name}"] for key in _COLUMN_TEXTS if form.get(f"{key}:{name}")
    }
    long |= _numbers(form, f":{name}", problems)
    return {"finding": finding, **long} if long else finding


def _column_form(name: str, column: str | ColumnSettings) -> dict[str, str]:
    if isinstance(column, str):
        column = ColumnSettings(finding=column)
    form = {f"finding:{name}": column.finding}
    if column.finding.lower().startswith(LABEL):
        form = {f"finding:{name}": LABEL, f"label:{name}": column.finding[len(LABEL) :]}
    values = column.model_dump(mode="json", exclude_none=True)
    keys = (*_COLUMN_TEXTS, *_NUMBERS)
    return form | {f"{key}:{name}": str(values[key]) for key in keys if key in values}


def _numbers(form: Form, of: str, problems: list[str]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for key in _NUMBERS:
        text = form.get(f"{key}{of}", "").strip()
        if not text:
            continue
        try:
            # In half of the world the comma is what separates decimals.
            numbers[key] = float(text.replace(",", "."))
        except ValueError:
            column = f" of column {of[1:]!r}" if of else ""
            problems.append(f"{key}{column} is {text!r}; write a number from 0 to 1, such as 0.95")
    return numbers


def _creates(
    form: Form, place: MappablePlace, container: Container
) -> tuple[tuple[MissingColumn, ...], list[str]]:
    """Return the columns that are to be created, and what is wrong with them."""
    creates: list[MissingColumn] = []
    problems: list[str] = []
    known = {name.casefold() for name in container.columns}
    for number in new_rows(form):
        name, finding = form.get(f"new:{number}", "").strip(), form.get(f"takes:{number}", "")
        if not name and not finding:
            continue
        kind = FINDINGS.get(finding)
        if not name or (kind is None and finding != LEARNED):
            problems.append("a new column needs a name and what it takes; fill in both, or neither")
        elif name.casefold() in known:
            problems.append(f"there is a column {name!r} already; choose another name")
        elif place.kind == "view":
            problems.append("a view cannot be given columns; add them to its table in Caspio")
        else:
            known.add(name.casefold())
            kinds = kind.column_types if kind is not None else ("STRING",)
            creates.append(MissingColumn(name, kinds[0], finding))
    return tuple(creates), problems


def new_rows(form: Form) -> list[int]:
    """Return the numbers of the rows for new columns."""
    numbers = (key.partition(":")[2] for key in form if key.startswith("new:"))
    return sorted(int(number) for number in numbers if number.isdecimal() and len(number) < 4)  # noqa: PLR2004 - no page has a thousand
