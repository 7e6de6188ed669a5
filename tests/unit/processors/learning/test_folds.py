"""Which records are on the same side when choices are judged by parts that had not seen them."""

from processors.learning.folds import PERIODS, folds_of

_FOLDS = 10


def head(sender: int, misread: str = "") -> frozenset[str]:
    """Return the words at the beginning of a sender's documents."""
    own = [f"{word}{sender}" for word in ("name", "street", "town", "phone")]
    return frozenset([*own, "invoice", "page", misread] if misread else [*own, "invoice", "page"])


def test_copies_are_never_on_both_sides() -> None:
    """The same bytes are in one fold, whenever they came and whatever was read of them."""
    digests = [f"digest {number % 50}" for number in range(200)]
    heads = [head(number % 7, f"word{number}") for number in range(200)]

    by_digest: dict[str, set[int]] = {}
    for digest, fold in zip(digests, folds_of(digests, heads, _FOLDS), strict=True):
        by_digest.setdefault(digest, set()).add(fold)

    assert {len(folds) for folds in by_digest.values()} == {1}
    assert len({fold for folds in by_digest.values() for fold in folds}) > _FOLDS / 2


def test_a_sender_in_a_period_is_on_one_side_and_its_other_periods_are_not() -> None:
    """A series of bills is judged without its neighbors, and with its past."""
    count, senders = 400, 5
    heads = [head(number % senders, f"word{number}") for number in range(count)]

    folds = folds_of([str(number) for number in range(count)], heads, _FOLDS)

    for sender in range(senders):
        own = [(number * PERIODS // count, folds[number]) for number in range(sender, count, 5)]
        assert len(set(own)) == PERIODS
        assert len({fold for _, fold in own}) > PERIODS / 3


def test_documents_of_other_senders_share_no_fold_for_common_words() -> None:
    """What many documents begin with does not make their senders one."""
    heads = [head(number) for number in range(300)]

    folds = folds_of([str(number) for number in range(300)], heads, _FOLDS)

    assert all(folds.count(fold) > 300 / _FOLDS / 2 for fold in range(_FOLDS))


def test_documents_that_were_not_read_are_not_copies() -> None:
    """Without a digest and without words each is in the fold of its own."""
    folds = folds_of([""] * 100, [frozenset()] * 100, _FOLDS)

    assert len(set(folds)) > _FOLDS / 2
