"""The example of docs/http-api.md, run as it is written, against a server that listens."""

import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from flows.agents.door import Allowed
from flows.api.app import api_app
from flows.http.server import listening, server_of
from tests.integration.agents.desk import RAW, Desk

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not (shutil.which("curl") and shutil.which("jq")), reason="the example needs curl and jq"
    ),
]

PAGE = Path(__file__).parents[3] / "docs/http-api.md"
EXAMPLE = re.compile(r"<!-- run: curl -->\n```bash\n(.*?)```", re.DOTALL)


def test_the_example_of_the_page_runs(desk: Desk, tmp_path: Path):
    """Each step of it succeeds, and what it prints is what happened."""
    (script,) = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    # The account of the tests has its source under its own name.
    script = script.replace("source=receipts", "source=main").replace('"receipts"', '"main"')
    # A company that a user typed: the receipt says another one, which then waits for a decision.
    one = {"field": "PK_ID", "op": "eq", "value": 1}
    typed = {"Company": "Typed by Anna"}
    raw = desk.token(scope=RAW)
    desk.result(raw, "update_a_caspio_record_by_id", table="Receipts", where=one, values=typed)
    allowed = Allowed.by(listen="127.0.0.1:0", url=None, origins=())
    with listening("127.0.0.1:0", what="The HTTP API") as door:
        server = server_of(api_app(desk.accounts, allowed, None), connections=20)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            address = f"http://127.0.0.1:{door.getsockname()[1]}/api/main"
            ended = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                env={"PATH": os.environ["PATH"], "API": address, "TOKEN": desk.token()},
                cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False,
            )  # fmt: skip
        finally:
            server.should_exit = True
            thread.join()

    assert ended.returncode == 0, ended.stderr + ended.stdout
    lines = ended.stdout.splitlines()
    assert lines[:5] == ["1  main1.txt", "2  main2.txt", "3  main3.txt", "receipt", lines[4]]
    assert lines[4].startswith("total 1.50 at 0.")
    assert "record 1: 1.5" in lines
    assert "record 2: 2.5" in lines
    assert "reject" in lines
    assert '  "done": 2' in lines
    assert (tmp_path / "receipt.txt").read_bytes().startswith(b"Main Hardware Ltd")
    rows = desk.result(desk.token(), "list_all_caspio_records", table="Receipts")
    assert [row["Total"] for row in rows] == [None, None, None]
    assert rows[0]["Company"] == "Typed by Anna"
