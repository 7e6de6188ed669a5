"""Agents' tools, tokens and calls as tables on a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from flows.terminal.tables import table_of
from pipeline.wording import counted

if TYPE_CHECKING:
    from flows.agents.tools.tool import Tool
    from pipeline.model.agents import AgentCall


def tools_table(tools: "Sequence[Tool]") -> Table:
    """Return one row per tool: its group and method, who has it, and what it does."""
    table = table_of("Tool", "Tag, method", "By default", "What it does", whole="Tool")
    for tool in tools:
        kind = f"{tool.tag}\n{tool.method}" + ("\nraw write" if tool.is_raw else "")
        table.add_row(tool.name, kind, "yes" if tool.is_shown else "", Text(tool.description))
    return table


def audit_table(calls: "Sequence[AgentCall]") -> Table:
    """Return one row per call: when and with which token, what was done, and what it cost."""
    table = table_of("At (UTC), token", "Tool, state", "What it did", whole="At (UTC), token")
    for call in calls:
        costs = f"{counted(call.records, 'record')}, {counted(call.calls, 'Caspio call')}"
        lines = [costs, call.run_id and f"run {call.run_id}", call.note]
        table.add_row(
            f"{call.at:%Y-%m-%d %H:%M:%S}\n{call.token_id}",
            f"{call.tool}\n{call.state}",
            # Text: a note may quote what a document or a client said.
            "\n".join(filter(None, lines)),
        )
    return table


def tokens_table(found: Sequence[Mapping[str, object]]) -> Table:
    """Return one row per token, as `mcp token list --json` has it."""
    table = table_of("Id", "Name", "Valid", "Until", "Last used", "Scope")
    for one in found:
        until, used = str(one["expires_at"])[:10], str(one["last_used_at"] or "never")[:16]
        row = (str(one["id"]), Text(str(one["name"])), "yes" if one["valid"] else "no")
        scope = _scope_text(dict(one["scope"]))  # type: ignore[call-overload]
        table.add_row(*row, until, used, scope)
    return table


def _scope_text(scope: Mapping[str, object]) -> str:
    # One part in a line: side by side, a column of a terminal would break words.
    parts = []
    for name, value in scope.items():
        words = name.replace("_", " ")
        if isinstance(value, tuple | list):
            parts += [f"{words}: {', '.join(map(str, value))}"] if value else []
        elif value:
            parts.append(words if value is True else f"{words}: {value}")
    return "\n".join(parts)
