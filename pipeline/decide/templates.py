"""The language of name templates: a part of Jinja in which nothing takes long or grows large. Pure.

There are no loops, calls, assignments or products, and only the filters below. So what a template
yields is never much longer than the template and the values together, however it is written.
"""

import re
import unicodedata
from datetime import date

from jinja2 import StrictUndefined, Template, TemplateAssertionError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_SOURCE_CHARS = 1_000
MAX_DEPTH = 100  # Jinja's own compiler recurses, and needs more frames for each level
MAX_VALUE_CHARS = 2_000
"""Longest text that a filter returns."""

# Everything else of Jinja is refused, also what later versions add.
_ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.Name,
    nodes.Filter,
    nodes.Test,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.Add,
    nodes.Sub,
    nodes.Getitem,
    nodes.Slice,
    nodes.Keyword,
    nodes.Neg,
    nodes.Pos,
)
_JINJA_FILTERS = (
    "capitalize",
    "default",
    "d",
    "first",
    "int",
    "last",
    "lower",
    "title",
    "trim",
    "truncate",
    "upper",
)
_WHAT_TO_DO = {
    nodes.Call: "write `| upper` and the like: functions cannot be called",
    nodes.Getattr: "write `| upper` and the like: values have no attributes here",
    nodes.For: "a name is made without loops",
    nodes.Mul: "a name is made without products",
    nodes.Pow: "a name is made without powers",
    nodes.Mod: "a name is made without % formatting",
    nodes.Assign: "a name is made without variables of its own",
}


def compile_template(source: str) -> Template:
    """Compile a template.

    Raises:
        TemplateError: it is not a template, or uses what is not allowed here; the message says what
            and what to do instead.
    """
    if len(source) > MAX_SOURCE_CHARS:
        raise TemplateAssertionError(
            f"it has {len(source):,} characters; {MAX_SOURCE_CHARS:,} are enough for a name", 1
        )
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals.clear()  # no range, dict or lipsum
    environment.filters = {name: environment.filters[name] for name in _JINJA_FILTERS} | {
        "slug": slug,
        "money": money,
        "replace": _replace,
        "year": lambda value: f"{_iso(value):%Y}",
        "month": lambda value: f"{_iso(value):%Y-%m}",
        "day": lambda value: _iso(value).isoformat(),
    }
    try:
        found = _nodes_below(environment.parse(source), depth=0)
    except RecursionError:
        raise TemplateAssertionError("it is nested too deeply", 1) from None
    for node in found:
        if not isinstance(node, _ALLOWED_NODES):
            kind = type(node)
            advice = _WHAT_TO_DO.get(kind, "only values, filters, conditions and ~ are")
            raise TemplateAssertionError(
                f"{kind.__name__.lower()} is not allowed: {advice}", node.lineno
            )
    return environment.from_string(source)


def _nodes_below(node: nodes.Node, *, depth: int) -> list[nodes.Node]:
    if depth > MAX_DEPTH:
        raise RecursionError
    found = [node]
    for child in node.iter_child_nodes():
        found += _nodes_below(child, depth=depth + 1)
    return found


def slug(value: object) -> str:
    """Return a value in ASCII letters, digits and dashes."""
    if isinstance(value, Undefined):
        return str(value)  # raises, since StrictUndefined has no text
    text = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def money(value: object) -> str:
    """Return an amount with two decimals."""
    return f"{float(str(value)):.2f}"


def _replace(value: object, old: str, new: str) -> str:
    text = str(value)
    if old:  # str.replace("", …) would write the new text between all letters
        text = text.replace(str(old), str(new))
    if len(text) > MAX_VALUE_CHARS:
        raise ValueError(
            f"a replacement made {len(text):,} characters; {MAX_VALUE_CHARS:,} are enough for a "
            "name"
        )
    return text


def _iso(value: object) -> date:
    return date.fromisoformat(str(value))
