"""What may be somebody else's, or more than the value, is a suggestion."""

import pytest

from processors.confidence.logistic import logit
from processors.confidence.model import WRITE_AT, most_logit
from tests.unit.processors.confidence.test_probabilities import features_on, page


@pytest.mark.parametrize(
    ("named", "is_sure"),
    [
        ("Vole Nursery, Fell Row 9, 30-002 Kendal", True),
        ("Vole Nursery, 14 Fell Lane", True),
        ("Vole, 5 Senses Ltd", True),
        ("Vole, 5 Senses Cooking", False),
        ("Vole, 20002 Leagues Diving", False),
    ],
)
def test_a_buyer_with_a_number_behind_a_comma_is_a_suggestion(named: str, *, is_sure: bool):
    """It may be a name with a number or one with its town; a street or a legal form decides."""
    features = features_on([page("INVOICE 12", f"Buyer: {named}", "Total 5.00")], "buyer")

    assert (most_logit(features) > logit(WRITE_AT)) == is_sure
