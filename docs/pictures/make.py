"""Take the pictures of the README: `python docs/pictures/make.py`. Needs Chromium; look at them before committing.

The terminal's picture is what the demo printed; the others are pages of the Prefect UI while the demo is up.
"""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console

from flows.demo import DemoResult, played
from flows.show_demo import show_demo

HERE = Path(__file__).parent
WIDTH = 118


def main() -> None:
    """Play the demo and take its pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is needed for the pictures; install your system's package.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with played(folder / "demo", Console(stderr=True)) as result:
            page = folder / "demo.html"
            page.write_text(_printed(result), encoding="utf-8")
            _shoot(chromium, page.as_uri(), HERE / "demo.png", size=(1240, 1700))
            writing = [address for _, state, address in result.runs if state.startswith("Completed")]
            _shoot(chromium, writing[0], HERE / "prefect-run.png", size=(1400, 1000))


def _printed(result: DemoResult) -> str:
    """Return what the demo prints as a page."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    show_demo(result, console)
    return console.export_html(inline_styles=True, theme=None).replace(
        "<body>", '<body style="background:#fff;margin:16px">'
    )


def _shoot(chromium: str, address: str, target: Path, *, size: tuple[int, int]) -> None:
    """Take one picture of a page, once its scripts have had their time."""
    with tempfile.TemporaryDirectory() as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        options += ["--disable-background-networking", "--disable-sync", "--disable-component-update"]
        options += [f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"]
        options += ["--virtual-time-budget=15000", f"--screenshot={target}"]
        subprocess.run([chromium, *options, address], check=True, timeout=120, stderr=subprocess.DEVNULL)  # noqa: S603 - found on PATH


if __name__ == "__main__":
    main()
