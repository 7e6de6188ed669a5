"""The web page in a browser: the page served on this machine, and a tab before it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from flows.app.drain import Drain
from flows.http.server import Running, listening, server_of
from flows.web.app import create_app
from flows.web.serve import origins_of
from pipeline.model import Finding, Findings, ReadStatus
from pipeline.model.users import Role, User
from tests.servers.missing_program import MissingProgram, skip_or_fail
from tests.support.browser import PROGRAM, Page, browser
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import SETTINGS, FakePageReader, Office, load, opened
from tests.unit.web.review.test_document import found, read_as


class DrawingReader(FakePageReader):
    """Draws pages that a browser can show."""

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:  # noqa: ARG002 - the reader's
        """Draw a sheet with the number of the page on it."""
        picture = Image.new("RGB", (595, 842), "white")
        ImageDraw.Draw(picture).text((50, 100), f"TOTAL 12.50 on page {name}", fill="black")
        drawn = io.BytesIO()
        picture.save(drawn, "WEBP")
        (work_dir / "thumbnail.webp").write_bytes(drawn.getvalue())
        derived = {"thumbnail.webp": work_dir / "thumbnail.webp"}
        return Findings("image/png", ReadStatus.OK, Finding(None, 0.0, ""), derived=derived)


@dataclass
class Served:
    """The page at an address, and a tab before it."""

    office: Office
    page: Page
    url: str

    def sign_in(self, role: Role = Role.REVIEWER, name: str = "Ana") -> None:
        """Sign in as a user does: by the link, and its button."""
        self.page.send("Network.clearBrowserCookies")
        self.page.open(f"{self.url}/login?link={self.office.site.sessions.link(User(name, role))}")
        self.page.click("Sign in", role="button")
        self.page.see("Overview", "Sources")

    def open(self, path: str) -> None:
        """Open a page of the site."""
        self.page.open(self.url + path)

    def at_work(self) -> None:
        """Wait until the page has put the focus where work begins."""
        self.page.wait(
            "!!document.activeElement?.closest('.field.open')", "the focus on a value that waits"
        )

    def total(self, pk: str) -> object:
        """Return what a record holds."""
        return self.office.world.record(pk)["Total"]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tab: Page) -> Iterator[Served]:
    """The page over an account with receipts, served on this machine."""
    world = World(tmp_path)
    world.caspio.table(
        "Receipts", DocType="STRING", Total="CURRENCY", Scan="ATTACHMENT", Note="TEXT"
    )
    with (
        opened(world, load(tmp_path, monkeypatch, SETTINGS)) as office,
        listening("127.0.0.1:0", what="The page") as door,
    ):
        office.site.pictures.open_reader = DrawingReader
        address = "{}:{}".format(*door.getsockname()[:2])
        app = create_app(office.site, origins=origins_of(address, None))
        running = Running(server_of(app, connections=50), door, Drain(), name="web page")
        read_as(office, pages=3, total=found("12.50"))
        with running.running():
            tab.errors.clear()
            tab.send("Emulation.setScriptExecutionDisabled", value=False)
            tab.size(1400, 1000)
            yield Served(office, tab, f"http://{address}")
            tab.open("about:blank")  # open connections would keep the server


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    """One tab for all tests."""
    if PROGRAM is None:
        skip_or_fail(MissingProgram("Chromium is not installed: apt-get install chromium."))
    with browser() as page:
        yield page
