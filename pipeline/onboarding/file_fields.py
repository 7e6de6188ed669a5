"""Decide which file fields are sources of their own, and whose each column is. Pure."""

from collections.abc import Mapping, Sequence

from pipeline.model.schema import Container
from pipeline.onboarding.column_matching import Match, words_of
from pipeline.onboarding.sample_documents import SampleDocument, of_container, usual_class

# Words that say nothing about which documents a field has.
_GENERAL_WORDS = frozenset(
    {"scan", "file", "document", "doc", "attachment", "upload", "pdf", "copy", "image", "date"}
)


def own_columns(container: Container) -> dict[str, str]:
    """Return, by column, the one field that its name shares a word with: SlipTotal and CardSlip."""
    owners: dict[str, str] = {}
    words = {one.name: set(words_of(one.name)) - _GENERAL_WORDS for one in container.fields}
    for column in container.columns:
        mine = set(words_of(column))
        found = [field for field in words if mine & words[field] and column != field]
        if len(found) == 1:
            owners[column] = found[0]
    return owners


def fields_alike(
    container: Container, samples: Sequence[SampleDocument], owners: Mapping[str, str]
) -> tuple[tuple[str, ...], ...]:
    """Return the names of the file fields, those with documents of one kind together.

    The kind is the class of the documents that were read or, where none was, what the name says:
    Photo1 and Photo2 are alike, Invoice and Contract are not. A field with columns of its own is a
    kind of its own.
    """
    classes = {one.name: usual_class(samples, container, one.name) for one in container.fields}
    are_known = all(classes.values())
    groups: dict[tuple[str, str], list[str]] = {}
    for one in container.fields:
        stem = "".join(words_of(one.name)).rstrip("0123456789")
        kind = str(classes[one.name]) if are_known else stem
        own = one.name if one.name in owners.values() else ""
        groups.setdefault((kind, own), []).append(one.name)
    return tuple(tuple(group) for group in groups.values())


def group_of(
    match: Match,
    groups: Sequence[Sequence[str]],
    container: Container,
    samples: Sequence[SampleDocument],
) -> int:
    """Return the number of the group whose documents have a value; the first if none was read."""
    mine = of_container(samples, container)
    found = [
        sum(one.ref.field in group and match.finding in one.values for one in mine)
        for group in groups
    ]
    return found.index(max(found))
