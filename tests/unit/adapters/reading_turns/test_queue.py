"""Whose turn it is to read a document: fair between accounts, and no place idle."""

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from pipeline.adapters.reading_turns.queue import (
    Queue,
    Ticket,
    served,
    with_ticket,
    without_processes,
    without_ticket,
)

pytestmark = pytest.mark.slow

ACCOUNTS = ("a", "b", "c")
# Long enough that accounts wait, with more tickets drawn than documents ended.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("draw"), st.sampled_from(ACCOUNTS)),
        st.tuples(st.just("draw"), st.just("a")),
        st.tuples(st.just("end"), st.integers(min_value=0, max_value=3)),
    ),
    min_size=30,
    max_size=60,
)
PLACES = st.integers(min_value=1, max_value=4)


def played(steps: list[tuple[str, object]], places: int) -> list[Queue]:
    """Return the queue after each step: a ticket is drawn, or a document that is read ends."""
    queue, queues = Queue(), []
    for number, (step, value) in enumerate(steps):
        if step == "draw":
            queue = with_ticket(queue, Ticket(str(number), str(value), f"process {value}"))
        else:
            reading = [one.id for one in queue.tickets if one.reads]
            if reading:
                queue = without_ticket(queue, reading[int(str(value)) % len(reading)])
        queue = served(queue, places)
        queues.append(queue)
    return queues


@given(STEPS, PLACES)
def test_no_place_is_idle_and_none_is_given_twice(steps: list[tuple[str, object]], places: int):
    """As many documents are read as there are places, unless fewer wait."""
    for queue in played(steps, places):
        reading = sum(one.reads for one in queue.tickets)

        assert reading == min(places, len(queue.tickets))


def places_given(queues: list[Queue]) -> list[list[str]]:
    """Return the accounts that got a place at each step."""
    known: set[str] = set()
    given_places = []
    for queue in queues:
        reading = {one.id: one.account for one in queue.tickets if one.reads}
        given_places.append([account for id_, account in reading.items() if id_ not in known])
        known = set(reading)
    return given_places


@given(STEPS, PLACES, st.sampled_from(ACCOUNTS))
def test_who_has_no_place_waits_for_one_turn_of_each_other_account(
    steps: list[tuple[str, object]], places: int, account: str
):
    """While an account waits without a place, no other account gets two."""
    queues = played(steps, places)
    since: Counter[str] = Counter()
    for queue, given_to in zip(queues, places_given(queues), strict=True):
        own = [one.reads for one in queue.tickets if one.account == account]
        if own and not any(own):
            since.update(given_to)
            assert max(since.values(), default=0) <= 1
        else:
            since.clear()


@given(STEPS, PLACES)
def test_an_account_reads_in_the_order_in_which_it_asked(
    steps: list[tuple[str, object]], places: int
):
    """No document overtakes an older one of its account."""
    for queue in played(steps, places):
        for account in ACCOUNTS:
            own = [one.reads for one in queue.tickets if one.account == account]
            assert own == sorted(own, reverse=True)


def test_a_small_account_reads_beside_one_with_many_documents():
    """Of two places, an account with 100,000 documents keeps one as soon as another one asks."""
    queue = Queue()
    for number in range(1000):
        queue = with_ticket(queue, Ticket(f"many {number}", "many", "p"))
    queue = served(queue, 2)
    queue = served(with_ticket(queue, Ticket("few", "few", "q")), 2)

    queue = served(without_ticket(queue, "many 0"), 2)

    assert [one.id for one in queue.tickets if one.reads] == ["many 1", "few"]


def test_a_place_goes_to_the_account_that_reads_the_fewest():
    """While one account reads a long document, the other place stays with the other account."""
    queue = served(with_ticket(Queue(), Ticket("long", "a", "p")), 2)
    for ticket, account in (("short", "b"), ("next of a", "a"), ("next of b", "b")):
        queue = served(with_ticket(queue, Ticket(ticket, account, "p")), 2)

    queue = served(without_ticket(queue, "short"), 2)

    assert [one.id for one in queue.tickets if one.reads] == ["long", "next of b"]


def test_who_comes_again_and_again_is_not_first_each_time():
    """An account with one document at a time takes turns with others, since its last turn is known."""
    queue = Queue()
    for account in ("a", "b", "c"):
        queue = served(with_ticket(queue, Ticket(account, account, "p")), 1)
    order = []
    for number in range(6):
        (holder,) = [one for one in queue.tickets if one.reads]
        order.append(holder.account)
        queue = without_ticket(queue, holder.id)
        again = Ticket(f"{holder.account} {number}", holder.account, "p")
        queue = served(with_ticket(queue, again), 1)

    assert order == ["a", "b", "c", "a", "b", "c"]


def test_the_tickets_of_a_dead_process_count_no_more():
    """Its places are given to others."""
    queue = served(with_ticket(Queue(), Ticket("1", "a", "dead")), 1)
    queue = served(with_ticket(queue, Ticket("2", "b", "alive")), 1)

    queue = served(without_processes(queue, {"dead"}), 1)

    assert [(one.id, one.reads) for one in queue.tickets] == [("2", True)]
