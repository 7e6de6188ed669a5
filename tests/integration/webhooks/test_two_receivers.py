import json
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.webhooks.conftest import MakeHooked
from tests.servers.postgres import Postgres
from tests.support.processes import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def database(postgres: Postgres, migrated: str) -> Iterator[str]:
    """The URL of a ledger on a server that several processes share."""
    name = postgres.create_database(template=migrated)
    yield postgres.url(name)
    postgres.drop_database(name)


def test_two_receivers_share_one_ledger(make_hooked: MakeHooked, database: str):
    """Both get every message, at the same time: each is kept once and worked on once, by one of them."""
    hooked = make_hooked(ledger=database, quirks={"attachment_event": False})
    hooked.sync()
    ports = [hooked.serve(), hooked.serve(free_port())]
    secret = hooked.environment["CASPIO_WEBHOOK_SECRET"]

    def send(port: int) -> None:
        with httpx.Client(trust_env=False, timeout=60) as client:
            for number in range(1, 4):
                rows = [{"PK_ID": number, "Scan": "a.txt"}]
                body = {
                    "messageId": f"m{number}", "eventType": "table.recordUpdate", "objectName": "Uploads", "data": rows,
                    "secret": secret,
                }  # fmt: skip
                url = f"http://127.0.0.1:{port}/webhooks/caspio"
                headers = {"Content-Type": "application/json"}
                assert (
                    client.post(url, content=json.dumps(body), headers=headers).status_code == 200
                )

    threads = [threading.Thread(target=send, args=(port,)) for port in ports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notes = hooked.notes(at_least=3)

    assert len(hooked.messages()) == 3
    assert all("done" in note for note in notes)
    assert [message.attempts for message in hooked.messages()] == [1, 1, 1]
    assert [row["DocType"] for row in hooked.rows()] == ["receipt"] * 3
    puts = [call for call in hooked.workspace().writes() if "records" in call]
    assert len(puts) == 3
