"""Look at attachments right before they are renamed: one call for a few that are renamed together.

Caspio cannot rename under a condition on the file, so its name, size and date are looked at before
it is renamed. A look counts for `LOOK_S` and for one rename: what it can miss is a file that a user
puts there within that time (docs/reliability.md).
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pipeline.model import FileRef, Place, RecordRef
from pipeline.ports import Clock, RecordTarget, ShownFile

LOOK_S = 2.0
"""Seconds from asking for a look that several renames share until the last of them is sent."""

LOOKED_AT_ONCE = 6
"""Attachments in one look. With the two calls that each takes (columns, name), so many fit into
`LOOK_S` at the default rate, 2,000 calls in 300 s.
"""

Attachment = tuple[RecordRef, str]
"""A record and its ATTACHMENT field."""


def attachments_in(refs: Iterable[FileRef]) -> list[Attachment]:
    """Return the attachments among files."""
    return [
        (ref.record, ref.field)
        for ref in refs
        if ref.place is Place.ATTACHMENT and ref.record is not None
    ]


@dataclass(frozen=True, slots=True)
class Look:
    """What an attachment looked like, and until when, by the monotonic clock, that counts."""

    shown: ShownFile
    until_s: float


@dataclass(slots=True)
class SharedLooks:
    """The looks of one run: each counts for one of the renames that share it. Safe from threads."""

    _groups: dict[Attachment, set[Attachment]] = field(default_factory=dict)
    _taken: dict[Attachment, Look] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, attachments: Iterable[Attachment]) -> None:
        """Say that these are renamed soon, in about this order: so many at once are looked at."""
        by_place: dict[tuple[str, bool, str], list[Attachment]] = {}
        for record, name in attachments:
            place = (record.container, record.is_view, name)
            by_place.setdefault(place, []).append((record, name))
        with self._lock:
            for together in by_place.values():
                rest = iter(together)
                while group := set(islice(rest, LOOKED_AT_ONCE)):
                    self._groups |= dict.fromkeys(group, group)

    def forget(self, attachments: Iterable[Attachment]) -> None:
        """Expect these no longer: they are renamed, or will not be."""
        with self._lock:
            for one in attachments:
                self._leave(one)
                self._taken.pop(one, None)

    def take(self, one: Attachment, *, target: RecordTarget, clock: Clock) -> Look | None:
        """Return a look that others share, None where this attachment is to be looked at alone.

        The first of a group asks for all of it; the others wait for that call, and use its answer.
        """
        with self._lock:
            known = self._taken.pop(one, None)
            if known is not None and clock.monotonic() < known.until_s:
                self._leave(one)
                return known
            # Whoever was looked at too long ago is looked at again, with the others that are left.
            group = self._leave(one)
            if not group:
                return None
            # Before the call: its answer says what was there at some moment after this one.
            until_s = clock.monotonic() + LOOK_S
            name, records = one[1], [record for record, _ in (one, *group)]
            shown = target.attachments_of(records, name)
            for record in records:
                if record in shown:
                    self._taken[record, name] = Look(shown[record], until_s)
            return self._taken.pop(one, None)

    def _leave(self, one: Attachment) -> Sequence[Attachment]:
        """Take an attachment out of its group; return those that are left in it."""
        group = self._groups.pop(one, None)
        if group is None:
            return ()
        group.discard(one)
        return tuple(group)
