"""A PostgreSQL role and schema for the ledger of one account."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from pipeline.adapters.sql_ledger.database import open_engine, translated
from pipeline.errors import BadSettings


def create_role(admin_url: str, *, name: str, password: str) -> None:
    """Create the role and the schema of an account, both called `name`, or set its password.

    The role sees its own schema only: PostgreSQL grants nobody else anything in a new schema, and a
    new role nothing in those of others. May be repeated.

    Raises:
        BadSettings: there is a role of this name already, for another database of the server. To
            share it would let each installation read the ledger of the other.
        LedgerUnavailable: the admin may not, or the server cannot be reached.
    """
    with _administrating(admin_url, f"create the role {name}") as admin:
        # As a verifier: a server may log the statement.
        verifier = admin.driver.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        )
        if not admin.knows(name):
            admin.run("CREATE ROLE {role}", role=name)
        # Role and schema are made in one transaction, so one without the other is not ours.
        elif not admin.has_schema(name):
            problem = (
                f"The PostgreSQL server has a role {name} that is not of this database. Give the "
                "account another name, or use a server that no other installation uses."
            )
            raise BadSettings([problem])
        admin.run(
            "ALTER ROLE {role} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT "
            "NOREPLICATION PASSWORD {verifier}",
            role=name,
            verifier=sql.Literal(verifier.decode()),
        )
        # Whoever makes a schema for a role has to be a member of it, unless a superuser.
        admin.run("GRANT {role} TO CURRENT_USER", role=name)
        database = admin.driver.info.dbname
        admin.run("GRANT CONNECT ON DATABASE {database} TO {role}", database=database, role=name)
        admin.run("CREATE SCHEMA IF NOT EXISTS {role} AUTHORIZATION {role}", role=name)
        # The address of the ledger says so too; this is for whoever connects by hand.
        admin.run("ALTER ROLE {role} SET search_path = {role}", role=name)


def drop_role(admin_url: str, *, name: str) -> None:
    """Drop the schema of an account with everything in it, and its role. May be repeated.

    A role of another database of the server, which has no schema here, is left alone.

    Raises:
        LedgerUnavailable: the admin may not, or the server cannot be reached.
    """
    with _administrating(admin_url, f"drop the role {name}") as admin:
        if not (admin.knows(name) and admin.has_schema(name)):
            return
        admin.run("DROP SCHEMA {role} CASCADE", role=name)
        # What it was granted, such as the database, would keep the role.
        admin.run("DROP OWNED BY {role}", role=name)
        admin.run("DROP ROLE {role}", role=name)


@dataclass(frozen=True, slots=True)
class _Admin:
    """Runs statements that SQLAlchemy has no form for, with quoted names."""

    connection: Connection

    @property
    def driver(self) -> psycopg.Connection:
        """Return the driver's connection."""
        raw = self.connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        return raw

    def run(self, statement: str, **parts: str | sql.Composable) -> None:
        """Run a statement; texts among its parts are names."""
        quoted = {
            key: sql.Identifier(part) if isinstance(part, str) else part
            for key, part in parts.items()
        }
        composed = sql.SQL(statement).format(**quoted)
        self.connection.exec_driver_sql(composed.as_string(self.driver))

    def knows(self, role: str) -> bool:
        """Return whether a role exists."""
        return self._finds("SELECT 1 FROM pg_roles WHERE rolname = %(name)s", role)

    def has_schema(self, name: str) -> bool:
        """Return whether this database has a schema."""
        return self._finds("SELECT 1 FROM pg_namespace WHERE nspname = %(name)s", name)

    def _finds(self, query: str, name: str) -> bool:
        return self.connection.exec_driver_sql(query, {"name": name}).first() is not None


@contextmanager
def _administrating(admin_url: str, doing: str) -> Iterator[_Admin]:
    """Open one transaction of the admin: everything in it happens, or nothing."""
    engine, url = open_engine(admin_url)
    try:
        with translated(url, doing), engine.connect() as connection, connection.begin():
            yield _Admin(connection)
    finally:
        engine.dispose()
