"""Which sources a webhook reports, and which webhook this program has made."""

from sqlalchemy import select

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.tables import watched_sources, webhooks
from pipeline.ports.ledger import WatchedSource


class SqlWatches(SqlPart):
    """Remember watched sources and webhooks.

    `missed` counts over all runs; None until it was counted once, so that 0 means none.
    """

    def watched(self, source: str) -> WatchedSource | None:
        """Return what is known of a source whose changes a webhook reports."""
        wanted = select(watched_sources).where(watched_sources.c.source == source)
        with self._session.reading(f"look up the webhook of source {source}") as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            return None
        return WatchedSource(
            since=row.since,
            column_types=row.column_types,
            listed_at=row.listed_at,
            missed_last=row.missed_last,
            missed=row.missed,
        )

    def save_watched(self, source: str, watched: WatchedSource | None) -> None:
        """Keep what is known of a source whose changes a webhook reports; None for no more."""
        with self._session.writing(f"keep the webhook of source {source}") as connection:
            if watched is None:
                self._session.remove(connection, watched_sources, key="source", value=source)
                return
            row = {
                "source": source,
                "since": watched.since,
                "column_types": dict(watched.column_types),
                "listed_at": watched.listed_at,
                "missed_last": watched.missed_last,
                "missed": watched.missed,
            }
            self._session.keep(connection, watched_sources, row, key="source")

    def webhook_id(self, account: str) -> str:
        """Return the id of the webhook that this program has made in an account, or ""."""
        wanted = select(webhooks.c.webhook_id).where(webhooks.c.account == account)
        with self._session.reading(f"look up the webhook of {account}") as connection:
            return connection.execute(wanted).scalar_one_or_none() or ""

    def save_webhook_id(self, account: str, webhook_id: str) -> None:
        """Keep the id of the webhook that this program has made in an account."""
        row = {"account": account, "webhook_id": webhook_id}
        with self._session.writing(f"keep the webhook of {account}") as connection:
            self._session.keep(connection, webhooks, row, key="account")
