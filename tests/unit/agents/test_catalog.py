"""Which tools there are, what clients see of them, and which of them a token may call."""

import hashlib
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from flows.agents.server import described
from flows.agents.tools.catalog import all_tools, covers, unknown_parts, visible_tools
from flows.agents.tools.names import named_operations
from flows.agents.tools.tool import TAGS, Method, Tool
from pipeline.adapters.caspio.client.operations import OPERATIONS
from pipeline.model.agents import Scope

PUBLISHED = Path(__file__).parent / "published_names.txt"
USUAL = Scope()
WHOLE = Scope(tags=TAGS, raw_writes=True)
MOST_TOKENS = 6_000
CHARS_PER_TOKEN = 4
SEEN = "2aef98af6d9575ddb12f417b32da214f42a1151d1f250974d5793374fe90ff7d"
"""SHA-256 over all that clients see. A new one means that every client's user should look again."""


def seen(tools: tuple[Tool, ...], *, raw_where: bool = False) -> str:
    """Return what a client is sent for these tools."""
    listed = [
        described(tool, raw_where=raw_where).model_dump(
            mode="json", by_alias=True, exclude_none=True
        )
        for tool in tools
    ]
    return json.dumps(listed, separators=(",", ":"), ensure_ascii=False)


def names(scope: Scope) -> set[str]:
    """Return the names of the tools of a scope."""
    return {tool.name for tool in visible_tools(scope)}


def test_every_operation_is_a_tool_under_its_published_name():
    """The 70 names are those that other servers publish, each for an operation of its own."""
    named = named_operations()

    assert [one.name for one in named] != []
    assert {one.name for one in named} == set(PUBLISHED.read_text(encoding="utf-8").split())
    assert sorted(one.operation for one in named) == sorted(OPERATIONS)


def test_every_schema_is_one_of_2020_12():
    """Input and output of every tool are valid schemas, objects at their root."""
    for tool in all_tools().values():
        shown = described(tool, raw_where=True)
        for schema in (shown.input_schema, shown.output_schema):
            assert schema is not None
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
        assert set(shown.input_schema.get("required", ())) <= set(shown.input_schema["properties"])


def test_what_clients_see_is_constant():
    """Names, descriptions and schemas change with the package and never by themselves."""
    text = seen(visible_tools(WHOLE), raw_where=True)

    assert hashlib.sha256(text.encode()).hexdigest() == SEEN


def test_the_usual_list_is_small():
    """About fifteen tools are shown by default, in at most 6,000 tokens."""
    usual = visible_tools(USUAL)

    assert 12 <= len(usual) <= 18
    assert len(seen(usual)) / CHARS_PER_TOKEN <= MOST_TOKENS


def test_the_order_is_that_of_the_groups():
    """Two lists have the same order: by group, and within it as written down."""
    order = [TAGS.index(tool.tag) for tool in visible_tools(WHOLE)]

    assert order == sorted(order)
    assert visible_tools(WHOLE) == visible_tools(WHOLE)


def test_the_usual_token_sends_nothing_anywhere():
    """No tool of it reaches a webhook, a user, an import or a deployment, or writes without a plan."""
    for tool in visible_tools(USUAL):
        assert tool.tag not in {"webhooks", "users", "tasks", "apps"}
        assert not tool.is_raw


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_shows_its_group_alone(tag: str):
    """With a tag, a token has this group in place of the usual tools."""
    shown = visible_tools(Scope(tags=(tag,), raw_writes=True))

    assert shown
    assert {tool.tag for tool in shown} == {tag}


def test_a_raw_write_needs_its_own_scope():
    """Without it, no combination of methods and tags has a tool that writes without a plan."""
    raw = {tool.name for tool in all_tools().values() if tool.is_raw}
    named = Scope(methods=tuple(all_tools()), tags=TAGS)

    assert not names(named) & raw
    assert raw <= names(WHOLE)


def test_every_write_of_caspio_is_raw():
    """What changes Caspio is `apply`, `undo` and `review_decide`, or a raw write."""
    for one in named_operations():
        assert all_tools()[one.name].is_raw is (OPERATIONS[one.operation].method != "GET")


@pytest.mark.parametrize(
    ("methods", "kept"),
    [
        (("read",), {Method.LIST, Method.GET}),
        (("list",), {Method.LIST}),
        (("write",), {Method.CREATE, Method.UPDATE, Method.DELETE}),
        (("custom",), {Method.CUSTOM}),
        (("delete", "get"), {Method.DELETE, Method.GET}),
    ],
)
def test_methods_narrow(methods: tuple[str, ...], kept: set[Method]):
    """A scope with methods has tools of these alone: read-only, write-only or a choice."""
    shown = visible_tools(Scope(methods=methods, tags=TAGS, raw_writes=True))

    assert {tool.method for tool in shown} == kept


def test_single_tools_can_be_named():
    """A scope of names has these tools and no other."""
    assert names(Scope(methods=("budget", "reprocess"))) == {"budget", "reprocess"}


def test_a_token_for_tables_reaches_nothing_that_is_not_theirs():
    """With tables, whatever else there is in the account has no tool: files, views, users, webhooks."""
    scope = Scope(tags=TAGS, tables=("Receipts",), raw_writes=True)

    for tool in visible_tools(scope):
        assert tool.container in {"", "table", "source"}
        assert tool.tag not in {"files", "webhooks", "tasks", "apps", "users"}
    assert not covers(scope, all_tools()["create_a_caspio_table"])
    assert not covers(scope, all_tools()["list_all_caspio_view_records"])
    assert covers(scope, all_tools()["list_all_caspio_records"])


def test_what_a_tool_does_is_said():
    """Reading tools say so, and what overwrites or deletes is marked as destructive."""
    shown = {
        name: described(tool, raw_where=False).annotations for name, tool in all_tools().items()
    }
    for name, hints in shown.items():
        assert hints is not None
        if name.startswith(("list_all_", "get_single_")):
            assert (hints.read_only_hint, hints.destructive_hint) == (True, False)
        if name.startswith(("delete_", "update_")) or name in {"apply", "undo"}:
            assert (hints.read_only_hint, hints.destructive_hint) == (False, True)


def test_a_mistaken_scope_is_refused():
    """A method, tool or tag that there is not is named."""
    problems = unknown_parts(Scope(methods=("read", "plna"), tags=("tabels",)))

    assert [word in problem for word, problem in zip(("plna", "tabels"), problems, strict=True)]
