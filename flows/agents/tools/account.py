"""Tools for the account as a whole: compare it, its budget, and what was learned."""

from flows.agents.tools import schemas
from flows.agents.tools.runs import run_of, watch
from flows.agents.tools.tool import Answer, Method, Tool, ToolCall
from flows.app.learning.state import learning_of
from flows.app.verify import verify as compare
from pipeline.metering.budget import Priority

# A page of an answer has to fit into the context of a model; the command shows everything.
SHOWN = 50
PAGE = 10


def verify(call: ToolCall) -> Answer:
    """Compare source, ledger and archive; repair nothing."""
    named = [call.arguments["source"]] if "source" in call.arguments else []
    specs = call.sources(named)
    # Without names the archive is compared as well, which has the documents of all sources.
    whole = not named and not call.scope.is_narrowed
    with run_of(call) as context:
        report = compare(
            context,
            sources=() if whole else [spec.name for spec in specs],
            limit=call.arguments.get("limit", 1_000),
            watch=watch(call),
        )
        document = report.as_json(context.client.calls)
    kept = ("run_id", "complete", "differences", "plan", "caspio_calls")
    result = {name: document[name] for name in kept}
    result["plan"] = result["plan"][:SHOWN]
    run_id = report.run_id
    return Answer({"result": result}, records=report.files, run_id=run_id)


def budget(call: ToolCall) -> Answer:
    """Say how many Caspio calls of the month are used, and how many are left for agents."""
    account = call.account
    allowance = account.settings.caspio.allowance
    used = account.ledger.usage.this_month(account.key)
    result = {
        "monthly_calls": allowance.monthly_calls,
        "used": used.calls,
        "left": allowance.left(Priority.NEW, used.calls),
        "token_share": call.scope.budget_share,
    }
    return Answer({"result": result})


def learn_status(call: ToolCall) -> Answer:
    """Say how often learned values agreed with what people typed, and what is still missing."""
    specs = call.sources([call.arguments["source"]] if "source" in call.arguments else [])
    account = call.account
    # Without a source the token may touch, nothing is named, which would mean all.
    names = [spec.name for spec in specs]
    states = learning_of(account.settings, account.ledger, names) if names else []
    result = [
        {"source": state.source, "says": list(state.lines()), "columns": list(state.as_json())}
        for state in states
    ]
    return Answer({"result": result}, records=len(result))


TOOLS = (
    Tool(
        name="verify",
        tag="pipeline",
        method=Method.GET,
        description="Compare source, ledger and archive, and say what differs. Repairs nothing.",
        properties={
            "source": schemas.text(),
            "limit": schemas.count(most=10_000, default=1_000),
        },
        result=schemas.OBJECT,
        run=verify,
        container="source",
        is_shown=True,
        reads_only=False,
    ),
    Tool(
        name="budget",
        tag="pipeline",
        method=Method.GET,
        description="Show the Caspio calls of this month: used, left, and this token's share.",
        properties={},
        result=schemas.OBJECT,
        run=budget,
        is_shown=True,
    ),
    Tool(
        name="learn_status",
        tag="pipeline",
        method=Method.GET,
        description="Show what is learned from filled records: how often it was right, by column.",
        properties={"source": schemas.text()},
        result=schemas.ROWS,
        run=learn_status,
        container="source",
        is_shown=True,
    ),
)
