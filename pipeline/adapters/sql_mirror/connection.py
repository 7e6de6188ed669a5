"""Open the database of a mirror, and translate what it refuses."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from pipeline.errors import BadSettings, EffectInDoubt, ServiceUnavailable

_WAIT_S = 30  # for another program that writes to the same SQLite file

_PLACES = {"host", "port", "dbname", "service", "unix_socket"}
_ODBC_PLACE = re.compile(r"\s*(server|database|dsn)\s*=", re.IGNORECASE)


def open_engine(address: str) -> Engine:
    """Return an engine that connects when it is used; the address is in no message.

    Raises:
        BadSettings: the address cannot be used.
    """
    try:
        url = make_url(address)
        if url.drivername == "sqlite":
            engine = create_engine(url, connect_args={"timeout": _WAIT_S})
            event.listen(engine, "connect", _leave_begin_to_us)
            event.listen(engine, "begin", _begin)
            return engine
        # A connection that died with a restarted server is replaced instead of failing a run.
        return create_engine(url, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        # SQLAlchemy's message may repeat the address, which has a password.
        problem = (
            "sync.url is not an address that SQLAlchemy can use, or its driver is not installed."
        )
        advice = (
            "Write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE, and "
            "install the driver of another database."
        )
        raise BadSettings([f"{problem} {advice}"]) from error


def database_id(address: str) -> str:
    """Identify the database behind an address: 8 hex digits.

    User, password and driver make no difference.

    Raises:
        BadSettings: the address cannot be used.
    """
    engine = open_engine(address)
    url = engine.url
    engine.dispose()
    parts = [str(url.host or "").lower(), url.port, url.database]
    # Some drivers take the place of the database from the query.
    for name, value in sorted(url.query.items()):
        if name in _PLACES:
            parts.append(f"{name}={value}")
        elif name == "odbc_connect":
            parts += [one for one in str(value).split(";") if _ODBC_PLACE.match(one)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]


def _leave_begin_to_us(connection: Any, _record: object) -> None:
    # The driver's own BEGIN would be deferred: a write could fail after its rows were read.
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"BEGIN {options.get('mirror_begin', 'DEFERRED')}")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads."""
    with translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes, and commit it.

    Raises:
        EffectInDoubt: the answer to the commit was lost.
    """
    with translated(engine), engine.connect() as plain:
        connection = plain.execution_options(mirror_begin="IMMEDIATE")
        transaction = connection.begin()
        try:
            yield connection
        except BaseException:
            transaction.rollback()
            raise
        try:
            transaction.commit()
        except DBAPIError as error:
            if error.connection_invalidated:
                raise EffectInDoubt(
                    "The answer to a commit in the mirror was lost; the next run checks what is "
                    "there."
                ) from error
            raise


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Raise the pipeline's errors for what the database refuses; no password is shown."""
    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip()
        password = engine.url.password
        if isinstance(password, str) and password:
            said = said.replace(password, "***")
        shown = engine.url.render_as_string(hide_password=True)
        raise ServiceUnavailable(
            f"The mirror {shown} failed: {said}. Check that the database runs and that its user "
            "may read and write the table, then run again."
        ) from error
