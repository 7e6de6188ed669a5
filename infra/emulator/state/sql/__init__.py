"""SQL Server clauses, compiled for SQLite."""
