"""Put records into folds, so that what belongs together is never on both sides.

The documents of one sender in one period belong together, and copies of one document always do: a
series of nearly equal bills says little about bills of later months. A sender's other periods stay
on the other side, as the past of a sender is known where a later record is judged.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import chain

PERIODS = 10
"""Parts of the table by age: enough that a sender of some years is in most folds."""
_SAME_SENDER = 0.4
"""Share of the words of two heads, together, that both have. Of receipts of one shop 96 % have it,
of others 0.5 %."""
_MOST_SENDERS = 200
"""A word of more senders, such as "invoice", says nothing about any."""


def folds_of(digests: Sequence[str], heads: Sequence[Collection[str]], folds: int) -> list[int]:
    """Return the fold of each document, in the order of time.

    `heads` are the words at the beginning of each, by which documents of one sender are known. A
    document without a digest was not read; it is in the fold of its sender and period.
    """
    senders = _senders(heads)
    by_digest: dict[str, int] = {}
    found = []
    for number, (digest, sender) in enumerate(zip(digests, senders, strict=True)):
        period = number * PERIODS // len(digests)
        fold = hashed(f"{sender} {period}", folds)
        found.append(by_digest.setdefault(digest, fold) if digest else fold)
    return found


def hashed(text: str, folds: int) -> int:
    """Return a fold that is the same in every process."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % folds


def _senders(heads: Sequence[Collection[str]]) -> list[int]:
    """Return for each document the first one of its sender, by its place."""
    first_with: dict[str, list[int]] = defaultdict(list)
    senders: list[int] = []
    for number, head in enumerate(heads):
        rare = (first_with[word] for word in head if len(first_with[word]) <= _MOST_SENDERS)
        others = set(chain.from_iterable(rare))
        alike = {first: _share(head, heads[first]) for first in others}
        # Of equally alike ones the oldest, whatever the order of the words.
        likest = max(alike, key=lambda first: (alike[first], -first), default=number)
        if alike.get(likest, 0.0) >= _SAME_SENDER:
            senders.append(likest)
            continue
        senders.append(number)
        for word in head:
            first_with[word].append(number)
    return senders


def _share(one: Collection[str], other: Collection[str]) -> float:
    common = len(set(one) & set(other))
    return common / (len(one) + len(other) - common)
