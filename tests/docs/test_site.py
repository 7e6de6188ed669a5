"""The site builds strictly, loads nothing from elsewhere, and can be searched from a folder."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from docs.pictures import architecture
from tests.docs.pages import PAGES, ROOT, blocks_of
from tests.support.browser import PROGRAM, browser

pytestmark = pytest.mark.integration


class References(HTMLParser):
    """Collects what a page loads, what it links to, and what can be linked to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses of an element."""
        given = {name: value for name, value in attrs if value is not None}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.linked.append(given["href"])
        elif tag == "link" and "canonical" not in given.get("rel", "") and "href" in given:
            self.loaded.append(given["href"])
        elif "src" in given:
            self.loaded.append(given["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does; a warning ends the build."""
    pytest.importorskip("mkdocs", reason="the dependency group docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    program = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(
        program,
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert built.returncode == 0, built.stderr
    return folder


def pages(site: Path) -> Iterator[tuple[Path, References]]:
    """Yield each page with its references."""
    for page in sorted(site.rglob("*.html")):
        if page.name != "404.html":  # its links begin at the root of a server
            yield page, References(page)


def test_no_page_loads_anything_from_elsewhere(site: Path):
    """Scripts, styles, fonts and pictures of every page are part of the site."""
    outside = {
        f"{page.name}: {address}"
        for page, found in pages(site)
        for address in found.loaded
        if urlsplit(address).scheme not in {"", "data"} or address.startswith("//")
    }
    styles = "\n".join(file.read_text(encoding="utf-8") for file in site.rglob("*.css"))

    assert outside == set()
    assert re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)", styles) == []


def test_every_link_of_the_site_resolves(site: Path):
    """Each link inside the site leads to a file of it, and each anchor to an element."""
    found = dict(pages(site))
    broken = []
    for page, references in found.items():
        for address in (*references.linked, *references.loaded):
            parts = urlsplit(address)
            if parts.scheme or address in {"#", ".", ""}:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            anchors = found[target].anchors if target in found else set()
            lost = parts.fragment and unquote(parts.fragment) not in anchors
            if not target.is_file() or (lost and not parts.fragment.startswith("__")):
                broken.append(f"{page.name}: {address}")

    assert broken == []


@pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")
def test_the_site_can_be_searched_from_a_folder(site: Path):
    """Opened without a server, the site finds a setting, and reaches for nothing outside."""
    with browser(width=1280, height=1000) as page:
        page.open((site / "index.html").as_uri())
        page.press("input.md-search__input")
        page.type("monthly_calls")
        page.key("End")  # the search listens to keys
        page.wait(
            "[...document.querySelectorAll('.md-search-result__link')]"
            ".some(link => link.href.includes('configuration.html'))",
            "the page about settings among the results",
        )

    assert page.errors == []
    assert page.outside == set()


@pytest.mark.full
def test_the_python_examples_pass_the_type_checker(tmp_path: Path):
    """Each example of Python fits the functions and classes it uses."""
    examples = [
        block.text for page in PAGES for block in blocks_of(page) if "caspio_ingest" in block.text
    ]
    files = [tmp_path / f"example_{number}.py" for number in range(len(examples))]
    for file, text in zip(files, examples, strict=True):
        file.write_text(text, encoding="utf-8")

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *map(str, files)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert examples
    assert checked.returncode == 0, checked.stdout


def test_the_script_of_the_pictures_imports():
    """What `make pictures` uses of the code and the tests is where it looks for it."""
    assert callable(importlib.import_module("docs.pictures.make").main)


def test_the_picture_of_the_architecture_is_current():
    """The picture is what its script draws, and every room in it exists."""
    drawn = architecture.PICTURE.read_text(encoding="utf-8")

    assert drawn == architecture.render()
    assert [box.path for box in architecture.BOXES if not (ROOT / box.path).exists()] == []
