"""The ledger port on SQLite or PostgreSQL, put together from its parts."""

from pipeline.adapters.sql_ledger.effect_log import EffectLog
from pipeline.adapters.sql_ledger.file_log import FileLog
from pipeline.adapters.sql_ledger.file_views import FileViews
from pipeline.adapters.sql_ledger.run_log import RunLog


class SqlLedger(RunLog, FileLog, FileViews, EffectLog):
    """Remember runs, file versions, readings and effects in one database, shared by threads and processes.

    SQLite serves one machine; several machines share PostgreSQL. Each call is one short transaction, iterators make
    one a page and hold none between pages.
    """
