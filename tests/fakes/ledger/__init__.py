from pipeline.ports import Clock
from tests.fakes.clock import FakeClock
from tests.fakes.ledger.agents import MemoryAgents
from tests.fakes.ledger.effects import MemoryEffects
from tests.fakes.ledger.files import MemoryFiles
from tests.fakes.ledger.learning import MemoryLearning
from tests.fakes.ledger.leases import MemoryLeases
from tests.fakes.ledger.memory import Memory
from tests.fakes.ledger.messages import MemoryMessages
from tests.fakes.ledger.reviews import MemoryReviews
from tests.fakes.ledger.syncs import MemorySyncs
from tests.fakes.ledger.usage import MemoryUsage
from tests.fakes.ledger.users import MemoryUsers


class MemoryLedger:
    """A ledger in dictionaries. Set `down` to a sentence to make it unavailable."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.memory = memory = Memory(self.clock)
        self.files = MemoryFiles(memory)
        self.effects = MemoryEffects(memory)
        self.leases = MemoryLeases(memory)
        self.usage = MemoryUsage(memory, self.files)
        self.messages = MemoryMessages(memory)
        self.agents = MemoryAgents(memory)
        self.users = MemoryUsers(memory)
        self.reviews = MemoryReviews(memory)
        self.learning = MemoryLearning(memory)
        self.syncs = MemorySyncs(memory)

    @property
    def down(self) -> str:
        """Why the ledger is unavailable, "" while it is available."""
        return self.memory.down

    @down.setter
    def down(self, reason: str) -> None:
        self.memory.down = reason
