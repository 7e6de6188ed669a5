"""Turn values into pages. All text is escaped: names and values come from strangers' documents."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.app.review.decisions import as_column, both_as_column, shown
from flows.terminal.console import in_order
from flows.web.site import Visit
from pipeline.decide.confidence import percent

_TEMPLATES = Path(__file__).with_name("templates")


def _environment() -> Environment:
    # A misspelled name in a template is an error, and no gap in a page.
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "acted": acted,
        "subject_address": subject_address,
        "number": "{:,}".format,
        "clock": clock,
        "day": day,
        "moment": moment,
        "percent": percent,
        "shown": shown,
        "as_column": as_column,
        "sure": sure,
        "part": lambda text: quote(str(text), safe=""),
    }
    environment.globals["both"] = both_as_column
    return environment


# All text is escaped, so a `<` begins a tag and a `>` ends it.
_SHOWN_TEXT = re.compile(r"(<textarea\b.*?</textarea>|<[^>]*>)|[^<]+", re.DOTALL)

# Letters that are written from right to left; between two of them an arrow would turn, too.
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ARROW, _KEPT_ARROW = "→", "\u200e→\u200e"

_ACTIONS = {
    "accept": "accepted",
    "correct": "corrected",
    "reject": "rejected",
    "absent": "not on the page",
    "undo": "took a decision back",
    "postpone": "postponed",
    "bring back": "brought back before its day",
    "read again": "had it read again",
    "take over": "took it over",
}
"""Actions on a review, in the words of users."""


def acted(action: str) -> str:
    """Return an action of the audit trail as users say it; most are said so already."""
    return _ACTIONS.get(action, action)


def subject_address(action: str, subject: str) -> str:
    """Return the page of what an action was done to, "" where it has none."""
    if action in _ACTIONS:
        return f"/review/{quote(subject, safe='')}"
    return f"/runs/{quote(subject, safe='')}" if action.startswith("undo run") else ""


def sure(confidence: float, reason: str = "") -> str:
    """Return how sure a value is, with the reason, which may say it already."""
    said = f"{percent(confidence)} % sure"
    if not reason or reason.startswith(said):
        return shown(reason or said)
    return f"{said} · {shown(reason)}"


def day(iso: str) -> str:
    """Return an ISO date in words that no country reads otherwise: 3 April 2026; "" for others."""
    try:
        at = date.fromisoformat(iso)
    except ValueError:
        return ""
    return f"{at.day} {at:%B %Y}"


def clock(text: str) -> str:
    """Return a time as Caspio writes it, without its fractions of seconds and its T."""
    return text[:16].replace("T", " ")


def moment(at: datetime | str | None) -> str:
    """Return a time, or its ISO text, in words, in UTC as everywhere in this program."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at).astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else "not yet"


_PAGES = _environment()


def page(
    visit: Visit, name: str, *, headers: Mapping[str, str] | None = None, **values: Any
) -> Response:
    """Return a page."""
    return document(name, headers=headers, user=visit.user, visit=visit, **values)


def document(
    name: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> Response:
    """Return a page, for somebody who may not be signed in as well."""
    text = _PAGES.get_template(f"{name}.html.jinja").render(**{"user": None, **values})
    # What is sent back stays as it is: what a user edits, and the attributes.
    if in_order(text) != text or _FROM_THE_RIGHT.search(text):
        text = _SHOWN_TEXT.sub(lambda shown: shown[1] or _in_order(shown[0]), text)
    # A name may have half of a surrogate pair, which UTF-8 cannot encode.
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status, headers=headers)


def _in_order(text: str) -> str:
    """Return a text that is read as it is stored: what was before an arrow stays before it."""
    return in_order(text).replace(_ARROW, _KEPT_ARROW)


def see(address: str) -> Response:
    """Send the browser to another page with GET, so that a reload repeats nothing."""
    return RedirectResponse(address, status_code=303)
