"""The classes that documents can have, and the class that a user says they have."""

from collections.abc import Sequence

from flows.app.reading import own_rules
from pipeline.errors import raise_problems
from pipeline.findings import NO_CLASS
from pipeline.settings import Settings
from pipeline.source_run.selection import Selection


def classes(settings: Settings) -> Sequence[str]:
    """Return the classes that documents can have, in order: ours, or those of the user's rules."""
    from processors.classify.rules import load_rules, parse_rules

    text = own_rules(settings.processing.rules)
    rules = parse_rules(text) if text else load_rules()
    return sorted({NO_CLASS, *(rule.doc_class for rule in rules.rules)})


def require_class(settings: Settings, selection: Selection | None) -> None:
    """Check the class that a user says the selected documents have, if one is said.

    Raises:
        BadSettings: there is no such class, or nobody says of which documents it is the class.
    """
    if selection is None or not selection.as_class:
        return
    problems = []
    known = classes(settings)
    if selection.as_class not in known:
        named = ", ".join(known)
        problems.append(f"There is no class {selection.as_class!r}. The classes are: {named}.")
    # The class stays with what is read, so it is never said of a whole source by mistake.
    if selection.stale or not (selection.records or selection.where or selection.since):
        problems.append(
            "A class is said of chosen documents: name them by record, by a WHERE clause or by a "
            "day, and not by whether they are stale."
        )
    raise_problems(problems)
