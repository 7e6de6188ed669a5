"""What to read of a table, a view or a directory, in SQL Server's dialect."""

from collections.abc import Mapping
from dataclasses import dataclass

MOST_ROWS = 1000  # both from caspio-api.md, section 2.6
FEWEST_A_PAGE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One reading. A clause is its body alone, without WHERE, GROUP BY or ORDER BY.

    "" leaves it out.

    Attributes:
        select: Fields separated by commas; expressions, aliases and aggregates too. "" is every
            field but passwords.
        where: Which records.
        group_by: How to group them.
        order_by: How to sort them. Pages without a unique order lose and repeat rows: end it with
            PK_ID.
        limit: Records at most, 1 to 1,000; None is Caspio's 100. Not together with pages: Caspio
            would ignore it.
        page: Number of a page, from 1.
        page_size: Records a page, 5 to 1,000; None is Caspio's 25 if `page` is given.
        with_total: Whether to ask how many records there are in all.

    Raises:
        ValueError: a number is out of range, or there is a limit together with pages.
    """

    select: str = ""
    where: str = ""
    group_by: str = ""
    order_by: str = ""
    limit: int | None = None
    page: int | None = None
    page_size: int | None = None
    with_total: bool = False

    def __post_init__(self) -> None:
        """Refuse what Caspio would refuse or, worse, ignore."""
        # Documented: the limit is ignored, and pages then overlap (caspio-api.md, section 2.6).
        if self.limit is not None and (self.page is not None or self.page_size is not None):
            raise ValueError("limit and pages exclude each other: Caspio ignores the limit")
        ranges = (("limit", self.limit, 1), ("page_size", self.page_size, FEWEST_A_PAGE))
        for name, rows, fewest in ranges:
            if rows is not None and not fewest <= rows <= MOST_ROWS:
                raise ValueError(f"{name} is {fewest} to {MOST_ROWS:,}, not {rows}")
        if self.page is not None and self.page < 1:
            raise ValueError(f"pages are counted from 1, not {self.page}")

    def parameters(self) -> Mapping[str, str]:
        """Return the query parameters without those that are left out."""
        given = {
            "q.select": self.select,
            "q.where": self.where,
            "q.groupBy": self.group_by,
            "q.orderBy": self.order_by,
            "q.limit": self.limit,
            "q.pageNumber": self.page,
            "q.pageSize": self.page_size,
            "q.getPaginationInfo": "true" if self.with_total else "",
        }
        return {name: str(value) for name, value in given.items() if value}
