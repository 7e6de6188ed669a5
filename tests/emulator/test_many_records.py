import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.api import Api, seed, serving

pytestmark = pytest.mark.integration
_MANY: dict[str, Any] = {
    "tables": {
        "Uploads": {
            "fields": [
                {"Name": "Title", "Type": "STRING"},
                {"Name": "Amount", "Type": "NUMBER"},
                {"Name": "Scan", "Type": "ATTACHMENT"},
                {"Name": "Note", "Type": "ATTACHMENT"},
            ],
            "records": {
                "count": 5000,
                "values": {"Title": "Upload {n:05} at 100%", "Amount": "{n}"},
                "attachments": {
                    "Scan": {"name": "scan-{n}.pdf", "size": 300_000, "seed": 7},
                    "Note": {"name": "note.txt", "text": "Receipt {n}\nTotal {n}.00 EUR\n"},
                },
            },
        }
    }
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seed that declares five thousand records."""
    return seed(tmp_path_factory.mktemp("many"), _MANY)


def _bytes(api: Api, pk: int, field: str = "Scan") -> bytes:
    return api.get(f"/tables/Uploads/attachments/{field}/{pk}").content


def test_declared_records_are_ordinary_ones(folder: Path):
    """Templates are filled in and typed, and the records can be read and changed."""
    with serving(seed=folder) as api:
        assert api.rows("Uploads", "PK_ID = 42") == [
            {
                "PK_ID": 42,
                "Title": "Upload 00042 at 100%",
                "Amount": 42,
                "Scan": "scan-42.pdf",
                "Note": "note.txt",
            }
        ]
        assert len(api.rows("Uploads", "Amount > 4990")) == 10
        assert (
            api.put("/tables/Uploads/records", {"Title": "x"}, where="PK_ID=1").json()[
                "RecordsAffected"
            ]
            == 1
        )


def test_declared_files_are_the_same_every_time(folder: Path):
    """The bytes have their declared size, differ by record, and are the same in another run."""
    with serving(seed=folder) as api:
        info = api.info("Uploads", "PK_ID IN (1, 2)")
        first, second, note = _bytes(api, 1), _bytes(api, 2), _bytes(api, 9, "Note")
    with serving(seed=folder) as api:
        again = _bytes(api, 1)

    assert [one["Size"] for one in info] == [len(first), len(second)] == [300_000, 300_000]
    assert (
        hashlib.sha256(first).digest()
        == hashlib.sha256(again).digest()
        != hashlib.sha256(second).digest()
    )
    assert note == b"Receipt 9\nTotal 9.00 EUR\n"


def test_declared_files_can_be_renamed_replaced_and_removed(folder: Path):
    """A rename keeps the bytes, an upload replaces them, a removal deletes them."""
    with serving(seed=folder) as api:
        before, path = _bytes(api, 1), "/tables/Uploads/attachments/Scan"
        api.put(f"{path}/fileInfo", {"FileName": "new"}, where="PK_ID=1")
        api.attach("Uploads", 2, "b.bin", b"other")
        api.delete(path, where="PK_ID=3")

        info = api.info("Uploads", "PK_ID <= 4")

        assert [(one["PK_ID"], one["FileName"]) for one in info] == [
            (1, "new"),
            (2, "b"),
            (4, "scan-4"),
        ]
        assert (_bytes(api, 1) == before, _bytes(api, 2)) == (True, b"other")
        assert api.get(f"{path}/3").status_code == 404
