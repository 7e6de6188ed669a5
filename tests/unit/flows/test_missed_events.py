from collections.abc import Sequence
from datetime import timedelta

from flows.app.missed_events import MissedEventCounter
from pipeline.ports import FileState
from pipeline.ports.ledger import WatchedSource
from pipeline.record import new_records
from tests.fakes.ledger.files import MemoryFiles
from tests.unit.pipeline.world import RECEIPTS, World


class Asked(MemoryFiles):
    """File versions that count how often they are asked for those seen once."""

    many = 0

    def seen_once(self, versions: Sequence[str]) -> set[str]:
        """Count, and answer."""
        self.many += 1
        return super().seen_once(versions)

    def state(self, version: str) -> FileState | None:
        """Refuse: a look-up a file is what must not be."""
        raise AssertionError(version)


def test_what_was_missed_costs_a_look_up_a_page(world: World):
    """However many files a page of the listing has, the ledger is asked once; where webhooks are off, never."""
    world.ledger.files = asked = Asked(world.ledger.memory)
    for number in range(1, 8):
        world.receipt(str(number), "a receipt")
    run = world.source_run(RECEIPTS)
    off = MissedEventCounter(run)
    list(new_records(run, on_unchanged=lambda _: None, on_found=off.listed))
    earlier = world.clock.now() - timedelta(days=1)
    world.ledger.messages.save_watched("receipts", WatchedSource(earlier, listed_at=earlier))
    world.receipt("8", "another")
    on = MissedEventCounter(run)

    pages = []
    list(
        new_records(
            run,
            on_unchanged=lambda _: None,
            on_found=lambda page: (pages.append(page), on.listed(page)),
        )
    )

    assert (off.conclude(), on.conclude()) == (0, 1)
    assert asked.many == len(pages)
    assert world.ledger.messages.watched("receipts").missed == 1
