"""Which names of a list are chosen, and how certain the whole list is."""

import numpy as np

from processors.learning.candidates import PrintedCandidate
from processors.learning.lists import Cut, names_of
from processors.learning.text.spans import Spot


def test_a_part_of_a_chosen_name_is_no_other_name() -> None:
    """A list is as certain as if the part were not there: it could not have been chosen."""
    whole = PrintedCandidate("acmetrading", "Acme Trading", spots=[Spot(0, 0, 0, 12)])
    part = PrintedCandidate("acme", "Acme", spots=[Spot(0, 0, 0, 4)])
    weights, cut = np.array([1.0]), Cut(0.4, 0)

    alone = names_of([whole], np.array([[3.0]]), weights, cut, None)
    both = names_of([whole, part], np.array([[3.0], [2.0]]), weights, cut, None)

    assert alone.chosen == both.chosen == (0,)
    assert list(alone.features) == list(both.features)
