"""The client as a script uses it: plain arguments, no settings, no clock."""

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient, Clause, NewField, NotFound, Query
from pipeline.adapters.caspio.client.errors import FileMissing

from .conftest import Start

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[4]
SCAN = b"%PDF " * 1000


@pytest.fixture
def emulator(start: Start) -> Emulator:
    """Start an account with receipts."""
    fields = [
        {"Name": "Total", "Type": "CURRENCY"},
        {"Name": "Scan", "Type": "ATTACHMENT"},
        {"Name": "Tags", "Type": "LIST-STRING", "ListField": ["red", "green", "blue"]},
    ]
    records = [{"PK_ID": 1, "Total": 12.5, "Scan": "a.pdf"}]
    return start(
        {"tables": {"Receipts": {"fields": fields, "records": records}}, "files": {"/a": "a.pdf"}},
        {"a.pdf": SCAN},
        unknown_parameters="refused",
    )


@pytest.mark.parametrize("page", ["README.md", "docs/client.md"])
def test_the_example_of_a_page_runs(page: str, emulator: Emulator, tmp_path: Path) -> None:
    """The example of the documentation works as it is, with an account's own credentials."""
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL
    )
    example = next(block for block in blocks if "CaspioClient(" in block)
    code = example.replace("https://abc12345.caspio.com", emulator.url)
    code = code.replace('client_id="…"', 'client_id="id"')
    code = code.replace('client_secret="…"', 'client_secret="secret"')
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    (tmp_path / "invoice.pdf").write_text("Invoice 17\nAcme Ltd\nTotal due: 99.00 EUR\n", "utf-8")

    ended = subprocess.run(
        [sys.executable, script.name], capture_output=True, text=True, cwd=tmp_path, check=False
    )

    expected = {
        "README.md": "99.00\n1 12.5\n",
        "docs/client.md": f"1 12.5\n{len(SCAN)} of {len(SCAN)} bytes\n",
    }
    assert ended.stdout == expected[page], ended.stderr


@pytest.fixture
def client(emulator: Emulator) -> CaspioClient:
    """Connect as a script does."""
    return CaspioClient(url=emulator.url, client_id="id", client_secret="secret")


def test_files_go_up_and_come_down(client: CaspioClient, tmp_path: Path) -> None:
    """A file of any size is sent with its length declared, and comes back as it was."""
    source = tmp_path / "b.bin"
    source.write_bytes(bytes(range(256)) * 4096)

    with client:
        stored = client.files.add(
            "", source=source, name="b.bin", media_type="application/octet-stream"
        )
        taken = client.files.add(
            "", source=source, name="b.bin", media_type="application/octet-stream"
        )
        client.tables.upload(
            "Receipts", "Scan", "1", source=source, name="b.bin", media_type="image/png"
        )
        with (
            client.tables.download("Receipts", "Scan", "1") as attachment,
            client.files.download("/b.bin") as file,
        ):
            assert b"".join(attachment.chunks) == b"".join(file.chunks) == source.read_bytes()

    assert stored is not None
    assert (stored.name, bool(stored.key), taken) == ("b.bin", True, None)


def test_file_has_one_life(client: CaspioClient, tmp_path: Path) -> None:
    """A file is found by path and by key alike until it is deleted, and gone in every way then."""
    source = tmp_path / "c.txt"
    source.write_bytes(b"one")
    with client:
        stored = client.files.put("", source=source, name="c.txt", media_type="text/plain")
        assert stored is not None
        by_path, by_key = client.files.info("/c.txt"), client.files.info_by_key(stored.key)
        client.files.delete_key(stored.key)

        assert by_path == by_key
        assert client.files.info("/c.txt") is None is client.files.info_by_key(stored.key)
        with pytest.raises(FileMissing):
            client.files.delete("/c.txt")


def test_table_is_made_and_changed(client: CaspioClient) -> None:
    """A table's fields are made, looked at, changed and deleted with what was said of them."""
    with client:
        client.tables.create("Made", [NewField("A", "STRING")])
        client.tables.create_field("Made", NewField("B", "NUMBER"))
        client.tables.update_field("Made", "B", name="C")
        client.tables.delete_field("Made", "A")

        assert [(one.name, one.type) for one in client.tables.definitions("Made")] == [
            ("C", "NUMBER")
        ]
        assert client.tables.definition("Made", "C").editable
        with pytest.raises(NotFound):
            client.tables.definition("Made", "A")


def test_list_field_is_written_as_items_and_read_as_object(client: CaspioClient) -> None:
    """What is chosen of a LIST field is written by its numbers or texts, and read with both."""
    with client:
        client.tables.update(
            "Receipts", {"Total": 1.0, "Tags": ("green", "red")}, condition=Clause("PK_ID = 1")
        )
        (record,) = client.tables.records("Receipts")

    assert set(record.lists["Tags"].values()) == {"green", "red"}
    assert {word.strip() for word in str(record.values["Tags"]).split(",")} == {"green", "red"}


def test_query_speaks_sql(client: CaspioClient) -> None:
    """Expressions, aliases and totals come back as rows."""
    with client:
        page = client.tables.query("Receipts", Query(select="COUNT(*) AS n, SUM(Total) AS s"))
        counted = client.tables.query(
            "Receipts", Query(page=1, page_size=5, order_by="PK_ID", with_total=True)
        )

    assert [dict(row.values) for row in page.items] == [{"n": 1, "s": 12.5}]
    assert counted.total == 1


def test_threads_share_a_client(client: CaspioClient, emulator: Emulator) -> None:
    """Many threads may use one client; they share its token."""
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.tables.names())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()

    assert answers == [("Receipts",)] * 8
    assert emulator.control.calls()["POST /oauth/token"] == 1
