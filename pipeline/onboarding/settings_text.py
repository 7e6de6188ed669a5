"""Write a proposal down as a settings file that a person can read and change. Pure: a proposal in, TOML out."""

import json
import re
from collections.abc import Iterator

from pipeline.model.schema import Container
from pipeline.onboarding.proposal import Proposal, ProposedSource

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def settings_text(url: str, proposal: Proposal) -> str:
    """Return the file: the account, the archive and each source, with the columns nobody can be sure of as comments."""
    lines = [
        "# Settings of caspio-ingest, proposed by `caspio-ingest init`.",
        "# docs/configuration.md describes all settings.",
        "# Secrets are not kept here: export CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET.",
        "",
        "[caspio]",
        f"url = {quoted(url)}",
        "",
        "[archive]",
        'url = "file:archive"  # a folder beside this file; or "s3://bucket/prefix"',
    ]
    for source in proposal.sources:
        lines += ["", *_source(source)]
    if proposal.folder:
        lines += ["", "[[sources]]", 'name = "files"', 'folder = "/"']
    for container, why in proposal.left_out:
        lines += [
            "",
            f"# {_kind(container)} {_commented(container.name)} is left out: {_commented(why)}.",
        ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def _kind(container: Container) -> str:
    return "view" if container.is_view else "table"


def _source(source: ProposedSource) -> Iterator[str]:
    container = source.container
    fields = ", ".join(f"{field.name} ({field.type})" for field in container.fields)
    yield "[[sources]]"
    yield f"name = {quoted(source.name)}"
    yield f"{_kind(container)} = {quoted(container.name)}"
    yield f"# fields = […]  # left out, it is all of: {_commented(fields)}"
    yield '# rename = "{{ date }} {{ company }} {{ doc_type }}"  # gives the files better names; one call more for each'
    if source.tick:
        yield f"reprocess_column = {quoted(source.tick)}  # tick it in a record, and its files are read again"
    yield "[sources.columns]"
    for match in source.columns:
        yield f"{_key(match.column)} = {quoted(match.finding)}  # {_commented(match.why)}"
    for match in source.unsure:
        yield f"# {_commented(_key(match.column))} = {quoted(match.finding)}  # not sure: {_commented(match.objection)}"


def _commented(text: str) -> str:
    """Return a text as it can stand in a comment: on one line, without control characters."""
    return "".join(char if char.isprintable() else " " for char in text)
