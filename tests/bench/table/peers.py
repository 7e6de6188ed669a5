"""The programs and loops that are compared with: tesseract, pypdfium2, and bare HTTP calls."""

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra.emulator.control.client import Control
from tests.bench.family import used
from tests.bench.table.readings import ONE_CORE

_PYPDFIUM2 = """
import sys, time
import pypdfium2
before = time.process_time()
for name in sys.argv[1:]:
    document = pypdfium2.PdfDocument(name)
    texts = [page.get_textpage().get_text_range() for page in document]
print(time.process_time() - before)
"""

_HTTPX = """
import json, sys, time, httpx
url, file = sys.argv[1:]
calls = json.load(open(file))
form = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}
values = {"DocType": "receipt", "Total": 12.5, "DocDate": "2026-03-02", "Company": "Northwind Ltd"}
with httpx.Client(base_url=url, timeout=60) as client:
    token = client.post("/oauth/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    before = time.process_time()
    for method, path, query in calls:
        body = {"json": values} if method == "PUT" else {}
        reply = client.request(method, f"{path}?{query}", headers=headers, **body)
        reply.raise_for_status()
        if reply.headers["content-type"].startswith("application/json"):
            reply.json()
    print(time.process_time() - before)
"""


@dataclass(frozen=True, slots=True)
class Read:
    """CPU seconds for all files, and the text of each."""

    cpu_s: float
    texts: tuple[str, ...]


def tesseract_s(files: Iterable[Path]) -> Read:
    """Read files with the command, one process for each, as users call it; on one core."""
    found = [used(["tesseract", str(path), "stdout"], env=os.environ | ONE_CORE) for path in files]
    return Read(sum(one.cpu_s for one in found), tuple(one.output for one in found))


def ocrmypdf_s(files: Iterable[Path]) -> float:
    """Return the CPU seconds to make a searchable PDF of each picture, one process for each."""
    options = ("--jobs", "1", "--image-dpi", "150", "--output-type", "pdf")
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "out.pdf"))
        return sum(
            used(["ocrmypdf", *options, str(path), target], env=os.environ | ONE_CORE).cpu_s
            for path in files
        )


def pypdfium2_s(files: Iterable[Path]) -> float:
    """Return the CPU seconds to extract the text of PDF files, without starting."""
    return float(used([sys.executable, "-c", _PYPDFIUM2, *map(str, files)]).output)


def replay_s(url: str) -> float:
    """Return the CPU seconds to make an emulator's calls again with httpx alone, without starting.

    All that were made since the log was cleared. An update finds its record changed, and changes
    nothing: that costs the caller the same.
    """
    calls = [
        (call["method"], call["path"], call["query"])
        for call in Control(url).call_log()
        if call["operation"] != "Token"
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(calls, file)
        file.flush()
        return float(used([sys.executable, "-c", _HTTPX, url, file.name]).output)
