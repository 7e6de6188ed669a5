"""Serving the page, and the commands for it."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from flows.cli import app
from flows.cli.services.web import sign_in_command
from flows.web.serve import prefect_ui, serving_pages
from pipeline.model.users import Role
from pipeline.settings import Settings
from pipeline.settings.web import ProxySettings
from tests.unit.cli.conftest import command
from tests.unit.web.conftest import SAME_SITE

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("arguments", "base"),
    [
        ((), "http://127.0.0.1:8767"),
        (("--listen", "127.0.0.1:9000"), "http://127.0.0.1:9000"),
    ],
)
def test_a_link_leads_where_the_page_listens(
    settings: Settings,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    base: str,
):
    """The address of a link is the one in the settings, or the one that --listen names."""
    config = str(settings and tmp_path / "caspio-ingest.toml")
    done = CliRunner().invoke(app, ["web", "login", "Ana", "--config", config, *arguments])

    printed = done.output or capfd.readouterr().out
    assert printed.startswith(f"{base}/login?link=")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--role", "boss"), "Invalid value for '--role': 'boss' is not one of 'viewer', "),
        (("--listen", "nowhere"), "'nowhere' is not HOST:PORT, such as 127.0.0.1:8767."),
        (("--listen", "0.0.0.0:1"), "Set web.url to the https address"),
    ],
)
def test_a_wrong_option_is_a_plain_sentence(
    settings: Settings, tmp_path: Path, arguments: tuple[str, ...], said: str
):
    """What is wrong is said in the program's own words."""
    config = str(settings and tmp_path / "caspio-ingest.toml")
    ended = command("web", "login", "Ana", "--config", config, *arguments, cwd=tmp_path)

    assert ended.code == 2
    assert said in " ".join(ended.err.split())
    assert "Value error" not in ended.err


def test_the_page_says_how_to_sign_in_where_it_listens(settings: Settings, tmp_path: Path):
    """If the page listens elsewhere than in the settings, its command for a link names that."""
    config = tmp_path / "caspio-ingest.toml"
    with serving_pages(settings, config, "127.0.0.1:0", checks=list) as running:
        address = running.address.removeprefix("http://").rstrip("/")

        assert sign_in_command(running, "127.0.0.1:0").endswith(f" --listen {address}")
        assert sign_in_command(running, "") == "caspio-ingest web login NAME"


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


def test_a_header_does_not_change_who_connects(settings: Settings, tmp_path: Path):
    """Somebody on this machine who names the proxy's address in a header is not the proxy."""
    proxy = ProxySettings(
        peers=("10.0.0.7",), secret=SecretStr("s" * 32), roles={"staff": Role.ADMIN}
    )
    web = settings.web.model_copy(update={"proxy": proxy})
    settings = settings.model_copy(update={"web": web})
    headers = {
        "x-forwarded-for": "10.0.0.7",
        "x-proxy-secret": "s" * 32,
        "x-forwarded-user": "Ana",
        "x-forwarded-groups": "staff",
    }
    config = tmp_path / "caspio-ingest.toml"
    with (
        serving_pages(settings, config, "127.0.0.1:0", checks=list) as running,
        running.running(),
    ):
        page = httpx.get(f"{running.address}login", headers=headers, trust_env=False)

    assert page.status_code == 200
    assert "Sign in as" not in page.text


@pytest.mark.parametrize(
    ("api", "ui", "link"),
    [
        ("http://prefect:4200/api", None, ""),
        ("http://prefect.jobs.svc.cluster.local:4200/api", None, ""),
        ("http://prefect:4200/api", "https://prefect.example.com/", "https://prefect.example.com"),
        ("http://localhost:4200/api", None, "http://localhost:4200"),
        ("http://127.0.0.1:4200/api/", None, "http://127.0.0.1:4200"),
        ("http://[::1]:4200/api", None, "http://[::1]:4200"),
        ("https://prefect.example.com/api", None, "https://prefect.example.com"),
        ("https://prefect.example.com/api/of/somebody", None, ""),
        (None, None, ""),
    ],
)
def test_the_link_to_prefect_leads_where_a_browser_can_go(
    monkeypatch: pytest.MonkeyPatch, api: str | None, ui: str | None, link: str
):
    """A container's name is none that a browser knows: without another address there is no link."""
    for name, value in (("PREFECT_API_URL", api), ("PREFECT_UI_URL", ui)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)

    assert prefect_ui() == link
