"""Tools that change Caspio by plans: make and show one, carry it out by its digest, undo a run."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flows.agents.tools import schemas
from flows.agents.tools.paging import page_of
from flows.agents.tools.runs import report_json, run_of, watch
from flows.agents.tools.tool import Answer, Json, Method, Refusal, Tool, ToolCall
from flows.app.changes import apply_plan, undo_run
from flows.app.plan import plan_sources
from flows.app.run_report import Report
from flows.app.source_runs import new_run_id
from pipeline.errors import BadSettings
from pipeline.plans.plan_file import PlanFile, PlannedRecord, open_plan
from pipeline.plans.undo import effects_by_record
from pipeline.source_run.selection import Selection

# A planned record has all of its values: more of them would flood the context of an agent.
PAGE = 20
KEPT = timedelta(days=30)
"""Time after which a plan that an agent made is deleted."""


def listing_of_plan(arguments: Mapping[str, Any]) -> Json:
    """Return those arguments of `plan` that say what a cursor continues: the digest alone.

    Raises:
        Refusal: there is a cursor and no digest. Another plan would be made, and its second page
            shown as if it were of the first.
    """
    if "cursor" in arguments and "digest" not in arguments:
        raise Refusal("Pages are of one plan: give its digest with the cursor.")
    return {name: arguments[name] for name in ("digest",) if name in arguments}


def plan(call: ToolCall) -> Answer:
    """Make a plan of what is new or changed, or show one that was made."""
    if "digest" in call.arguments:
        return _shown(call, _find(call, call.arguments["digest"]))
    listing_of_plan(call.arguments)
    return _made(call, records=call.arguments.get("records", ()), selection=None)


def reprocess(call: ToolCall) -> Answer:
    """Make a plan from documents that are read again from the archive."""
    records = tuple(call.arguments.get("records", ()))
    stale = call.arguments.get("stale", False)
    if bool(records) == stale:
        raise Refusal("Name records, or select those that are stale.")
    return _made(call, records=(), selection=Selection(records=records, stale=stale))


def _made(call: ToolCall, *, records: Sequence[str], selection: Selection | None) -> Answer:
    specs = call.sources([call.arguments["source"]] if "source" in call.arguments else [])
    if not specs:
        raise Refusal("The token covers no source.", kind="scope")
    if records and len(specs) > 1:
        raise Refusal("Name the source of the records.")
    folder = call.account.plans
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    oldest = (call.account.clock.now() - KEPT).timestamp()
    for path in folder.glob("*.jsonl"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    with run_of(call) as context:
        made = plan_sources(
            context,
            sources=[spec.name for spec in specs],
            records=records,
            selection=selection,
            limit=call.arguments.get("limit", 100),
            file=folder / f"made-{secrets.token_hex(8)}.jsonl",
            html=None,
            watch=watch(call),
        )
    # Its digest is its name, so that `apply` finds this plan and no other.
    sealed = made.plan.path.rename(folder / f"{made.plan.seal}.jsonl")
    answer = _shown(call, open_plan(sealed, call.account.ledger.effects.plan_key()))
    result = {**answer.content["result"], "run": report_json(made.report)}
    run_id = result["run"]["run_id"]
    return Answer(
        {**answer.content, "result": result},
        records=made.plan.records,
        run_id=run_id,
        next_page=("plan", {"digest": made.plan.seal}),
    )


def _find(call: ToolCall, digest: str) -> PlanFile:
    """Return the plan with a digest, if the token covers all of its sources."""
    unknown = Refusal("There is no plan with this digest. Make one with plan.", kind="not_found")
    path = call.account.plans / f"{digest}.jsonl"
    if not path.is_file():
        raise unknown
    try:
        found = open_plan(path, call.account.ledger.effects.plan_key())
    except BadSettings as error:
        raise Refusal("The plan was changed after it was made. Make a new one.") from error
    if found.seal != digest or not found.owner.sources.keys() <= {s.name for s in call.sources()}:
        raise unknown
    return found


def _shown(call: ToolCall, found: PlanFile) -> Answer:
    """Show a page of a plan's records."""
    records, cursor = page_of(found.each(), call.arguments, size=PAGE)
    result = {
        "digest": found.seal,
        "records": found.records,
        "caspio_calls": found.cost.calls,
        "bytes": found.cost.size_bytes,
        "changes": [_change(record) for record in records],
    }
    return Answer({"result": result, "next_cursor": cursor}, records=len(records))


def _change(record: PlannedRecord) -> Json:
    return {
        "source": record.source,
        "record": record.key,
        "before": dict(record.before),
        "after": dict(record.after),
        "why": {column: asdict(basis) for column, basis in record.basis.items()},
        "files": [
            {
                "document": file.ref.version,
                "name": file.ref.name,
                "new_name": file.new_name,
                "class": file.doc_type,
                "problem": file.problem,
            }
            for file in record.files
        ],
        "suggestions": [asdict(suggestion) for suggestion in record.suggestions],
        "problems": list(record.problems),
    }


def apply(call: ToolCall) -> Answer:
    """Carry out a plan, or the named records of it."""
    found = _find(call, call.arguments["digest"])
    with run_of(call) as context:
        # Known before anything is written: a run that is stopped can be undone as well.
        call.drain.run_id = new_run_id(context)
        report = apply_plan(
            context,
            found.path,
            sources=_only(call),
            records=call.arguments.get("records", ()),
            seal=found.seal,
            run_id=call.drain.run_id,
            watch=watch(call),
        )
    return _reported(report)


def _reported(report: Report) -> Answer:
    """Return the answer of a call that has written: the report of its run."""
    result = report_json(report)
    done = sum(result["documents"].values())
    return Answer({"result": result}, records=done, run_id=result["run_id"])


def _only(call: ToolCall) -> tuple[str, ...]:
    """Return the one source that a call is limited to, if it is."""
    return (call.arguments["source"],) if "source" in call.arguments else ()


def undo(call: ToolCall) -> Answer:
    """Put back what a run of an agent changed."""
    run_id, ledger = call.arguments["run_id"], call.account.ledger
    unknown = Refusal(
        "No call of an agent made such a run. What others did, an operator undoes.",
        kind="not_found",
    )
    if not ledger.agents.run_of_agent(call.account.key, run_id):
        raise unknown
    changed = effects_by_record(ledger.effects.find(run_id=run_id), ledger, records=())
    if not changed.keys() <= {spec.name for spec in call.sources()}:
        raise unknown
    with run_of(call) as context:
        call.drain.run_id = new_run_id(context)
        report = undo_run(
            context,
            run_id,
            sources=_only(call),
            records=call.arguments.get("records", ()),
            new_id=call.drain.run_id,
            watch=watch(call),
        )
    return _reported(report)


_KEYS = {**schemas.NAMES, "description": "PK_IDs; of a folder's files the paths."}
_SOURCE = schemas.text()
TOOLS = (
    Tool(
        name="plan",
        tag="pipeline",
        method=Method.CUSTOM,
        description=(
            "Read what is new or changed and plan values and file names; Caspio is not changed. "
            "Show the plan to the user, then call apply with its digest. With digest, show an "
            "existing plan, and with cursor its next page."
        ),
        properties={
            "source": _SOURCE,
            "records": _KEYS,
            "limit": schemas.count(most=1_000, default=100),
            "digest": schemas.DIGEST,
            "cursor": schemas.CURSOR,
        },
        result=schemas.OBJECT,
        more=schemas.NEXT,
        run=plan,
        container="source",
        is_shown=True,
        reads_only=False,
    ),
    Tool(
        name="apply",
        tag="pipeline",
        method=Method.UPDATE,
        description=(
            "Carry out the plan with this digest, or some records of it. A record that has "
            "changed since is left alone. Returns a run_id for undo."
        ),
        properties={"digest": schemas.DIGEST, "source": _SOURCE, "records": _KEYS},
        required=("digest",),
        result=schemas.OBJECT,
        run=apply,
        is_shown=True,
        reads_only=False,
        destroys=True,
    ),
    Tool(
        name="undo",
        tag="pipeline",
        method=Method.UPDATE,
        description=(
            "Put back what the run of an apply wrote and renamed, where nobody changed it since."
        ),
        properties={"run_id": schemas.text(most=100), "source": _SOURCE, "records": _KEYS},
        required=("run_id",),
        result=schemas.OBJECT,
        run=undo,
        is_shown=True,
        reads_only=False,
        destroys=True,
    ),
    Tool(
        name="reprocess",
        tag="pipeline",
        method=Method.CUSTOM,
        description=(
            "Read documents again from the archive and make a plan for apply; plan shows its pages."
        ),
        properties={
            "source": _SOURCE,
            "records": _KEYS,
            "stale": schemas.flag("Those that the present code or settings would read otherwise."),
            "limit": schemas.count(most=1_000, default=100),
        },
        required=("source",),
        result=schemas.OBJECT,
        more=schemas.NEXT,
        run=reprocess,
        container="source",
        reads_only=False,
    ),
)
