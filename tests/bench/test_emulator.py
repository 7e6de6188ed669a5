"""How fast the local Caspio is with a million records; figures are CPU seconds of this process, server included."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from infra.emulator import Emulator
from tests.emulator.api import Api, connected, seed

pytestmark = pytest.mark.bench
_COUNT = 1_000_000
_ACCOUNT = {
    "tables": {
        "Uploads": {
            "fields": [
                {"Name": "Title", "Type": "STRING"},
                {"Name": "Amount", "Type": "NUMBER"},
                {"Name": "Scan", "Type": "ATTACHMENT"},
            ],
            "records": {
                "count": _COUNT,
                "values": {"Title": "Upload {n:07}", "Amount": "{n}"},
                "attachments": {"Scan": {"name": "scan-{n}.pdf", "size": 20_000, "seed": 7}},
            },
        }
    }
}


def _cpu_s(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _page(api: Api, last: int) -> None:
    params = {"where": f"PK_ID > {last}", "orderBy": "PK_ID", "pageSize": 1000, "pageNumber": 1}
    assert len(api.get("/tables/Uploads/records", **params).json()["Result"]) == 1000


def _numbered(api: Api, page: int) -> None:
    params = {"orderBy": "PK_ID", "pageSize": 1000, "pageNumber": page, "getPaginationInfo": "true"}
    assert api.get("/tables/Uploads/records", **params).json()["Pagination"]["TotalCount"] == _COUNT


def _info(api: Api, last: int) -> None:
    assert len(api.info("Uploads", f"PK_ID > {last} AND PK_ID <= {last + 1000}")) == 1000


def test_a_page_of_a_million_records(tmp_path: Path):
    """Seeding, a page by key, a page by number and the fileInfo of a page, in CPU milliseconds."""
    folder = seed(tmp_path, _ACCOUNT)
    opened: list[Emulator] = []
    seeding = _cpu_s(lambda: opened.append(Emulator(seed=folder)))
    figures: dict[str, float] = {}
    with opened[0] as emulator, connected(emulator) as api:
        _numbered(api, 1)
        for name, work in (("page by key", _page), ("fileInfo", _info)):
            figures[name] = median(
                _cpu_s(lambda n=n, work=work: work(api, n * 83_000)) for n in range(12)
            )
        figures["page by number"] = median(
            _cpu_s(lambda n=n: _numbered(api, n * 90)) for n in range(1, 12)
        )
    print(
        json.dumps(
            {"seeding_s": round(seeding, 2), **{k: round(v * 1000, 1) for k, v in figures.items()}}
        )
    )
    assert max(figures.values()) < 0.05
