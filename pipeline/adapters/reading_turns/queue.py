"""Whose turn it is: pure functions over the tickets of everybody who wants to read a document."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Ticket:
    """One document that is read or waits for it.

    Attributes:
        process: whose it is: without that process it counts no more.
        reads: True while the document is read, False while it waits.
    """

    id: str
    account: str
    process: str
    reads: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """All tickets in the order in which they were drawn.

    Attributes:
        served: by account, the number of the turn in which it was last given a place. Accounts
            without a ticket stay in it: one that comes again and again must not come first.
        turn: the number of the last turn.
    """

    tickets: tuple[Ticket, ...] = ()
    served: Mapping[str, int] = field(default_factory=dict)
    turn: int = 0

    def ticket(self, ticket_id: str) -> Ticket | None:
        """Return a ticket, None if there is none of that id."""
        return next((one for one in self.tickets if one.id == ticket_id), None)

    @property
    def processes(self) -> set[str]:
        """Return the processes that have tickets."""
        return {one.process for one in self.tickets}


def with_ticket(queue: Queue, ticket: Ticket) -> Queue:
    """Return a queue with one more ticket, the last of all."""
    return replace(queue, tickets=(*queue.tickets, ticket))


def without_ticket(queue: Queue, ticket_id: str) -> Queue:
    """Return a queue without a ticket, whether it has a place or waits."""
    return replace(queue, tickets=tuple(one for one in queue.tickets if one.id != ticket_id))


def without_processes(queue: Queue, processes: Collection[str]) -> Queue:
    """Return a queue without the tickets of processes that have ended."""
    return replace(
        queue, tickets=tuple(one for one in queue.tickets if one.process not in processes)
    )


def served(queue: Queue, places: int) -> Queue:
    """Return a queue in which as many documents are read as there are places.

    Each free place goes to the account that has the fewest; among several, to the one whose last
    turn is longest ago; within an account, to its oldest ticket. So an account that has none gets
    one after every other account has got at most one, however many documents those have.
    """
    while True:
        reading = [one.account for one in queue.tickets if one.reads]
        waiting = [one for one in queue.tickets if not one.reads]
        if not waiting or len(reading) >= places:
            return queue
        # min returns the first of equals, which is the oldest ticket.
        chosen = min(
            waiting, key=lambda one: (reading.count(one.account), queue.served.get(one.account, 0))
        )
        queue = replace(
            queue,
            tickets=tuple(
                replace(one, reads=True) if one is chosen else one for one in queue.tickets
            ),
            served={**queue.served, chosen.account: queue.turn + 1},
            turn=queue.turn + 1,
        )
