"""Choose the values of a record with what was learned, and keep the choices to be judged."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from pipeline.archive_layout import document_prefix
from pipeline.decide.learned import verdict, was_written, writes_nothing
from pipeline.decide.naming import findings_by_name
from pipeline.decide.truth import typed_values
from pipeline.errors import FileGone
from pipeline.model import Effect, Finding, Plan, ReadDocument, RecordWork
from pipeline.model.learning import Chosen, LearnedColumn, Trial
from pipeline.model.limits import Step
from pipeline.ports.ledger.files import FileLedger
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.learned.history import effects_on

PAGES = "pages.json"
TEXT_LAYER = "text"
"""What reads a page that has its text already, in place of an OCR engine."""

_MOST_PAGES = 20
_MOST_PAGE_CHARS = 2 * 2**20


def with_choices(documents: Sequence[ReadDocument], context: WriteContext) -> WriteContext:
    """Return the context with what the models choose for the record's documents.

    Of several documents the most probable choice counts. Without pages there is no choice, and none
    from pages that are several documents: each column would take a page of its own.
    """
    learned, learner = context.run.learned, context.ports.learner
    if not learned or learner is None:
        return context
    chosen: dict[str, Chosen] = {}
    for number, document in enumerate(documents):
        if not document.findings.status.readable or document.findings.documents:
            continue
        pages = pages_file(document, context, context.folder / f"pages-{number}.json")
        if pages is None:
            continue
        engines = engines_of(pages)
        findings: Mapping[str, Finding] = findings_by_name(document.findings)
        models = {name: column.model.document for name, column in learned.items()}
        for name, choice in learner.choose(models, pages, findings).items():
            if name in chosen and chosen[name].choice.probability >= choice.probability:
                continue
            column = learned[name]
            chosen[name] = Chosen(
                choice,
                document.file.ref.version,
                column.model.sha256,
                column.step(choice.stratum, engines).at_most(
                    Step.WRITE if choice.may_be_written else Step.SUGGEST
                ),
                column.standings.get(choice.stratum, ""),
                engines,
                # A copy of a document that was read before may be among those learned from.
                is_trial=not _is_copy(document, context.ports.ledger.files),
            )
    return replace(context, chosen=chosen)


def _is_copy(document: ReadDocument, files: FileLedger) -> bool:
    """Say whether the same bytes were read as another file version, by any reader."""
    own, sha256 = document_prefix(document.file.ref), document.file.sha256
    readings = (files.reading(sha256, one) for one in files.reading_fingerprints(sha256))
    known = {document.prefix, *(reading[1] for reading in readings if reading is not None)}
    return not known <= {None, own}


def pages_file(document: ReadDocument, context: WriteContext, scratch: Path) -> Path | None:
    """Return the file with a document's pages, from the archive where it was read before."""
    if document.prefix is None:
        return document.findings.derived.get(PAGES)
    try:
        context.ports.archive.get(f"{document.prefix}/{PAGES}", scratch)
    except FileGone:
        return None  # the settings leave this rendition out
    return scratch


def engines_of(pages: Path) -> tuple[str, ...]:
    """Return what read the pages of a document: names of engines, or `TEXT_LAYER`."""
    return tuple(sorted({str(page.get("engine") or TEXT_LAYER) for page in _pages(pages)}))


def _pages(path: Path) -> Iterator[Mapping[str, object]]:
    """Yield the first pages; the file has one page on each line."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in islice(lines, 1, _MOST_PAGES + 1):
            if line.startswith('{"number"') and len(line) <= _MOST_PAGE_CHARS:
                # The file is from a process that a stranger's document may have taken over.
                with suppress(ValueError, RecursionError):
                    yield json.loads(line.rstrip().rstrip(","))


def keep_choices(plan: Plan, context: WriteContext) -> None:
    """Keep the choices for a record, so that what people put there later judges them.

    What people had put there before counts if the model was made before the record was seen. A
    choice that was written waits for its verdict until another value is written in its place.
    """
    work, ledger = plan.work, context.ports.ledger
    record = work.record
    if record is None or not context.chosen:
        return
    key = record.container, record.pk
    (effects,) = effects_on([work], ledger)
    items = ledger.effects.review_items(work.source, key)
    typed = typed_values(work.values, context.columns, effects, items)
    trials = []
    for name, one in _to_be_judged(plan, context, effects).items():
        trial = Trial(
            work.source, record, name, one.model, one.choice, one.step, engines=one.engines
        )
        if name in typed:
            if not _is_new(work, context.run.learned[name], context):
                continue
            trial = replace(
                trial,
                verdict=verdict(
                    one.choice.value,
                    work.values[name],
                    context.columns[name],
                    separators_vary=context.run.learned[name].model.separators_vary,
                ),
                typed=typed[name].text,
            )
        trials.append(trial)
    ledger.learning.keep_trials(trials)


def _to_be_judged(
    plan: Plan, context: WriteContext, effects: Sequence[Effect]
) -> Mapping[str, Chosen]:
    """Return the choices that say something of the model, and take no place of a written one."""
    assert plan.work.record is not None
    key = plan.work.record.container, plan.work.record.pk
    waiting = context.ports.ledger.learning.trials(plan.work.source, record=key, open_only=True)
    columns = context.columns
    written = {
        one.column
        for one in waiting
        if one.column in columns.keys() - plan.after.keys()
        and was_written(one, columns[one.column], effects)
    }
    return {
        name: one
        for name, one in context.chosen.items()
        if one.is_trial
        and name in columns.keys() - written
        and not writes_nothing(one.choice.value, columns[name])
    }


def _is_new(work: RecordWork, column: LearnedColumn, context: WriteContext) -> bool:
    """Say whether a model was made before a listing has shown any file of a record."""
    assert work.record is not None
    seen = context.ports.ledger.files.seen_at(work.source, work.record.pk)
    return bool(seen) and all(at is not None and at > column.model.made_at for at in seen)
