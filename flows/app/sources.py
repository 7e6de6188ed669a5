"""Which sources can run, and what stops the others."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from flows.app.wiring import AppContext
from pipeline.errors import BadSettings, RefusedByCaspio, raise_problems
from pipeline.metering.summary import Summary
from pipeline.model import SourceSpec
from pipeline.ports import Ledger
from pipeline.settings import Settings
from pipeline.source_run.checks import blocked, changed_types, refuse_source


@dataclass(frozen=True, slots=True)
class RunnableSources:
    """The sources that can run, and the problems of the others by name."""

    specs: tuple[SourceSpec, ...]
    stopped: Mapping[str, list[str]]


def named_sources(settings: Settings, names: Sequence[str]) -> list[SourceSpec]:
    """Return the named sources, or all of them that are not paused.

    Raises:
        BadSettings: a name is unknown.
    """
    specs = settings.specs()
    unknown = [name for name in names if name not in specs]
    if unknown:
        known = ", ".join(specs)
        raise BadSettings([f"There is no source {name!r}. Sources: {known}." for name in unknown])
    paused = settings.paused()
    return [specs[name] for name in names or (name for name in specs if name not in paused)]


def require_one_each(specs: Sequence[SourceSpec], records: Sequence[str]) -> None:
    """Refuse records that more than one of the sources could have.

    Raises:
        BadSettings: there are such records (each with the names of the sources).
    """
    # PK_IDs are numbers that every table has: without a source they name other records as well.
    having = {
        key: [
            spec.name
            for spec in specs
            if not (key.isdecimal() if spec.folder else key.startswith("/"))
        ]
        for key in records
    }
    raise_problems(
        [
            f"Several sources can have a record {key!r}: {', '.join(names)}. Name one with "
            "--source."
            for key, names in having.items()
            if len(names) > 1
        ]
    )


def source_problems(context: AppContext, spec: SourceSpec, *, accept_types: bool) -> list[str]:
    """Return a sentence for everything that stops a source: wrong columns, or why it is blocked.

    With `accept_types`, a change of column types and a block do not stop it.
    """
    target, ledger = context.ports.target, context.ports.ledger
    problems = refuse_source(spec, target)
    # Wrong columns stop a source even if an operator accepts the types: nothing could be written.
    if problems or accept_types:
        return problems
    return [*blocked(spec, ledger), *changed_types(spec, target=target, ledger=ledger)]


def choose_sources(
    context: AppContext, names: Sequence[str], *, accept_types: bool = False
) -> RunnableSources:
    """Divide the named sources, or all, into those that can run and those that cannot.

    Raises:
        BadSettings: a name is unknown, or no source can run (all problems listed).
    """
    # Every source is examined before any is refused, so that one message lists all problems.
    specs = named_sources(context.settings, names)
    stopped = {}
    for spec in specs:
        problems = source_problems(context, spec, accept_types=accept_types)
        context.ports.ledger.files.save_stopped(spec.name, problems)
        if problems:
            stopped[spec.name] = problems
    refuse_if_none_runs(stopped, [spec.name for spec in specs])
    return RunnableSources(tuple(spec for spec in specs if spec.name not in stopped), stopped)


def require_sources(context: AppContext, names: Sequence[str]) -> list[SourceSpec]:
    """Return the named sources, or all, for work that must not leave one out.

    Raises:
        BadSettings: a name is unknown, or a mapped column is missing or cannot be written (all
            problems listed).
    """
    chosen = choose_sources(context, names, accept_types=True)
    raise_problems(list(chain.from_iterable(chosen.stopped.values())))
    return list(chosen.specs)


def refuse_if_none_runs(stopped: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    """Raise BadSettings with all problems if every source is stopped."""
    if names and all(name in stopped for name in names):
        raise BadSettings([problem for name in dict.fromkeys(names) for problem in stopped[name]])


@contextmanager
def isolate_errors(spec: SourceSpec, summary: Summary, ledger: Ledger) -> Iterator[None]:
    """Let an error in a source's configuration stop this source and no other.

    The account may change while it is read: a column that is deleted meanwhile is such an error.
    """
    try:
        yield
    except BadSettings as error:
        problems = list(error.problems)
    except RefusedByCaspio as error:
        way_out = "If a column was changed meanwhile, see `doctor`."
        problems = [f"source {spec.name!r}: {error} {way_out}"]
    else:
        return
    summary.stopped[spec.name] = problems
    ledger.files.save_stopped(spec.name, problems)
