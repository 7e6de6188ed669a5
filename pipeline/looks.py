"""Look at attachments right before they are renamed: one call for a few that are renamed together.

Caspio cannot rename under a condition on the file, so its name, size and date are looked at before
it is renamed. A look counts for `LOOK_S` and for one rename: what it can miss is a file that a user
puts there within that time (docs/reliability.md).
"""

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice

from pipeline.errors import RefusedByCaspio, RejectFile
from pipeline.model import FileRef, Place, RecordRef
from pipeline.ports import Clock, RecordTarget, ShownFile

LOOK_S = 2.0
"""Seconds from asking for a look that several renames share until the last of them is sent."""

LOOKED_AT_ONCE = 6
"""Attachments in one look. With the two calls that each takes (columns, name), so many fit into
`LOOK_S` at the default rate, 2,000 calls in 300 s.
"""

SLOWEST_LOOK_S = LOOK_S / 3
"""A look that took longer is not shared: the renames after it would mostly leave too late, too."""

Attachment = tuple[RecordRef, str]
"""A record and its ATTACHMENT field."""


def attachments_in(refs: Iterable[FileRef]) -> list[Attachment]:
    """Return the attachments among files."""
    return [
        (ref.record, ref.field)
        for ref in refs
        if ref.place is Place.ATTACHMENT and ref.record is not None
    ]


def are_shared(calls_per_second: float) -> bool:
    """Say whether all renames of a group leave in time at this rate, with two calls for each.

    At a slower one fewer of them share a look, or none.
    """
    return calls_per_second * LOOK_S >= 2 * LOOKED_AT_ONCE


@dataclass(frozen=True, slots=True)
class AttachmentLook:
    """What an attachment looked like, and until when, by the monotonic clock, that counts.

    None: it came too late to be shared. So it is a lone look, which counts for the one call that
    follows it.
    """

    shown: ShownFile
    until_s: float | None


@dataclass(eq=False, slots=True)
class _LookGroup:
    """Attachments that share looks: those that are left, and what the last look showed of them."""

    left: set[Attachment]
    looks: dict[Attachment, AttachmentLook] = field(default_factory=dict)
    asking: threading.Lock = field(default_factory=threading.Lock)
    """The one that asks has it: only the others of its group wait for the answer."""


@dataclass(slots=True)
class SharedLooks:
    """The looks of one run: each counts for one of the renames that share it. Safe from threads."""

    _groups: dict[Attachment, _LookGroup] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Guards the groups. No thread keeps it during a call."""

    def expect(self, attachments: Iterable[Attachment]) -> None:
        """Say that these are renamed soon, in about this order: so many at once are looked at."""
        by_place: dict[tuple[str, bool, str], list[Attachment]] = {}
        for record, name in attachments:
            place = (record.container, record.is_view, name)
            by_place.setdefault(place, []).append((record, name))
        with self._lock:
            for together in by_place.values():
                self._leave(together)  # a record that is leased again is expected again
                rest = iter(together)
                while left := set(islice(rest, LOOKED_AT_ONCE)):
                    self._groups |= dict.fromkeys(left, _LookGroup(left))

    def forget(self, attachments: Iterable[Attachment]) -> None:
        """Expect these no longer: they are renamed, or will not be."""
        with self._lock:
            self._leave(attachments)

    def take(self, one: Attachment, *, target: RecordTarget, clock: Clock) -> AttachmentLook | None:
        """Return a look that others share, None where this attachment is to be looked at alone.

        The first of a group asks for all of it; the others wait for that call, and use its answer.
        """
        with self._lock:
            group = self._groups.get(one)
        if group is None:
            return None
        with group.asking:
            with self._lock:
                known = group.looks.pop(one, None)
                others = group.left - {one}
            self.forget([one])
            if known is not None and clock.monotonic() < (known.until_s or 0.0):
                return known
            # Whoever was looked at too long ago is looked at again, with the others that are left.
            return self._ask(one, others, group, target, clock) if others else None

    def _ask(
        self,
        one: Attachment,
        others: Collection[Attachment],
        group: _LookGroup,
        target: RecordTarget,
        clock: Clock,
    ) -> AttachmentLook | None:
        """Look at one and the others of its group; return the look at the one."""
        # Before the call: its answer says what was there at some moment after this one.
        asked_s, name = clock.monotonic(), one[1]
        try:
            shown = target.attachments_of([record for record, _ in (one, *others)], name)
        except (RefusedByCaspio, RejectFile):
            self.forget(others)  # what Caspio refuses of several, it may answer of each alone
            return None
        until_s: float | None = asked_s + LOOK_S
        if clock.monotonic() - asked_s > SLOWEST_LOOK_S:
            self.forget(others)
            until_s = None
        with self._lock:
            still_left = group.left & set(others)
            group.looks = {
                other: AttachmentLook(shown[other[0]], until_s)
                for other in still_left
                if other[0] in shown
            }
        return AttachmentLook(shown[one[0]], until_s) if one[0] in shown else None

    def _leave(self, attachments: Iterable[Attachment]) -> None:
        """Take attachments out of their groups; the caller holds the lock."""
        for one in attachments:
            group = self._groups.pop(one, None)
            if group is not None:
                group.left.discard(one)
                group.looks.pop(one, None)
