"""Take the pictures of README and docs: `make pictures`.

It needs Chromium. Look at the pictures before you commit them. The picture of the terminal is what
the demo printed. The others are taken on the walk through the Prefect UI, which is also a test
(`tests/flows/walk.py`), here with the documents of the demo.
"""

import io
import os
import tempfile
from pathlib import Path

from rich.console import Console

from docs.pictures import web_page
from flows.cli.show.demo import show_demo
from flows.prefect.demo import DemoResult, played
from infra.emulator import Emulator
from infra.samples import draw_samples, settings_toml
from tests.flows.conftest import Prefect
from tests.flows.serving import serving
from tests.flows.walk import Walk
from tests.support.browser import PROGRAM, browser

HERE = Path(__file__).parent
WIDTH = 118
FOR_ALL, FOR_EACH, SOURCES = 4, 3, 4
"""Deployments that `serve` creates for all sources and for each source; sources of the demo."""


def main() -> None:
    """Run the demo, walk through the UI, and take the pictures."""
    if PROGRAM is None:
        raise SystemExit("Chromium is needed for the pictures; install your system's package.")
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as name:
        folder = Path(name)
        with played(folder / "demo", Console(stderr=True)) as result:
            _demo(folder, result)
            _walk(folder / "walk", result)
    web_page.main()


def _demo(folder: Path, result: DemoResult) -> None:
    page = folder / "demo.html"
    page.write_text(_printed(result), encoding="utf-8")
    with browser(width=1240, height=1700) as tab:
        tab.open(page.as_uri())
        tab.picture(HERE / "demo.png")


def _printed(result: DemoResult) -> str:
    """Return what the demo prints as a page."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    show_demo(result, console)
    return console.export_html(inline_styles=True, theme=None).replace(
        "<body>", '<body style="background:#fff;margin:16px">'
    )


def _walk(folder: Path, result: DemoResult) -> None:
    """Walk through the UI of the demo's server with a new account, so that there are new files."""
    api = f"{result.ui}/api"
    prefect = Prefect(api, {**os.environ, "PREFECT_API_URL": api, "PREFECT_HOME": str(folder)})
    with Emulator(seed=draw_samples(folder / "seed")) as emulator:
        config = folder / "caspio-ingest.toml"
        config.write_text(settings_toml(emulator.url), encoding="utf-8")
        with (
            serving(prefect, config, deployments=FOR_ALL + FOR_EACH * SOURCES) as served,
            browser() as page,
        ):
            walk = Walk(
                page, served, "receipts", "documents", picture=lambda name: HERE / f"{name}.png"
            )
            walk.all()


if __name__ == "__main__":
    main()
