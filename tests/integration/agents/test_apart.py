"""Nothing crosses accounts over MCP: every tool of the catalog with the other account's tokens, ids and paths.

The calls are made from the catalog, so that a new tool is among them, and so is each argument: one that is
neither a thing of an account nor listed as naming none fails here.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from flows.agents.resources import TEMPLATES
from flows.agents.tools.catalog import all_tools
from pipeline.model.agents import Scope
from tests.integration.agents.desk import LEGACY, MODERN, RAW, Desk, everything
from tests.integration.agents.test_tools import arguments_for

pytestmark = pytest.mark.integration

SECRET = "other-secret-text"
THEIRS = (SECRET, "Other Hardware")
"""What only the other account's records, files and documents say."""

NAMES_NOTHING = frozenset(
    {
        "status", "class", "name", "unprocessed", "page", "boxes", "records", "limit", "stale",
        "column", "least_amount", "decision", "value", "body", "where", "where_text", "page_size",
        "values", "most_records", "file", "sort_by", "descending", "method",
    }
)  # fmt: skip
"""Arguments that name no thing of an account: what is asked for or written."""

WITHOUT = frozenset({"not_found", "arguments", "scope"})
"""Kinds of errors of what is not there."""


@dataclass(frozen=True)
class Others:
    """What the other account alone has, by argument, and a token for everything there."""

    token: str
    things: Mapping[str, Any]


@pytest.fixture(scope="module")
def others(desk: Desk) -> Others:
    """Fill the other account: a table with a view's column, a file, a webhook with its event, a document, a run."""
    token = desk.token("other", RAW)
    there = desk.at("other")

    def made(tool: str, **arguments: Any) -> Any:
        return there.result(token, tool, **arguments)

    fields = [{"Name": "OtherField", "Type": "STRING"}]
    made("create_a_caspio_table", body={"Name": "OtherTable", "Fields": fields})
    for _ in range(9):
        made("create_a_caspio_record", table="OtherTable", values={"OtherField": SECRET})
    data = base64.b64encode(SECRET.encode()).decode()
    made("create_a_caspio_file", file={"name": "other-file.txt", "base64": data})
    hook = made(
        "create_a_caspio_outgoing_webhook",
        body={"Name": "other-hook", "OutgoingUrls": ["https://example.com/hook"]},
    )
    event = made(
        "create_a_caspio_webhook_event",
        webhook=hook["Id"],
        body={"EventType": "table.recordInsert", "ObjectName": "OtherTable"},
    )
    file = made("list_all_caspio_path_file_infos", path="/other-file.txt")
    plan = made("plan", source="other")
    run = made("apply", digest=plan["digest"])
    page = there.call(token, "list_all_caspio_records", {"table": "OtherTable", "page_size": 5})
    return Others(
        token,
        {
            "source": "other", "record": "9", "document": plan["changes"][0]["files"][0]["document"],
            "field": "OtherField", "fields": ["OtherField"], "group_by": ["OtherField"],
            "order_by": ["OtherField"], "digest": plan["digest"], "run_id": run["run_id"],
            "review": "0" * 20, "seen": "0" * 20, "key": file["ExternalKey"], "table": "OtherTable",
            "view": "OtherTable", "folder": "/Other", "path": "/other-file.txt",
            "webhook": hook["Id"], "event": event["Id"], "datapage": "other-id",
            # The emulator's keys of directories and pages come from their names, which both have.
            "directory": "other-id",
            "cursor": page.structured_content["next_cursor"],
        },
    )  # fmt: skip


def test_each_argument_is_a_thing_of_an_account_or_names_none(others: Others):
    """A new argument is tried with the other account's, or somebody has looked at it."""
    named = {name for tool in all_tools().values() for name in tool.properties}

    assert named - NAMES_NOTHING <= others.things.keys()
    assert not NAMES_NOTHING & others.things.keys()


@pytest.mark.parametrize("era", [MODERN, LEGACY])
def test_no_token_of_the_other_is_let_in(desk: Desk, others: Others, era: str):
    """Every tool with the other's token, in the header and in the path: refused before it is looked at."""
    before = len(desk.audit()), len(desk.audit("other"))

    for name in all_tools():
        body = {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": name, "arguments": arguments_for(name, desk)},
        }  # fmt: skip
        for path, token in (
            ("/mcp/main", {"Authorization": f"Bearer {others.token}"}),
            (f"/mcp/main/{others.token}", {}),
            (f"/mcp/main?token={others.token}", {}),
        ):
            sent = {**token, "MCP-Protocol-Version": era}
            answer = desk.request("POST", path, headers=sent, body=body)
            assert answer.status_code in {400, 401, 404}, (name, path)
            assert "main 1" not in answer.text

    assert (len(desk.audit()), len(desk.audit("other"))) == before


def swapped(tool: str, desk: Desk, others: Others, *names: str) -> dict[str, Any] | None:
    """Return a tool's arguments with these things of the other account; None where nothing differs."""
    mine = arguments_for(tool, desk)
    found = {**mine, **{name: others.things[name] for name in names}}
    return None if found == mine else found


def of_everything(desk: Desk, others: Others) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every tool with all that it requires from the other account."""
    for name, tool in all_tools().items():
        required = [one for one in tool.required if one in others.things]
        if (arguments := swapped(name, desk, others, *required)) is not None:
            yield name, arguments


def of_each(desk: Desk, others: Others) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every tool with each single argument of the other account beside its own."""
    for name, tool in all_tools().items():
        for one in tool.properties:
            if one in others.things:
                arguments = swapped(name, desk, others, one)
                if arguments is not None:
                    yield name, arguments


@pytest.mark.parametrize(
    ("made", "era"),
    [
        (of_everything, "auto"),
        pytest.param(of_everything, LEGACY, marks=pytest.mark.full),
        pytest.param(of_each, MODERN, marks=pytest.mark.full),
    ],
)
def test_the_others_things_are_unknown(
    desk: Desk,
    others: Others,
    made: Callable[[Desk, Others], Iterator[tuple[str, dict[str, Any]]]],
    era: str,
):
    """Nothing of the other account is in an answer, and what it names there is not found here."""
    token = desk.token(scope=RAW)
    calls = list(made(desk, others))

    def ask() -> Callable[[Client], Any]:
        async def all_of_them(client: Client) -> list[Any]:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

        return all_of_them

    answers = desk.with_client(ask(), token, era=era)

    assert {name for name, _ in calls} >= {
        name for name, tool in all_tools().items() if set(tool.required) & others.things.keys()
    } - {"review_decide"}
    for (name, arguments), answer in zip(calls, answers, strict=True):
        text = everything(answer)
        assert not [secret for secret in THEIRS if secret in text], (name, arguments)
        # One strange argument beside own ones may leave a tool something to find here.
        if made is of_everything and not is_link(answer):
            assert answer.is_error, (name, arguments, text)
            assert answer.structured_content["error"]["kind"] in WITHOUT, (name, text)


def is_link(answer: CallToolResult) -> bool:
    """Say whether an answer is the address of a file, which nobody has looked for yet."""
    content = answer.structured_content
    return not answer.is_error and set(content["result"]) == {"place"}


def test_no_resource_of_the_other_is_read(desk: Desk, others: Others):
    """Each address of a file, as tools answer it, at the other account and with its names here."""
    token = desk.token(scope=RAW)
    things = {**others.things, "record": "1", "path": "/other-file.txt"}

    for template, _, _ in TEMPLATES:
        place = template.replace("{?path,offset}", "?path={path}").replace("{?offset}", "")
        for account in ("other", "main"):
            uri = f"caspio://{account}/{place.format(**things)}"

            async def read(client: Client, uri: str = uri) -> Any:
                return await client.read_resource(uri)

            with pytest.raises(MCPError) as refused:
                desk.with_client(read, token)
            assert not [secret for secret in THEIRS if secret in str(refused.value)], uri


def test_a_token_without_writes_learns_no_more(desk: Desk, others: Others):
    """The usual token, with the other's things: as little as the one for everything."""
    token = desk.token(scope=Scope(per_minute=10_000))
    usual = {tool.name for tool in desk.tools(token)}
    calls = [call for call in of_everything(desk, others) if call[0] in usual]

    async def ask(client: Client) -> list[Any]:
        return [await client.call_tool(name, arguments) for name, arguments in calls]

    for (name, _), answer in zip(calls, desk.with_client(ask, token), strict=True):
        assert answer.is_error or is_link(answer), name
        assert not [secret for secret in THEIRS if secret in everything(answer)], name


def test_the_other_account_is_as_it_was(desk: Desk, others: Others):
    """After all of this, what was named is there, unchanged."""
    there = desk.at("other")

    rows = there.result(others.token, "list_all_caspio_records", table="OtherTable")
    hook = there.result(
        others.token, "get_single_caspio_outgoing_webhook_by_id", webhook=others.things["webhook"]
    )
    file = there.result(others.token, "list_all_caspio_path_file_infos", path="/other-file.txt")

    assert [row["OtherField"] for row in rows[:9]] == [SECRET] * 9
    assert hook["Name"] == "other-hook"
    assert file["ExternalKey"] == others.things["key"]
