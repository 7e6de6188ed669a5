"""A name template's language: a small part of jinja2, in which nothing can take long or grow large. Pure.

No loops, calls, assignments or products, and only the filters below: what a template yields is then never much longer
than the template and the values together, however it is written.
"""

import re
import unicodedata
from datetime import date

from jinja2 import StrictUndefined, Template, TemplateAssertionError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_SOURCE_CHARS = 1_000
MAX_VALUE_CHARS = 2_000
"""Longest text a filter gives back."""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Filter, nodes.Test, nodes.If,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Add, nodes.Sub,
    nodes.Getitem, nodes.Slice, nodes.Keyword, nodes.Neg, nodes.Pos,
)  # fmt: skip
_TAKEN_OVER = (
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
_WAYS = {
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
        TemplateError: it is no template, or uses what is left out here; the message says what and what to do instead.
    """
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _TAKEN_OVER} | {
        "slug": slug, "money": money, "replace": _replace, "year": _year, "month": _month, "day": _day,
    }  # fmt: skip
    if len(source) > MAX_SOURCE_CHARS:
        raise TemplateAssertionError(
            f"it has {len(source):,} characters; {MAX_SOURCE_CHARS:,} are enough for a name", 1
        )
    try:
        tree = environment.parse(source)
        found = _walk(tree)
    except RecursionError:
        raise TemplateAssertionError("it is nested too deeply", 1) from None
    for node in found:
        if not isinstance(node, _ALLOWED):
            kind = type(node)
            way = _WAYS.get(kind, "only values, filters, conditions and ~ are")
            raise TemplateAssertionError(
                f"{kind.__name__.lower()} is not allowed: {way}", node.lineno
            )
    return environment.from_string(source)


def _walk(node: nodes.Node) -> list[nodes.Node]:
    return [node, *(found for child in node.iter_child_nodes() for found in _walk(child))]


def slug(value: object) -> str:
    """Return a value in ASCII letters, digits and dashes."""
    if isinstance(value, Undefined):
        return str(value)  # StrictUndefined raises here, which is what is wanted
    text = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def money(value: object) -> str:
    """Return an amount with two decimals."""
    return f"{float(str(value)):.2f}"


def _replace(value: object, old: str, new: str) -> str:
    text = str(value).replace(str(old), str(new)) if old else str(value)
    if len(text) > MAX_VALUE_CHARS:
        raise ValueError(
            f"a replacement made {len(text):,} characters; {MAX_VALUE_CHARS:,} are enough for a name"
        )
    return text


def _iso(value: object) -> date:
    return date.fromisoformat(str(value))


def _year(value: object) -> str:
    return f"{_iso(value):%Y}"


def _month(value: object) -> str:
    return f"{_iso(value):%Y-%m}"


def _day(value: object) -> str:
    return _iso(value).isoformat()
