import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.emulator.api import Api, seed, serving

pytestmark = pytest.mark.integration
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def own() -> Iterator[Api]:
    """An account with a changed record, a renamed file, and a record with markup."""
    with serving() as api:
        fields = ({"Name": "Title", "Type": "STRING"}, {"Name": "Scan", "Type": "ATTACHMENT"})
        rows = [{"Title": "before"}, {"Title": "<script>document.title='taken'</script>"}]
        name = api.table(*fields, rows=[*rows, *({"Title": f"row {n}"} for n in range(60))])
        api.attach(name, 1, "scan.txt", b"what the file says")
        api.put(f"/tables/{name}/records", {"Title": "after"}, where="PK_ID=1")
        api.put(
            f"/tables/{name}/attachments/Scan/fileInfo", {"FileName": "better"}, where="PK_ID=1"
        )
        yield api


def _table(api: Api) -> str:
    return str(api.get("/tables").json()["Result"][0])


def _page(api: Api, path: str) -> str:
    reply = httpx.get(f"{api.http.base_url}{path}", trust_env=False)
    assert reply.status_code == 200
    return reply.text


def test_the_first_page_lists_tables_and_calls(own: Api):
    """Each table has a link and its numbers of records and changes; calls are counted."""
    page = _page(own, "/")

    assert f"/_pages/tables/{_table(own)}" in page
    assert ">62</td>" in page
    assert "PUT /v3/tables/{tableName}/records" in page


def test_a_record_shows_what_was_there_before(own: Api):
    """A changed value is shown beside the earlier one, and a file with its new name."""
    page = _page(own, f"/_pages/tables/{_table(own)}")
    link = re.search(r'href="(/_pages/attachments/[^"]+)"', page)

    assert "<del>before</del>after" in page
    assert "better.txt" in page
    assert link is not None
    assert _page(own, link[1].replace("&amp;", "&")) == "what the file says"


def test_values_are_escaped(own: Api):
    """A record's text is escaped, and the page may run no script and fetch nothing."""
    reply = httpx.get(f"{own.http.base_url}/_pages/tables/{_table(own)}", trust_env=False)

    assert "<script>document" not in reply.text
    assert "&lt;script&gt;" in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', reply.text)


@pytest.mark.parametrize("path", ["/_pages/tables/{}", "/_pages/calls", "/_pages/files"])
def test_long_lists_are_paged(own: Api, path: str):
    """A page has at most fifty rows, and a link to the next page."""
    page = _page(own, path.format(_table(own)))

    assert page.count("<tr>") <= 51
    assert ("page=2" in page) == ("files" not in path)


def test_a_seed_is_not_a_change(tmp_path: Path):
    """Records and files of a seed are not shown as changed."""
    fields = [{"Name": "Scan", "Type": "ATTACHMENT"}]
    folder = seed(
        tmp_path,
        {"tables": {"T": {"fields": fields, "records": [{"Scan": "a.txt"}]}}},
        {"a.txt": b"x"},
    )
    with serving(seed=folder) as api:
        page = _page(api, "/_pages/tables/T")

    assert "a.txt" in page
    assert "<del>" not in page


def test_a_browser_shows_the_page(own: Api, tmp_path: Path):
    """Chromium shows the values before and after, and runs no script of a record."""
    if _CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    url = f"{own.http.base_url}/_pages/tables/{_table(own)}"

    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [_CHROMIUM, *_FLAGS, profile, "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    shown = done.stdout

    assert "<del>before</del>after" in shown
    assert "<title>taken" not in shown
    assert f"<h1>{_table(own)}</h1>" in shown
