"""Write a proposal as a settings file that users can read and change. Pure."""

import json
import re
from collections.abc import Iterator

from pipeline.metering.budget import calls_to_write
from pipeline.model.schema import Container
from pipeline.onboarding.proposal import Proposal, ProposedSource

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_RENAME_EXAMPLE = (
    '# rename = "{{ date }} {{ company }} {{ doc_type }}"  # gives the files better names; each '
    f"takes {calls_to_write(renamed=1)} calls, in the Files area {calls_to_write(moved=1)} or more"
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
    for container, reason in proposal.left_out:
        fields = ", ".join(field.name for field in container.fields)
        what = f"{_kind(container)} {_on_one_line(container.name)}"
        what += f" ({_on_one_line(fields)})" if fields else ""
        lines += ["", f"# {what} is left out: {_on_one_line(reason)}."]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _source(source: ProposedSource) -> Iterator[str]:
    container = source.container
    yield "[[sources]]"
    yield f"name = {quoted(source.name)}"
    if source.folder is not None:
        yield f"folder = {quoted(source.folder)}  # of the Files area, with its subfolders"
    else:
        yield f"{_kind(container)} = {quoted(container.name)}"
        yield _fields(source)
    yield _RENAME_EXAMPLE if source.rename is None else f"rename = {quoted(source.rename)}"
    if source.reprocess_column:
        column = quoted(source.reprocess_column)
        yield f"reprocess_column = {column}  # set it in a record, and its files are read again"
    if source.folder is not None:
        yield "[sources.index]  # one row for each file that no record refers to"
        yield f"table = {quoted(container.name)}"
        yield f"path_column = {quoted(source.path_column)}"
    if source.review is not None:
        yield "[sources.review]  # users decide there on values that are not written"
        yield f"table = {quoted(source.review)}"
    yield "[sources.columns]"
    for match in source.columns:
        yield f"{_key(match.column)} = {quoted(match.finding)}  # {_on_one_line(match.why)}"
    for match in source.unsure:
        entry = f"{_on_one_line(_key(match.column))} = {quoted(match.finding)}"
        yield f"# {entry}  # not sure: {_on_one_line(match.objection)}"


def _fields(source: ProposedSource) -> str:
    """Return the line that names the file fields; a comment where all of them are read."""
    if source.fields:
        return f"fields = [{', '.join(quoted(name) for name in source.fields)}]"
    fields = ", ".join(f"{field.name} ({field.type})" for field in source.container.fields)
    return f"# fields = […]  # without this line, all of them: {_on_one_line(fields)}"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else quoted(name)


def _kind(container: Container) -> str:
    return "view" if container.is_view else "table"


def _on_one_line(text: str) -> str:
    """Return a text as a comment can hold it: on one line, without control characters."""
    return "".join(char if char.isprintable() else " " for char in text)
