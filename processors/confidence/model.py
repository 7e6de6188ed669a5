"""Load the fitted weights, and turn features into a probability."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from math import floor, inf

from processors.confidence.logistic import logit, probability
from processors.confidence.shared import OF_OTHER_CLASS, Features

WEIGHTS = "weights.json"
SHARED = "shared"
"""The weights of kinds of values that have none of their own: what all kinds have in common."""

WRITE_AT = 0.95
"""The usual limit from which on a value is written: what the cautions are measured at."""
MOST_OF_SUGGESTION = 0.9
"""The most that a value has of which a feature says that it may be somebody else's."""
MOST_UNANNOUNCED = 0.5
"""The most that an amount has which is a total only because it is the largest one. It is right in
40 of the 85 receipts and invoices that people sent which have such an amount."""
_DOUBTS = (
    "may_be_cut", "ends_in_code", "of_else", "starts_elsewhere", "starts_post", "begins_term",
    "mentioned_only", "one_party", "one_word_party", "another_signs", "only_signed",
    "may_be_misread", "may_be_year", "of_other_label", "not_money", "of_delivery", "of_person",
    "cut_at_edge", "of_order", "of_any_country", "only_said",
)  # fmt: skip
_STEPS = 1000
"""Probabilities have three decimals, cut off: none looks as if it reached a limit."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by kind of value and feature.

    `elsewhere` has, by kind of value, the share of the logit that remains in documents of a class
    that none of the fitted ones has: how far weights went wrong there that had not seen the class.
    `caution` has by kind of value by how much more the logit must be for a value to be written.
    """

    weights: Mapping[str, Mapping[str, float]]
    elsewhere: Mapping[str, float]
    caution: Mapping[str, float] = field(default_factory=dict)

    def probability(self, kind: str, features: Features) -> float:
        """Return the probability that a value with these features is right."""
        weights = self.weights.get(kind) or self.weights[SHARED]
        odds = sum(weights.get(name, 0.0) * value for name, value in features.items())
        if features.get(OF_OTHER_CLASS):
            odds *= self.elsewhere.get(kind, self.elsewhere[SHARED])
        odds = min(odds, most_logit(features))
        odds = with_caution(odds, self.caution.get(kind, 0.0))
        return floor(probability(odds) * _STEPS) / _STEPS


def most_logit(features: Features) -> float:
    """Return the most that a logit may be: what a feature says may be wrong is a suggestion.

    An address apart from the name may be the receiver's, and so is what is in the window of a
    letter that has the web address of another, or nothing above the window. An address without a
    postal code above words that may be its town may go on there. "Bakery" says what somebody does,
    unless a web address or a label says that it is a name.

    The day on which a contract was signed is not the one from which it holds, if it names that one;
    nor is one on which somebody's work or, of several days, a term begins, or one that a sentence
    only mentions. A contract has two parties, whose names have two words, and all companies that
    sign it are among them; who signs may do it for another. A date in a row, of another paper or of
    a thing may not be that of a bill. Too few documents have one of them for a weight.

    Behind a label that is not the seller's, such as "Project", a name may be anybody's, and one
    with nothing below it that says where it is may be a heading. "Mrs J Smith" gets letters, and
    goods may be sent to somebody else than the bill. A total of a document that says nothing of
    money may be one of goods or hours. Dollars are those of any country that has them where nothing
    hints at one. What only a sentence calls a total may be one of something else.

    An amount is no total only because it is the largest one. The letter S in an amount may be 5 or
    8, and a year behind a title the one that a bill is for.
    """
    if features.get("unannounced"):
        return logit(MOST_UNANNOUNCED)
    is_trade = features.get("trade_alone") and not (
        features.get("in_domain") or features.get("announced")
    )
    is_receiver = features.get("apart") or (
        features.get("in_window")
        and (features.get("other_in_domain") or features.get("begins_in_window"))
        and not features.get("in_domain")
    )
    is_other = any(map(features.get, _DOUBTS))
    is_doubtful = is_receiver or is_trade or is_other
    return logit(MOST_OF_SUGGESTION) if is_doubtful else inf


def with_caution(logit_: float, caution: float) -> float:
    """Return a logit so that one of WRITE_AT and the caution reaches WRITE_AT, and no lower one.

    What is between 0 and it becomes smaller in proportion, and what is below 0 stays: the caution
    decides what is written, and takes nothing from a suggestion that is as likely as it says.
    """
    limit = logit(WRITE_AT)
    if logit_ <= 0:
        return logit_
    if logit_ >= limit + caution:
        return logit_ - caution
    return logit_ * limit / (limit + caution)


@cache
def load_model() -> Model:
    """Read the packaged weights."""
    file = resources.files(__package__).joinpath(WEIGHTS)
    fitted = json.loads(file.read_text(encoding="utf-8"))
    return Model(fitted["weights"], fitted["elsewhere"], fitted["caution"])
