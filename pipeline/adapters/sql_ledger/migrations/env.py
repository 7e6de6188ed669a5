"""Run migrations on the connection the ledger has opened; Alembic executes this module."""

from alembic import context

from pipeline.adapters.sql_ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
