"""Find a record: by its PK_ID, by a path, or by a part of a present or first name of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from flows.web.render import page, see
from flows.web.site import Visit
from pipeline.ports import FileState

# Who gets more looks for something more exact.
MOST_FOUND = 50
MOST_CHARS = 200
"""The longest text to search for: a name has 255 characters at most, and each word costs time."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record or a file of a folder, with the first of its files that was found."""

    state: FileState

    @property
    def holder(self) -> tuple[str, str]:
        """Return source and record, as the page of the record is asked for."""
        return self.state.ref.source, self.state.ref.holder

    @property
    def address(self) -> str:
        """Return the address of the page of the record."""
        source, key = self.holder
        return f"/records?{urlencode({'source': source, 'record': key}, errors='replace')}"


def search(visit: Visit, *, source: str, text: str) -> Response:
    """Show the records that a text may mean; the only one at once."""
    sources = list(visit.site.settings.specs())
    text = text.strip()
    found = _found(visit, text[:MOST_CHARS], source=source)
    hits = list({hit.holder: hit for hit in map(Hit, found[:MOST_FOUND])}.values())
    if len(hits) == 1:
        return see(hits[0].address)
    response = page(
        visit,
        "record_search",
        sources=sources,
        source=source,
        text=text,
        hits=hits,
        has_more=len(found) > MOST_FOUND,
    )
    if text and not hits:
        response.status_code = 404
    return response


def _found(visit: Visit, text: str, *, source: str) -> Sequence[FileState]:
    """Return the files that a text may mean, one more than are shown."""
    ledger = visit.site.ledger
    if not text.startswith("/"):
        return ledger.files.search(text, source=source, limit=MOST_FOUND + 1)
    # A path that a record refers to: its last part is the name, and it may have been moved since.
    path = ledger.effects.moved_to(text) or text
    named = ledger.files.search(path.rpartition("/")[2], source=source, limit=MOST_FOUND + 1)
    return [state for state in named if state.ref.path == path]
