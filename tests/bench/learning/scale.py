"""Measure time and memory of learning from very many drawn records."""

import random
import resource
from collections.abc import Iterator, Sequence
from time import process_time
from typing import overload

from pipeline.model import Finding
from processors.learning import ColumnKind, Example, choose, train
from tests.bench.learning.drawn import document, sender, word


class DrawnRecords(Sequence[Example]):
    """Records that are drawn when they are asked for, as pages are loaded from the archive."""

    def __init__(self, count: int, senders: int) -> None:
        """Draw the senders; documents follow when they are asked for."""
        chance = random.Random(7)  # noqa: S311
        languages = [(word(chance), word(chance), word(chance, 2)) for _ in range(6)]
        self._senders = [sender(chance, (0, 0), languages) for _ in range(senders)]
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(self._count))]
        if index >= self._count:
            raise IndexError(index)
        chance = random.Random(index)  # noqa: S311
        of = chance.choice(self._senders)
        drawn = document(of, chance, index)
        found = {"company": Finding(of.name, 0.7, "drawn", page=1)} if index % 3 else {}
        value = drawn.values["company"].upper()
        return Example(str(index), f"digest {index}", drawn.pages, found, value)

    def __iter__(self) -> Iterator[Example]:
        return (self[at] for at in range(self._count))


def measure_scale(count: int, senders: int) -> str:
    """Learn from drawn records; return what it took."""
    records = DrawnRecords(count, senders)
    began = process_time()
    for _ in records:
        pass
    drawing = process_time() - began
    began = process_time()
    trained = train(records, kind=ColumnKind.TEXT, finding="company", with_curve=True)
    took = process_time() - began - drawing
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size_kb = len(trained.model.to_json()) / 1000
    later = [records[at] for at in range(0, count, max(1, count // 50))]
    began = process_time()
    for each in later:
        choose(trained.model, each.pages, each.findings)
    one_ms = 1000 * (process_time() - began) / len(later)
    return (
        f"{count} records of {senders} senders: {took:.0f} s of CPU time, at most {peak_mib:.0f} MiB, "
        f"a model of {size_kb:.0f} kB, {one_ms:.0f} ms for a choice"
    )
