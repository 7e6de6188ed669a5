"""Write a proposal as a settings file that users can read and change. Pure."""

import json
import re
from collections.abc import Iterator

from pipeline.model.schema import Container
from pipeline.onboarding.proposal import Proposal, ProposedSource

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_RENAME_EXAMPLE = (
    '# rename = "{{ date }} {{ company }} {{ doc_type }}"  # gives the files better names; it '
    "takes one more call for each"
)


def settings_text(url: str, proposal: Proposal) -> str:
    """Return the file: account, archive and each source; columns that are not sure are comments."""
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
    for container, reason in proposal.left_out:
        what = f"{_kind(container)} {_on_one_line(container.name)}"
        lines += ["", f"# {what} is left out: {_on_one_line(reason)}."]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _source(source: ProposedSource) -> Iterator[str]:
    container = source.container
    fields = ", ".join(f"{field.name} ({field.type})" for field in container.fields)
    yield "[[sources]]"
    yield f"name = {quoted(source.name)}"
    yield f"{_kind(container)} = {quoted(container.name)}"
    yield f"# fields = […]  # without this line, all of them: {_on_one_line(fields)}"
    yield _RENAME_EXAMPLE
    if source.reprocess_column:
        column = quoted(source.reprocess_column)
        yield f"reprocess_column = {column}  # set it in a record, and its files are read again"
    yield "[sources.columns]"
    for match in source.columns:
        yield f"{_key(match.column)} = {quoted(match.finding)}  # {_on_one_line(match.why)}"
    for match in source.unsure:
        entry = f"{_on_one_line(_key(match.column))} = {quoted(match.finding)}"
        yield f"# {entry}  # not sure: {_on_one_line(match.objection)}"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else quoted(name)


def _kind(container: Container) -> str:
    return "view" if container.is_view else "table"


def _on_one_line(text: str) -> str:
    """Return a text as a comment can hold it: on one line, without control characters."""
    return "".join(char if char.isprintable() else " " for char in text)
