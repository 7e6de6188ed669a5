"""Serving the page, and the commands for it."""

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.web.serve import serving_pages
from pipeline.settings import Settings
from tests.unit.web.conftest import SAME_SITE


def test_a_printed_link_signs_in_at_the_served_page(
    settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    """`web login` prints an address; its secret signs in at the page that `web serve` serves."""
    config = tmp_path / "caspio-ingest.toml"
    printed = CliRunner().invoke(
        app, ["web", "login", "Ana", "--role", "mapper", "--config", str(config)]
    )
    link = (printed.output or capfd.readouterr().out).strip().partition("/login?link=")[2]
    with (
        serving_pages(settings, config, "127.0.0.1:0", checks=list) as running,
        running.running(),
        httpx.Client(base_url=running.address, trust_env=False, follow_redirects=True) as client,
    ):
        page = client.post(
            "/login",
            data={"link": link},
            headers={**SAME_SITE, "origin": running.address.rstrip("/")},
        )
        elsewhere = client.get("/", headers={"host": "evil.example"})

    assert page.status_code == 200
    assert "Ana" in page.text
    assert elsewhere.status_code == 421
    assert "server" not in page.headers
