"""All tools in their order, and those that a token may see and call."""

from collections.abc import Mapping
from functools import cache

from flows.agents.tools import account, documents, plans, review
from flows.agents.tools.operations import operation_tools
from flows.agents.tools.tool import METHOD_GROUPS, TAGS, Tool
from pipeline.model.agents import Scope


@cache
def all_tools() -> Mapping[str, Tool]:
    """Return every tool by name, in the order of the groups and then of their modules."""
    tools = [*documents.TOOLS, *plans.TOOLS, *account.TOOLS, *review.TOOLS, *operation_tools()]
    return {tool.name: tool for tool in sorted(tools, key=lambda tool: TAGS.index(tool.tag))}


def visible_tools(scope: Scope) -> tuple[Tool, ...]:
    """Return the tools that a scope covers, in order; only these can be called."""
    return tuple(tool for tool in all_tools().values() if covers(scope, tool))


def covers(scope: Scope, tool: Tool) -> bool:
    """Say whether a scope covers a tool: every part of the scope must."""
    if tool.is_raw and not scope.raw_writes:
        return False
    if scope.is_narrowed and not _fits_narrowed(scope, tool):
        return False
    # A tool that is named needs no group: its name is the narrowest scope there is.
    is_named = tool.name in scope.methods
    in_group = tool.tag in scope.tags if scope.tags else tool.is_shown
    by_method = not scope.methods or any(
        tool.method in METHOD_GROUPS.get(name, frozenset({name})) for name in scope.methods
    )
    return is_named or (in_group and by_method)


def _fits_narrowed(scope: Scope, tool: Tool) -> bool:
    if not tool.for_narrowed:
        return False
    needs = {"table": scope.tables, "view": scope.views}.get(tool.container)
    return needs is None or bool(needs)


def unknown_parts(scope: Scope) -> list[str]:
    """Return a sentence for every method and tag of a scope that there is not."""
    methods = {*METHOD_GROUPS, *(method for group in METHOD_GROUPS.values() for method in group)}
    problems = [
        f"{name!r} is neither a method ({', '.join(sorted(methods))}) nor a tool."
        for name in scope.methods
        if name not in methods and name not in all_tools()
    ]
    return problems + [
        f"There is no tag {name!r}. Tags: {', '.join(TAGS)}."
        for name in scope.tags
        if name not in TAGS
    ]
