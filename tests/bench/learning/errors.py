"""Put typing errors into filled records, and count which of them are listed as doubts."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from processors.learning import Example, doubts, train
from tests.bench.learning.columns import Column
from tests.bench.learning.records import Filled


@dataclass(frozen=True, slots=True)
class Found:
    """How many errors were put in and found, and how many records were shown for it."""

    records: int
    errors: int
    found: int
    shown: int


def planted(records: Sequence[Filled], column: Column, *, share: float, seed: int) -> Found:
    """Type a share of the values wrongly, and list doubts."""
    usable = [record for record in records if record.values.get(column.name)]
    examples = [each.example(column.name, when=number) for number, each in enumerate(usable)]
    mistyped = with_errors(examples, share=share, seed=seed)
    wrong = {one.record_id for one, other in _pairs(examples, mistyped) if one.value != other.value}
    listed = doubts(train(mistyped, kind=column.kind, finding=column.finding))
    found = sum(each.record_id in wrong for each in listed)
    return Found(len(usable), len(wrong), found, len(listed))


def with_doubts_decided(
    examples: Sequence[Example], column: Column, *, share: float, seed: int
) -> list[Example]:
    """Type a share of the values wrongly, and decide the doubts: a decided value counts twice."""
    mistyped = with_errors(examples, share=share, seed=seed)
    listed = doubts(train(mistyped, kind=column.kind, finding=column.finding))
    decided = {each.record_id for each in listed}
    return [
        replace(true, weight=2.0) if true.record_id in decided else typed
        for true, typed in _pairs(examples, mistyped)
    ]


def _pairs(ones: Sequence[Example], others: Sequence[Example]) -> Iterator[tuple[Example, Example]]:
    return zip(ones, others, strict=True)


def with_errors(examples: Sequence[Example], *, share: float, seed: int) -> list[Example]:
    """Return the examples with a share of wrong values, half another record's and half a slip."""
    chance = random.Random(seed)  # noqa: S311
    wrong = set(chance.sample(range(len(examples)), max(1, round(share * len(examples)))))
    mistyped = []
    for number, example in enumerate(examples):
        typed = example.value
        if number in wrong:
            other = chance.choice(examples).value
            is_other = number % 2 == 0 and other != typed
            typed = other if is_other else slip(typed, chance)
        mistyped.append(replace(example, value=typed))
    return mistyped


def slip(text: str, chance: random.Random) -> str:
    """Return a text with one letter or digit typed wrongly."""
    places = [at for at, char in enumerate(text) if char.isalnum()]
    at = chance.choice(places)
    signs = "0123456789" if text[at].isdigit() else "abcdefghijklmnopqrstuvwxyz"
    return text[:at] + chance.choice([s for s in signs if s != text[at].lower()]) + text[at + 1 :]
