"""Query parameters, and values of paths."""

from dataclasses import replace

from starlette.requests import Request

from infra.emulator.errors import bad_query, no_object
from infra.emulator.http.operations import account_of
from infra.emulator.state.queries import Query

# Limits and defaults of listings (§2.6, C: SPEC).
_MAX_ROWS = 1000
_DEFAULT_LIMIT = 100
_MIN_PAGE_SIZE = 5
_DEFAULT_PAGE_SIZE = 25
_MAX_PAGE = 2**31 - 1


class Parameters:
    """The query parameters of a request."""

    def __init__(self, request: Request) -> None:
        # §2.6 (C): names count in any case.
        self._given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            self._given[name.lower()] = value
        # §2.6 (I): `q.` may be left out if no parameter has it.
        has_prefix = any(name.startswith("q.") for name in self._given)
        ignores_bare = account_of(request).quirks.bare_clauses == "ignored"
        self._needs_prefix = has_prefix or ignores_bare

    def text(self, name: str) -> str:
        """Return a parameter, "" if it is missing."""
        return self._given.get(name.lower(), "")

    def clause(self, name: str) -> str:
        """Return a parameter with the prefix `q.`."""
        return self.text(f"q.{name}" if self._needs_prefix else name)

    @property
    def rows(self) -> bool:
        """Whether the answer should show the rows."""
        return self.text("response").lower() == "rows"

    def where(self, *, required: bool) -> str:
        """Return the condition; 400 if it is required and blank."""
        # §2.6 (C): required for PUT and DELETE.
        clause = self.clause("where")
        if required and not clause.strip():
            raise bad_query("q.where")
        return clause

    def query(self) -> Query:
        """Read the clauses and the page of a listing."""
        clauses = Query(
            select=self.clause("select"),
            where=self.clause("where"),
            group_by=self.clause("groupBy"),
            order_by=self.clause("orderBy"),
            total=read_flag(self.clause("getPaginationInfo")),
        )
        page_size = self.clause("pageSize")
        page = self.clause("pageNumber")
        # §2.6 (C): with a page number or a page size, the limit does not count.
        if page_size.strip() or page.strip():
            return replace(clauses, page=read_page(page), size=read_page_size(page_size))
        return replace(clauses, size=read_limit(self.clause("limit")))


def read_limit(text: str) -> int:
    """Read a limit from 1 to 1,000; 100 for a blank, 400 for a wrong one."""
    return _read_number(text, lowest=1, highest=_MAX_ROWS, default=_DEFAULT_LIMIT)


def read_page(text: str) -> int:
    """Read a page number; 1 for a blank, 400 for a wrong one."""
    return _read_number(text, lowest=1, highest=_MAX_PAGE, default=1)


def read_page_size(text: str) -> int:
    """Read a page size from 5 to 1,000; 25 for a blank, 400 for a wrong one."""
    return _read_number(text, lowest=_MIN_PAGE_SIZE, highest=_MAX_ROWS, default=_DEFAULT_PAGE_SIZE)


def _read_number(text: str, *, lowest: int, highest: int, default: int) -> int:
    if not text.strip():
        return default
    try:
        number = int(text)
    except ValueError as error:
        raise bad_query(text) from error
    if not lowest <= number <= highest:
        raise bad_query(text)
    return number


def read_flag(text: str) -> bool:
    """Read true or false; False for a blank, 400 for anything else."""
    flag = text.strip().lower()
    if flag not in {"", "true", "false"}:
        raise bad_query(text)
    return flag == "true"


def record_pk(request: Request) -> int:
    """Return the PK_ID in the path; 404 if it cannot be one."""
    text = str(request.path_params["recordPkId"])
    if not text.isascii() or not text.isdigit():
        raise no_object()
    return int(text)
