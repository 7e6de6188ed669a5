"""Take the pictures of the web page: `python -m docs.pictures.web_page`, or `make pictures`.

The documents are those of the demo: the emulator serves them, a run reads and writes them, and what
the run leaves to users is what the pictures show.
"""

import os
import tempfile
from functools import partial
from pathlib import Path

from flows.app.direct import work_directly
from flows.app.plan import plan_directly
from flows.app.run_request import RunRequest
from flows.app.settings import load_settings
from flows.web.serve import login_address, serving_pages
from infra.emulator import Emulator
from infra.samples import draw_samples, settings_toml
from pipeline.model.users import Role, User
from tests.support.browser import PROGRAM, Page, browser

HERE = Path(__file__).parent
CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}
MAPPER = User("Ana", Role.MAPPER)


def main() -> None:
    """Run the sample account once, and take the pictures."""
    if PROGRAM is None:
        raise SystemExit("Chromium is needed for the pictures; install your system's package.")
    os.environ.update(CREDENTIALS)
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as name:
        folder = Path(name)
        with Emulator(seed=draw_samples(folder / "seed")) as emulator:
            config = folder / "caspio-ingest.toml"
            config.write_text(settings_toml(emulator.url), encoding="utf-8")
            settings = load_settings(config)
            *others, last = settings.specs()
            work_directly(config, sources=others, request=RunRequest(yes=True))
            plan = partial(plan_directly, config, limit=None, html=None)
            planned = plan(sources=[last], file=folder / "plan.jsonl").plan
            with (
                serving_pages(settings, config, "127.0.0.1:0") as running,
                running.running(),
                browser(height=1150) as tab,
            ):
                link = login_address(settings, MAPPER).partition("/login")[2]
                tab.open(f"{running.address}login{link}")
                tab.click("Sign in", role="button")
                tab.see("Sources")
                take(tab, running.address, planned.id)


def take(tab: Page, address: str, plan: str) -> None:
    """Walk through the pages, and take a picture of each."""
    shots = (
        ("web-overview", ""),
        ("web-review", "review"),
        ("web-table", "review/table?column=Party"),
        ("web-plan", f"plans/{plan}"),
    )
    for name, path in shots:
        tab.open(address + path)
        tab.settle()
        tab.picture(HERE / f"{name}.png")
    # The riskiest one is a photo, which would make a large file.
    tab.open(f"{address}review?source=documents")
    tab.click("Review the riskiest", role="button")
    tab.see("Documents record")
    tab.see("for a decision")
    image = "document.querySelector('.page image')"
    tab.wait(f"!!{image}", "the picture of the page")
    tab.run(
        f"(p => {{ p.src = {image}.href.baseVal; return p.decode(); }})(new Image()).then(() => 1)"
    )
    tab.settle()
    tab.picture(HERE / "web-document.png")
    tab.click("What happened to it", role="a")
    tab.see("File versions")
    tab.settle()
    tab.picture(HERE / "web-record.png")
    take_mapping(tab, address)
    tab.open(f"{address}apps")
    tab.click("Front desk", role="a")
    tab.click("Report a receipt", role="a")
    tab.see("Show the preview")
    path = str(tab.run("location.pathname"))
    # Not by its link, which scrolls down to the preview.
    tab.open(f"{address.rstrip('/')}{path}?preview=yes")
    tab.see("Close the preview")
    tab.settle()
    tab.picture(HERE / "web-datapage.png")


def take_mapping(tab: Page, address: str) -> None:
    """Change what the receipts take, and take pictures of the workbench and of the change."""
    tab.open(f"{address}sources/receipts")
    tab.click("Look at it", role="button")
    tab.see("What each column takes")
    tab.settle()
    tab.picture(HERE / "web-mapping.png")
    rename = "{{ date }} {{ company }} {{ total }}"
    tab.run(f"document.getElementsByName('rename')[0].value = {rename!r}")
    tab.run("document.getElementsByName('write_at:Total')[0].value = '0.99'")
    tab.click("Show the change of the settings", role="button")
    tab.see("Write the settings")
    tab.settle()
    tab.picture(HERE / "web-mapping-change.png")


if __name__ == "__main__":
    main()
