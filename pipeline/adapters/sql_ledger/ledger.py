"""The ledger port on SQLite or PostgreSQL, put together from its parts."""

from pipeline.adapters.sql_ledger.effect_log import EffectLog
from pipeline.adapters.sql_ledger.figure_log import FigureLog
from pipeline.adapters.sql_ledger.file_log import FileLog
from pipeline.adapters.sql_ledger.file_views import FileViews
from pipeline.adapters.sql_ledger.message_log import MessageLog
from pipeline.adapters.sql_ledger.restore_log import RestoreLog
from pipeline.adapters.sql_ledger.review_log import ReviewLog
from pipeline.adapters.sql_ledger.run_log import RunLog
from pipeline.adapters.sql_ledger.usage_log import UsageLog


class SqlLedger(
    RunLog, FileLog, FileViews, EffectLog, MessageLog, UsageLog, RestoreLog, ReviewLog, FigureLog
):
    """Remember runs, file versions, readings, effects, leases and usage in one database, shared by many processes.

    SQLite serves one machine; several machines share PostgreSQL. Each call is one short transaction, iterators make
    one a page and hold none between pages.
    """
