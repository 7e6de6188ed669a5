"""The ledger on SQLite or PostgreSQL: its ten ports over one database."""

from typing import Self

from pipeline.adapters.sql_ledger.agents import SqlAgents
from pipeline.adapters.sql_ledger.effects import SqlEffects
from pipeline.adapters.sql_ledger.files import SqlFiles
from pipeline.adapters.sql_ledger.learning import SqlLearning
from pipeline.adapters.sql_ledger.leases import SqlLeases
from pipeline.adapters.sql_ledger.messages import SqlMessages
from pipeline.adapters.sql_ledger.session import Session
from pipeline.adapters.sql_ledger.syncs import SqlSyncs
from pipeline.adapters.sql_ledger.usage import SqlUsage
from pipeline.adapters.sql_ledger.users.reviews import SqlReviews
from pipeline.adapters.sql_ledger.users.users import SqlUsers
from pipeline.ports import Clock


class SqlLedger:
    """Keep the ledger in one database that many processes share.

    SQLite serves one machine; several machines share PostgreSQL. Each call is one short
    transaction. Iterators make one transaction a page and hold none between pages.

    Args:
        url: `sqlite:///FILE` or `postgresql+psycopg://…`.
        clock: Where every time in the ledger comes from.

    Raises:
        LedgerUnavailable: The database cannot be opened or its schema is newer than this program.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self._session = session = Session(url, clock=clock)
        self.files = SqlFiles(session)
        self.effects = SqlEffects(session)
        self.leases = SqlLeases(session)
        self.usage = SqlUsage(session)
        self.messages = SqlMessages(session)
        self.agents = SqlAgents(session)
        self.users = SqlUsers(session)
        self.reviews = SqlReviews(session)
        self.learning = SqlLearning(session)
        self.syncs = SqlSyncs(session)

    def close(self) -> None:
        """Close every connection; the next call would open new ones."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
