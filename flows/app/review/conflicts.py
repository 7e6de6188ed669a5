"""Decide a conflict of a sync: nothing is written now, the next run of the sync carries it out."""

from dataclasses import replace

from pipeline.model.review import Decider, ReviewItem, ReviewState
from pipeline.model.sync import Side
from pipeline.ports.ledger import EffectLedger
from pipeline.steps.write_back import NotDecided, ReviewChoice
from pipeline.sync.reviews import decide

# The suggestion shows Caspio's value as the present one, and the mirror's as what would replace it.
_WINNERS = {ReviewChoice.ACCEPT: Side.MIRROR, ReviewChoice.REJECT: Side.CASPIO}


def decide_conflict(
    item: ReviewItem, choice: ReviewChoice, ledger: EffectLedger, *, decider: Decider, run_id: str
) -> None:
    """Record which side's value counts.

    Raises:
        NotDecided: it was decided before, or neither side's value was chosen.
    """
    if item.state is not ReviewState.OPEN:
        raise NotDecided(f"{item.suggestion.column} is {item.state} already. Load the page again.")
    winner = _WINNERS.get(choice)
    if winner is None:
        raise NotDecided(
            "A sync takes the value of one side. Accept the mirror's, or reject it to keep "
            "Caspio's; for another value, correct the row on one side."
        )
    decide(ledger, item, winner, decider=decider, run_id=run_id)


def open_conflict_again(item: ReviewItem, ledger: EffectLedger, *, run_id: str) -> None:
    """Let a conflict wait again; the next run withdraws it where both sides agree already."""
    ledger.save_review_item(replace(item, state=ReviewState.OPEN, decided_by=None), run_id)
