"""A table of a SQL database as a side of a sync."""

from pipeline.adapters.sql_mirror.mirror import SqlMirror as SqlMirror
