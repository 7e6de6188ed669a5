"""Put typing errors into filled records, and count which of them are listed as doubts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from processors.learning import doubts, train
from tests.bench.learning.curves import Column
from tests.bench.learning.records import Filled


@dataclass(frozen=True, slots=True)
class Found:
    """How many errors were put in and found, and how many records were shown for it."""

    records: int
    errors: int
    found: int
    shown: int


def planted(records: Sequence[Filled], column: Column, *, share: float, seed: int) -> Found:
    """Change a share of the values, half to another record's, half by a slip, and list doubts."""
    usable = [record for record in records if record.values.get(column.name)]
    chance = random.Random(seed)  # noqa: S311
    wrong = set(chance.sample(range(len(usable)), max(1, round(share * len(usable)))))
    examples = []
    for number, record in enumerate(usable):
        typed = record.values[column.name]
        if number in wrong:
            other = chance.choice(usable).values[column.name]
            is_other = number % 2 == 0 and other != typed
            typed = other if is_other else slip(typed, chance)
        examples.append(record.example(column.name, typed, when=number))
    listed = doubts(train(examples, kind=column.kind, finding=column.finding))
    ids = {usable[number].id for number in wrong}
    found = sum(each.record_id in ids for each in listed)
    return Found(len(usable), len(wrong), found, len(listed))


def slip(text: str, chance: random.Random) -> str:
    """Return a text with one letter or digit typed wrongly."""
    places = [at for at, char in enumerate(text) if char.isalnum()]
    at = chance.choice(places)
    signs = "0123456789" if text[at].isdigit() else "abcdefghijklmnopqrstuvwxyz"
    return text[:at] + chance.choice([s for s in signs if s != text[at].lower()]) + text[at + 1 :]
