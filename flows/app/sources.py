"""Which sources can run, and what stops the others."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from flows.app.wiring import AppContext
from pipeline.errors import BadSettings, RefusedByCaspio
from pipeline.metering.summary import Summary
from pipeline.model import SourceSpec
from pipeline.settings import Settings
from pipeline.source_run.checks import changed_types, held, refuse_source


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sources that can be run, and by name what is wrong with the others."""

    specs: tuple[SourceSpec, ...]
    stopped: Mapping[str, list[str]]


def named_sources(settings: Settings, names: Sequence[str]) -> list[SourceSpec]:
    """Return the named sources, or all of them.

    Raises:
        BadSettings: a name is unknown.
    """
    specs = settings.specs()
    unknown = [name for name in names if name not in specs]
    if unknown:
        raise BadSettings(
            [f"There is no source {name!r}. Sources: {', '.join(specs)}." for name in unknown]
        )
    return [specs[name] for name in names] if names else list(specs.values())


def source_problems(context: AppContext, spec: SourceSpec, *, accept_types: bool) -> list[str]:
    """Return a sentence for everything in which a source contradicts the account as it is now, or why it is held."""
    target, ledger = context.ports.target, context.ports.ledger
    problems = refuse_source(spec, target)
    if problems or accept_types:
        return problems
    return [*held(spec, ledger), *changed_types(spec, target=target, ledger=ledger)]


def choose_sources(
    context: AppContext, names: Sequence[str], *, accept_types: bool = False
) -> Chosen:
    """Part the named sources, or all, into those that can be run and those that contradict the account.

    Raises:
        BadSettings: a name is unknown, or not one source can be run (all problems listed).
    """
    specs = named_sources(context.settings, names)
    found = {spec.name: source_problems(context, spec, accept_types=accept_types) for spec in specs}
    stopped = {name: problems for name, problems in found.items() if problems}
    refuse_if_none_runs(stopped, [spec.name for spec in specs])
    return Chosen(tuple(spec for spec in specs if spec.name not in stopped), stopped)


def require_sources(context: AppContext, names: Sequence[str]) -> list[SourceSpec]:
    """Return the named sources, or all of them, where what is done must not leave one out.

    Raises:
        BadSettings: a name is unknown, or a mapped column is missing or cannot be written (all of them listed).
    """
    chosen = choose_sources(context, names, accept_types=True)
    problems = [problem for problems in chosen.stopped.values() for problem in problems]
    if problems:
        raise BadSettings(problems)
    return list(chosen.specs)


def refuse_if_none_runs(stopped: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    """Make it an error of the settings when every source is stopped."""
    if names and all(name in stopped for name in names):
        raise BadSettings([problem for name in dict.fromkeys(names) for problem in stopped[name]])


@contextmanager
def isolate_errors(spec: SourceSpec, summary: Summary) -> Iterator[None]:
    """Let what contradicts the account, also what changes while it is read, stop this source and no other."""
    try:
        yield
    except BadSettings as error:
        summary.stopped[spec.name] = list(error.problems)
    except RefusedByCaspio as error:
        summary.stopped[spec.name] = [
            f"source {spec.name!r}: {error} If a column was changed meanwhile, see `doctor`."
        ]
