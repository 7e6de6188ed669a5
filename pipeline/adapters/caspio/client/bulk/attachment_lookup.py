"""Find the attachments of a page of records with as few calls as possible: one, nearly always."""

from collections.abc import Callable, Mapping, Sequence

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.containers import PAGE, Containers
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.client.wire.records import FileInfo

_Split = Callable[[Sequence[str]], Mapping[str, FileInfo]]

# What sibling operations return where no number is asked for (caspio-api.md, section 2.6). How many
# rows fileInfo returns at most is documented nowhere.
_DEFAULT_CAPS = {25, 100}


class AttachmentLookup:
    """Look up the files of one attachment field.

    Args:
        operations: `client.tables` or `client.views`.
        container: The table or view.
        field: The ATTACHMENT field.
    """

    def __init__(self, operations: Containers, *, container: str, field: str) -> None:
        self._operations = operations
        self._container = container
        self._field = field
        self._room = operations.file_infos_room(container, field)

    def of_page(self, pks: Sequence[str], *, condition: str | None) -> Mapping[str, FileInfo]:
        """Return the files of a listed page, by PK_ID.

        A page has all records between its first and its last that match the listing's condition. So
        the same condition on the same range matches the same records: one call, however far apart
        they are.

        Args:
            pks: The PK_IDs of the page, in the order of the listing.
            condition: The listing's condition, None without one.
        """
        if len(pks) == 1:
            return self.of_records(pks)
        is_view = self._operations.is_view
        in_range = where.pk_range(pks[0], pks[-1], is_view=is_view)
        # Numbers of a table that are this close fit into one answer even if other records are among
        # them.
        is_dense = not is_view and int(pks[-1]) - int(pks[0]) < PAGE
        clause = in_range if is_dense else where.both(condition, in_range)
        if where.size(clause) > self._room:
            return self.of_records(pks)
        return self._ask(clause, pks, split=lambda half: self.of_page(half, condition=condition))

    def of_records(self, pks: Sequence[str]) -> Mapping[str, FileInfo]:
        """Return the files of any records, by PK_ID."""
        found: dict[str, FileInfo] = {}
        clauses = where.pk_clauses(pks, is_view=self._operations.is_view, room=self._room)
        for clause, chunk in clauses:
            found |= self._ask(clause, chunk, split=self.of_records)
        return found

    def _ask(self, clause: Clause, pks: Sequence[str], *, split: _Split) -> Mapping[str, FileInfo]:
        """Ask once; where the answer may have been capped, ask for each half again."""
        infos = self._operations.file_infos(self._container, self._field, condition=clause)
        wanted = frozenset(pks)
        found = {info.pk: info for info in infos if info.pk in wanted}
        missing = [pk for pk in pks if pk not in found]
        if len(pks) > 1 and may_be_capped(len(infos), missing, pks):
            # Halving finds the cap in as many rounds as it takes, and is exact for any cap above
            # one.
            middle = len(pks) // 2
            found = {**split(pks[:middle]), **split(pks[middle:])}
        return {pk: info for pk, info in found.items() if not info.is_empty}


def may_be_capped(number: int, missing: Sequence[str], pks: Sequence[str]) -> bool:
    """Say whether an answer may lack rows.

    Missing rows alone say nothing, since records without a file may be left out. A thousand rows
    are suspicious, and so is a sibling's default number with nothing but the end missing.
    """
    if not missing:
        return False
    if number >= PAGE:
        return True
    return number in _DEFAULT_CAPS and list(missing) == list(pks[-len(missing) :])
