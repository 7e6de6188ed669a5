"""Find the attachments of a page of records in as few calls as can be: one, nearly always."""

from collections.abc import Callable, Mapping, Sequence

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.containers import PAGE, Containers
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.client.wire import FileInfo

_Split = Callable[[Sequence[str]], Mapping[str, FileInfo]]

_DEFAULT_CAPS = {25, 100}  # what sibling operations return where no number is asked for


class AttachmentLookup:
    """Look the files of one attachment field up."""

    def __init__(self, operations: Containers, *, container: str, field: str) -> None:
        self._operations = operations
        self._container = container
        self._field = field
        self._room = operations.file_infos_room(container, field)

    def of_page(self, pks: Sequence[str], *, condition: str | None) -> Mapping[str, FileInfo]:
        """Return the files of a listed page, by PK_ID.

        The page holds all records between its first and its last that meet the source's condition, so the same
        condition on the same range meets the same records: one call, however far apart they lie.
        """
        if len(pks) == 1:
            return self.of_records(pks)
        ranged = where.both(condition, self._range(pks))
        if condition and self._dense(pks):
            ranged = self._range(pks)
        if where.size(ranged) > self._room:
            return self.of_records(pks)
        return self._ask(ranged, pks, split=lambda half: self.of_page(half, condition=condition))

    def of_records(self, pks: Sequence[str]) -> Mapping[str, FileInfo]:
        """Return the files of any records, by PK_ID."""
        found: dict[str, FileInfo] = {}
        for clause, chunk in where.pk_clauses(
            pks, is_view=self._operations.is_view, room=self._room
        ):
            found |= self._ask(clause, chunk, split=self.of_records)
        return found

    def _ask(self, clause: Clause, pks: Sequence[str], *, split: _Split) -> Mapping[str, FileInfo]:
        """Ask once; where the answer may have been capped, ask for each half again."""
        infos = self._operations.file_infos(self._container, self._field, condition=clause)
        wanted = frozenset(pks)
        found = {info.pk: info for info in infos if info.pk in wanted}
        if len(pks) > 1 and _capped(infos, [pk for pk in pks if pk not in found], pks):
            middle = len(pks) // 2
            found = {**split(pks[:middle]), **split(pks[middle:])}
        return {pk: info for pk, info in found.items() if not info.is_empty}

    def _range(self, pks: Sequence[str]) -> Clause:
        return where.pk_range(pks[0], pks[-1], is_view=self._operations.is_view)

    def _dense(self, pks: Sequence[str]) -> bool:
        return not self._operations.is_view and int(pks[-1]) - int(pks[0]) < PAGE


def _capped(infos: Sequence[FileInfo], missing: Sequence[str], pks: Sequence[str]) -> bool:
    """Say whether an answer may lack rows: how many it has at most is documented nowhere.

    Missing rows alone say nothing, since records without a file may be left out. A thousand rows are suspicious; so
    is a sibling's default number with nothing but the end missing.
    """
    if not missing:
        return False
    if len(infos) >= PAGE:
        return True
    return len(infos) in _DEFAULT_CAPS and list(missing) == list(pks[-len(missing) :])
