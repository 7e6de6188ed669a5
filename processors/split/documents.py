"""Divide the pages of a file into its documents."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.contract import Page
from processors.detect import media
from processors.split.bills import Bills, bills_on
from processors.split.borders import border_between
from processors.split.contents import Contents, Group
from processors.split.rivals import first_of_rivals

_MOST_PAGES_WITH_BILLS = 20  # of later pages the lines are not kept
_MOST_PAGES_AHEAD = 5  # among which the sum of a bill is looked for
_ON_PAPER = (media.PDF, "image/", "text/plain")
SEVERAL_ON_PAGE = "each has a number, a date and a total of its own"


@dataclass(frozen=True, slots=True)
class Part:
    """The pages of one document, and why a document begins there.

    `place` counts the documents on a page that has several, from 1; it is 0 for whole pages. The
    first document of a file needs no reason. `own` is the page, or the part of one, that says what
    the document is, where another page has a bill that may be another one.
    """

    pages: tuple[Page, ...]
    reasons: tuple[str, ...] = ()
    place: int = 0
    own: Contents | None = None

    @property
    def page_range(self) -> tuple[int, int]:
        """Return the numbers of its first and last page."""
        return self.pages[0].text.number, self.pages[-1].text.number

    @property
    def named(self) -> str:
        """Name its pages for people."""
        first, last = self.page_range
        named = f"page {first}" if first == last else f"pages {first}\N{EN DASH}{last}"
        return f"{named}, document {self.place}" if self.place else named


def documents_in(
    pages: Sequence[Page], *, media_type: str = media.PDF, own_rules: str = ""
) -> list[Part]:
    """Return the documents of a file in order; one if its pages belong together.

    A page continues the document before it unless enough speaks for a beginning. `own_rules` is the
    text of the user's own class rules.
    """
    has_looks = media_type.startswith(_ON_PAPER)
    parts: list[Part] = []
    open_pages: list[Contents] = []
    reasons: tuple[str, ...] = ()
    quoting: Contents | None = None

    def close() -> None:
        if open_pages:
            own = quoting or first_of_rivals(open_pages)
            parts.append(Part(tuple(each.page for each in open_pages), reasons, own=own))
            open_pages.clear()

    all_contents = [Contents(page, own_rules=own_rules) for page in pages]
    for number, contents in enumerate(all_contents, start=1):
        page = contents.page
        is_early = page.text.number <= _MOST_PAGES_WITH_BILLS
        bills = bills_on(contents) if is_early else Bills([page])
        if len(bills.pages) > 1:
            close()
            quoting = None
            parts += [
                Part((bill,), (SEVERAL_ON_PAGE,), place)
                for place, bill in enumerate(bills.pages, 1)
            ]
            continue
        if open_pages:
            border = border_between(
                Group(open_pages),
                contents,
                all_contents[number : number + _MOST_PAGES_AHEAD],
                has_looks=has_looks,
            )
            if border.is_one:
                close()
                reasons, quoting = border.reasons, None
        else:
            reasons = ()
        quoting = quoting or bills.own
        open_pages.append(contents)
    close()
    return parts
