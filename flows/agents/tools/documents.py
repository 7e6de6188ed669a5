"""Tools for documents: find them, read them page by page, explain what became of a record."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from flows.agents.tools import schemas
from flows.agents.tools.paging import page_of
from flows.agents.tools.runs import run_of
from flows.agents.tools.tool import Answer, Json, Link, Method, Refusal, Tool, ToolCall
from flows.app.explain import lives_of
from flows.app.plan import plan_sources
from flows.app.source_runs import make_source_run, new_run_id, within_budget
from flows.app.sources import require_sources
from pipeline.model import FileRef, Findings
from pipeline.ports import FileState
from pipeline.record import new_records

# Every limit here keeps one answer small enough for the context of a model.
PAGE = 20
MOST_PAGE_CHARS = 20_000
MOST_VERSIONS = 20
MOST_LINES = 200
_MOST_LINE_BYTES = 8 * 2**20  # of pages.json, which has one page a line


def find_documents(call: ToolCall) -> Answer:
    """List documents that the ledger knows or, with `unprocessed`, that Caspio has."""
    arguments = call.arguments
    specs = call.sources([arguments["source"]] if "source" in arguments else [])
    if not arguments.get("unprocessed"):
        states = partial(call.account.ledger.files.states, pk=arguments.get("record"))
        known = (_known(state) for spec in specs for state in states(source=spec.name))
        found, cursor = page_of(_matching(known, arguments), arguments, size=PAGE)
        return Answer({"result": found, "next_cursor": cursor}, records=len(found))

    def listed() -> Iterator[Json]:
        for spec in require_sources(context, [spec.name for spec in specs]):
            run = make_source_run(context, spec, new_run_id(context), yes=False)
            records = new_records(run, on_unchanged=lambda _: None)
            for work in within_budget(context, records):
                for ref in work.files:
                    yield {**_place(ref), "status": "unprocessed", "class": None}

    with run_of(call) as context:
        found, cursor = page_of(_matching(listed(), arguments), arguments, size=PAGE)
    return Answer({"result": found, "next_cursor": cursor}, records=len(found))


def _matching(entries: Iterator[Json], arguments: Mapping[str, Any]) -> Iterator[Json]:
    """Keep the entries that have the wanted status, class, record and part of a name."""
    wanted = {name: arguments[name] for name in ("status", "class", "record") if name in arguments}
    part = arguments.get("name", "").casefold()
    for entry in entries:
        if part in entry["name"].casefold() and all(entry[n] == v for n, v in wanted.items()):
            yield entry


def _place(ref: FileRef) -> Json:
    return {
        "document": ref.version,
        "source": ref.source,
        "record": ref.pk,
        "field": ref.field,
        "path": ref.path,
        "name": ref.name,
        "bytes": ref.size_bytes,
    }


def _known(state: FileState) -> Json:
    outcome = state.outcome
    status = outcome.state if outcome else str(state.stage)
    doc_type = outcome.doc_type if outcome else None
    return {**_place(state.ref), "status": status, "class": doc_type}


def read_document(call: ToolCall) -> Answer:
    """Return a page of a document with its values; read it first where nobody has."""
    state = _find(call)
    if state is None or _reading(call, state) is None:
        _read_now(call, state)
        state = _find(call)
    reading = _reading(call, state) if state else None
    if state is None or reading is None:
        raise Refusal("There is no such document, or it could not be read.", kind="not_found")
    findings, prefix = reading
    number = call.arguments.get("page", 1)
    page = _page(call, f"{prefix}/pages.json", number)
    result = {
        **_place(state.ref),
        "media_type": findings.media_type,
        "status": str(findings.status),
        "problems": list(findings.problems),
        "class": findings.doc_type.value,
        "values": {name: asdict(value) for name, value in findings.fields.items()},
        "page": page,
    }
    place = f"documents/{state.version}/original"
    link = Link(place, state.ref.name, findings.media_type, state.ref.size_bytes)
    return Answer({"result": result}, records=1, links=(link,))


def _find(call: ToolCall) -> FileState | None:
    """Return the document that the arguments name, if the token may see its source."""
    arguments, files = call.arguments, call.account.ledger.files
    names = {spec.name for spec in call.sources()}
    if "document" in arguments:
        state = files.state(arguments["document"])
        return state if state is not None and state.ref.source in names else None
    if "source" not in arguments or "record" not in arguments:
        raise Refusal("Name a document, or a source and a record.")
    (spec,) = call.sources([arguments["source"]])
    for state in files.states(source=spec.name, pk=arguments["record"]):
        if arguments.get("field") in {None, state.ref.field}:
            return state
    return None


def _reading(call: ToolCall, state: FileState) -> tuple[Findings, str] | None:
    if state.sha256 is None or state.fingerprint is None:
        return None
    return call.account.ledger.files.reading(state.sha256, state.fingerprint)


def _read_now(call: ToolCall, state: FileState | None) -> None:
    """Fetch, archive and read a record's files by planning it."""
    record = call.arguments.get("record")
    source = call.arguments.get("source")
    if state is not None:
        source = state.ref.source
        record = state.ref.pk or state.ref.path
    if source is None or record is None:
        return
    with run_of(call) as context, tempfile.TemporaryDirectory() as name:
        # The plan is dropped: it was only made to read what is planned with.
        file = Path(name) / "plan.jsonl"
        plan_sources(context, sources=[source], records=[record], limit=None, file=file, html=None)


def _page(call: ToolCall, key: str, number: int) -> Json | None:
    """Return one page of pages.json, cut to what an answer may have; None where there is none."""
    archive = call.account.archive
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "pages.json"
        if archive.head(key) is None:
            return None
        archive.get(key, path)
        with path.open("rb") as lines:
            # The first line is the head of the file; every page is one line.
            line = next(islice(lines, number, number + 1), b"").strip().rstrip(b",")
    if not line.startswith(b'{"number"') or len(line) > _MOST_LINE_BYTES:
        return None
    page: Json = json.loads(line)
    text = page["text"]
    shown: Json = {
        "number": page["number"],
        "text": text[:MOST_PAGE_CHARS],
        "is_cut": len(text) > MOST_PAGE_CHARS,
        "width_pt": page["width_pt"],
        "height_pt": page["height_pt"],
        "confidence": page["confidence"],
    }
    if call.arguments.get("boxes"):
        lines_of_page = page["lines"][:MOST_LINES]
        shown["lines"] = [{"text": one["text"], "box": one["box"]} for one in lines_of_page]
    return shown


def explain(call: ToolCall) -> Answer:
    """Return everything the ledger knows of a record's files."""
    (spec,) = call.sources([call.arguments["source"]])
    lives = lives_of(
        spec.name,
        call.arguments["record"],
        call.arguments.get("field"),
        ledger=call.account.ledger,
        archive=call.account.archive,
    )
    # Where the archive is, is the operator's business; an agent reads it through resources.
    shown = [
        {name: value for name, value in life.items() if name not in {"archive", "original"}}
        for life in lives[-MOST_VERSIONS:]
    ]
    return Answer({"result": shown}, records=len(shown))


_SOURCE = schemas.text()
_RECORD = schemas.text("PK_ID; of a folder's file the path.")

TOOLS = (
    Tool(
        name="find_documents",
        tag="pipeline",
        method=Method.LIST,
        description=(
            "List documents of the sources with their state. unprocessed asks Caspio for files "
            "that are new, changed or not written yet."
        ),
        properties={
            "source": _SOURCE,
            "record": _RECORD,
            "status": schemas.text(),
            "class": schemas.text("Such as receipt."),
            "name": schemas.text("A part of the file's name."),
            "unprocessed": {"type": "boolean"},
            "cursor": schemas.CURSOR,
        },
        result=schemas.ROWS,
        more=schemas.NEXT,
        run=find_documents,
        container="source",
        is_shown=True,
    ),
    Tool(
        name="read_document",
        tag="pipeline",
        method=Method.GET,
        description=(
            "Read a page of a document: text, class and values with confidence, page and box in "
            "points. The document is read first if nobody has read it."
        ),
        properties={
            "document": schemas.text("As find_documents lists it."),
            "source": _SOURCE,
            "record": _RECORD,
            "field": schemas.text(),
            "page": schemas.count(most=10_000, default=1),
            "boxes": schemas.flag("Also the lines with their boxes."),
        },
        result=schemas.OBJECT,
        run=read_document,
        container="source",
        is_shown=True,
        reads_only=False,
    ),
    Tool(
        name="explain",
        tag="pipeline",
        method=Method.GET,
        description="Show the history of a record's files: versions, values, writes, decisions.",
        properties={"source": _SOURCE, "record": _RECORD, "field": schemas.text()},
        required=("source", "record"),
        result=schemas.ROWS,
        run=explain,
        container="source",
        is_shown=True,
    ),
)
