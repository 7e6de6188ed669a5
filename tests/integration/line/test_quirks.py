from itertools import combinations
from typing import Any

import pytest

from tests.integration.line.accounts import Source, account_state, receipt, uploads
from tests.integration.line.conftest import MakeLine

pytestmark = pytest.mark.integration

ODD: list[dict[str, Any]] = [
    {"fileinfo_filename": "with-extension", "rename_filename": "strip-same"},
    {"fileinfo_filename": "with-extension", "rename_filename": "full"},
    {"fileinfo_filetype": "with-dot"},
    {"fileinfo_empty_rows": "null-rows"},
    {"attachment_column": "null"},
    {"attachment_column": "absent"},
    {"attachment_stamps": True},
    {"rename_filename": "strip-same"},
    {"rate_limit_status": 400},
    {"rate_limit_retry_after": 3},
    {"stale_token": 400},
    {"empty_result_after_put": True},
    {"unset_text": "blank"},
    {"view_pk": "number"},
    {"download_content_type": "text/plain"},
    {"download_content_type": "application/octet-stream"},
    {"unknown_parameters": "refused"},
    {"bare_clauses": "ignored"},
    {"fileinfo_dates": "z"},
    {"attachment_event": True},
]
_OF_FILES = [odd for odd in ODD if next(iter(odd)).startswith(("fileinfo", "attachment", "rename"))]
PAIRS = [{**one, **other} for one, other in combinations(_OF_FILES, 2) if not one.keys() & other.keys()]


def _label(quirks: dict[str, Any]) -> str:
    return "-".join(f"{name}={value}" for name, value in quirks.items())


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    """How the account ends without odd behaviour, filled by the first test that needs it."""
    return {}


def _account() -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return three uploads, one without extension, and a record without a file."""
    files = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}
    account = uploads(files)
    account["tables"]["Uploads"]["records"].append({"PK_ID": 4})
    account["views"] = {"All": {"table": "Uploads"}}
    return account, files


@pytest.mark.parametrize("place", [{"table": "Uploads"}, {"view": "All"}], ids=["table", "view"])
@pytest.mark.parametrize("quirks", ODD, ids=_label)
def test_an_odd_account_ends_like_a_usual_one(
    make_line: MakeLine, usual: dict[str, Any], quirks: dict[str, Any], place: dict[str, str]
):
    """Whatever of Caspio's open questions is answered which way: the outcome is one, and a second run does nothing."""
    _check(make_line, usual, quirks, place)


@pytest.mark.parametrize("quirks", PAIRS, ids=_label)
def test_a_doubly_odd_account_ends_like_a_usual_one(make_line: MakeLine, usual: dict[str, Any], quirks: dict[str, Any]):
    """Two odd answers at once change the outcome no more than one."""
    _check(make_line, usual, quirks, {"table": "Uploads"})


def _check(make_line: MakeLine, usual: dict[str, Any], quirks: dict[str, Any], place: dict[str, str]) -> None:
    account, files = _account()
    if not usual:
        plain = make_line(Source({"table": "Uploads"}), account=account, files=files)
        plain.run()
        usual.update(_shown(account_state(plain.emulator)))
    line = make_line(Source(place), account=account, files=files, quirks=quirks)

    first = line.run()
    line.forget_calls()
    again = line.run()

    assert first.document["documents"]["done"] == 3
    assert again.document["documents"]["unchanged"] == 3
    assert (line.downloads(), line.writes()) == (0, [])
    assert _shown(account_state(line.emulator)) == usual


def _shown(state: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a record shows for its attachment; the attachments themselves are compared."""
    rows = [{k: v or None for k, v in row.items() if k != "Scan"} for row in state["tables"]["Uploads"]]
    return {**state, "tables": {"Uploads": rows}}


def test_a_capped_listing_of_files_loses_none(make_line: MakeLine):
    """Where fileInfo lists 25 files at most, thirty are found all the same."""
    account = uploads({f"upload{n}.txt": b"" for n in range(1, 31)})
    files = {f"upload{n}.txt": receipt(1) for n in range(1, 31)}
    line = make_line(Source(rename=""), account=account, files=files, quirks={"fileinfo_row_cap": 25})

    report = line.run()

    assert report.document["documents"]["done"] == 30


def test_a_name_listed_whole_and_taken_as_base_is_not_doubled(make_line: MakeLine):
    """Where names are listed with their extension but taken without, a rename does not double it."""
    account, files = _account()
    quirks = {"fileinfo_filename": "with-extension", "rename_filename": "base"}
    line = make_line(account=account, files=files, quirks=quirks)

    line.run()
    line.forget_calls()
    line.run()

    names = [one["name"] for one in line.emulator.control.dump()["attachments"]["Uploads"]]
    assert not any(name.endswith(".txt.txt") for name in names)
    assert line.writes() == []
