"""What a ledger says when its database refuses."""

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from pipeline.adapters.sql_ledger.database import translated
from pipeline.errors import LedgerUnavailable

REFUSED = """connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused
\tIs the server running on that host and accepting TCP/IP connections?"""


def test_what_a_database_refuses_is_one_line_with_what_to_do():
    """The server's own advice is left out; ours names the variable, since the address has a password."""
    url = make_url("postgresql+psycopg://user:hidden@127.0.0.1:1/ledger")

    with pytest.raises(LedgerUnavailable) as refused, translated(url, "open"):
        raise OperationalError("", {}, Exception(REFUSED))

    said = str(refused.value)
    assert said.endswith(
        "Connection refused. Start the database server, or correct host and port in "
        "CASPIO_INGEST_LEDGER__URL."
    )
    assert "hidden" not in said
    assert "\n" not in said
