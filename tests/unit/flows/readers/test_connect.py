"""What a run does to the process it is in."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.app.settings import load_settings
from flows.app.wiring import connect

SETTINGS = """
[caspio]
url = "https://abc12345.caspio.com"
[[sources]]
name = "receipts"
table = "Expenses"
[sources.columns]
Total = "total"
"""


@pytest.fixture
def usual_thresholds() -> Iterator[None]:
    """Python's own, before the test and after it."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


@pytest.mark.slow
@pytest.mark.usefixtures("usual_thresholds")
def test_a_page_of_a_listing_starts_no_look_for_garbage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A thousand records of twenty values are kept, and none of them is garbage."""
    (tmp_path / "caspio-ingest.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    monkeypatch.chdir(tmp_path)
    looks: list[str] = []

    with connect(load_settings(tmp_path / "caspio-ingest.toml")):
        gc.collect()
        gc.callbacks.append(lambda phase, _: looks.append(phase))
        page = [[{"value": number} for number in range(20)] for _ in range(1_000)]
        gc.callbacks.pop()

    assert len(page) == 1_000
    assert looks == []
