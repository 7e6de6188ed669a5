"""Column names in SQL: bracketed where they must be, refused where the schema has none such."""

import difflib
import re
from collections.abc import Container, Iterable

from pipeline.adapters.caspio.client.errors import Misconfigured

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# SQL Server's reserved words and, further down, those of other dialects: Caspio parses a clause
# before SQL Server does, and what it parses with is not known.
_RESERVED = re.compile(
    r"add|all|alter|and|any|as|asc|authorization|backup|begin|between|break|browse|bulk|by|"
    r"cascade|case|check|checkpoint|close|clustered|coalesce|collate|column|commit|compute|"
    r"constraint|contains|continue|convert|create|cross|current|cursor|database|dbcc|deallocate|"
    r"declare|default|delete|deny|desc|disk|distinct|distributed|double|drop|dump|else|end|"
    r"errlvl|escape|except|exec|execute|exists|exit|external|fetch|file|fillfactor|for|foreign|"
    r"freetext|from|full|function|goto|grant|group|having|holdlock|identity|if|in|index|inner|"
    r"insert|intersect|into|is|join|key|kill|left|like|lineno|load|merge|national|nocheck|"
    r"nonclustered|not|null|nullif|of|off|offsets|on|open|option|or|order|outer|over|percent|"
    r"pivot|plan|precision|primary|print|proc|procedure|public|raiserror|read|reconfigure|"
    r"references|replication|restore|restrict|return|revert|revoke|right|rollback|rowcount|rule|"
    r"save|schema|select|set|setuser|shutdown|some|statistics|system_user|table|tablesample|"
    r"textsize|then|to|top|tran|transaction|trigger|truncate|union|unique|unpivot|update|"
    r"updatetext|use|user|values|varying|view|waitfor|when|where|while|with|within|writetext|"
    # Other dialects.
    r"analyze|cache|call|comment|connect_by_root|copy|current_date|current_time|"
    r"current_timestamp|current_user|describe|explain|false|glob|go|ilike|lateral|notnull|"
    r"optimize|partitioned_by|pragma|prepare|qualify|regexp|rename|rlike|session_user|show|true|"
    r"uncache|using|vacuum|xor",
    re.IGNORECASE,
)


def name(column: str) -> str:
    """Return a column's name as SQL, bracketed only where it must be."""
    if _PLAIN_NAME.fullmatch(column) and not _RESERVED.fullmatch(column):
        return column
    return "[" + column.replace("]", "]]") + "]"


def require_known(columns: Container[str], wanted: Iterable[str], *, container: str) -> None:
    """Refuse names that the schema does not have.

    Args:
        columns: The names that there are; a mapping's keys will do.
        wanted: The names to check.
        container: The table or view, for the message.

    Raises:
        Misconfigured: with every unknown name, and the nearest known one.
    """
    choices = list(columns) if isinstance(columns, Iterable) else []
    problems = [
        unknown_name(column, choices, container=container)
        for column in wanted
        if column not in columns
    ]
    if problems:
        raise Misconfigured(problems)


def unknown_name(wanted: str, choices: Iterable[str], *, container: str) -> str:
    """Say that a name is unknown, and which one may be meant."""
    close = difflib.get_close_matches(wanted, sorted(choices), n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else "; run `doctor` to see what there is"
    return f"{container} has no {wanted!r}{hint}"
