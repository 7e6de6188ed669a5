"""Mapping in a real browser, over an account served on this machine: from nothing to a written record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.app.settings import load_settings
from flows.web.serve import login_address, serving_pages
from infra.emulator import Emulator
from pipeline.model.users import Role, User
from tests.flows.test_web_page import AXE, TAGS
from tests.servers.missing_program import MissingProgram, skip_or_fail
from tests.support.browser import PROGRAM, Page, browser

pytestmark = pytest.mark.integration

FILLED = 4
"""Of six bills, so many are in their records already; the others are to be written."""

BILL = """INVOICE

Northwind Ltd
12 Mill Street, Leeds

Invoice number: INV-2026-10{number}
Invoice date: 2026-03-1{number}

Consulting        {number}00.00
Total EUR         {number}00.50
"""


@dataclass
class Served:
    """The page of an account without a source, and a tab before it."""

    emulator: Emulator
    config: Path
    page: Page
    url: str
    bare: str

    def amounts(self) -> list[object]:
        """Return what the records hold, in order."""
        rows = self.emulator.control.dump()["tables"]["Bills"]
        return [row["Xyz"] for row in sorted(rows, key=lambda row: int(row["PK_ID"]))]

    def choose(self, name: str, value: str) -> None:
        """Choose in a select, or type into a field, as a user does: the page learns of the change."""
        self.page.run(
            f"(() => {{ const e = document.getElementsByName({json.dumps(name)})[0]; e.value = {json.dumps(value)};"
            " e.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )

    def map(self) -> None:
        """Map the bills, if they are not mapped yet."""
        entry = '\n[[sources]]\nname = "bills"\ntable = "Bills"\n[sources.columns]\nXyz = "total"\n'
        self.config.write_text(self.bare + entry, encoding="utf-8")

    def said(self) -> str:
        """Return what the page says, also while it is still loading."""
        return str(self.page.run("document.body?.innerText ?? ''"))

    def look(self) -> None:
        """Look at the account and at its table; while something else is done, try again."""
        for button, after in (
            ("Look at the account", "Map this"),
            ("Map this: table Bills", "What each column takes"),
        ):
            self.page.open(f"{self.url}sources/new")
            while button.partition(":")[0] in self.said() and after not in self.said():
                self.page.click(button, role="button")
                answer = json.dumps([after, "Something else is being done"])
                self.page.wait(
                    f"{answer}.some(one => (document.body?.innerText ?? '').includes(one))", after
                )
                if after not in self.said():
                    self.page.open(f"{self.url}sources/new")


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    """One tab for all tests."""
    if PROGRAM is None:
        skip_or_fail(MissingProgram("Chromium is not installed: apt-get install chromium."))
    with browser() as page:
        yield page


@pytest.fixture(scope="module")
def served(tab: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An account with a table of bills, of which the settings say nothing but its address."""
    folder = tmp_path_factory.mktemp("mapping")
    config = folder / "caspio-ingest.toml"
    with (
        pytest.MonkeyPatch.context() as patch,
        Emulator(seed=draw(folder / "seed")) as emulator,
    ):
        patch.setenv("CASPIO_CLIENT_ID", "id")
        patch.setenv("CASPIO_CLIENT_SECRET", "secret")
        bare = f'# Ours.\n[caspio]\nurl = "{emulator.url}"\nrate = "100000/300s"\n'
        config.write_text(bare, encoding="utf-8")
        settings = load_settings(config, sources=False)
        with (
            serving_pages(settings, config, "127.0.0.1:0", checks=list) as running,
            running.running(),
        ):
            link = login_address(settings, User("Ana", Role.MAPPER)).partition("/login")[2]
            tab.open(f"{running.address}login{link}")
            tab.click("Sign in", role="button")
            tab.see("Overview")
            yield Served(emulator, config, tab, running.address, bare)
            tab.open("about:blank")  # open connections would keep the server


def draw(folder: Path) -> Path:
    """Write an account with six bills; the column of their totals has a name that says nothing."""
    folder.mkdir()
    records = []
    for number in range(1, 7):
        (folder / f"{number}.txt").write_text(BILL.format(number=number), encoding="utf-8")
        amount = {"Xyz": float(f"{number}00.50")} if number <= FILLED else {}
        records.append({"PK_ID": number, "Scan": f"{number}.txt", "Status": "new", **amount})
    fields = {
        "Xyz": "CURRENCY",
        "InvoiceDate": "DATE/TIME",
        "Status": "STRING",
        "Scan": "ATTACHMENT",
    }
    listed = [{"Name": name, "Type": kind} for name, kind in fields.items()]
    account = {"name": "bills", "tables": {"Bills": {"fields": listed, "records": records}}}
    (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
    return folder


def test_from_nothing_to_the_first_written_record(served: Served):
    """Without a terminal: look, map, see what would be written, save, plan, apply; nothing complains."""
    page, before = served.page, served.amounts()
    served.config.write_text(served.bare, encoding="utf-8")
    page.errors.clear()
    page.open(served.url)
    page.click("Sources", role="nav a")
    page.see("There is no source yet")
    page.click("Map a new source", role="a")
    served.look()
    page.see("4 of 4 sample records agree")
    page.run("document.getElementsByName('rename')[0].focus()")
    served.choose("rename", "{{ invoice_number }}")
    page.see("INV-2026-106.txt")
    focus = page.run("document.activeElement.name")
    served.choose("where", "Xyz IS NULL")
    page.see("2 records fit.")
    served.choose("where", "")
    page.press("summary:has(+ p)")
    served.choose("new:0", "Number")
    served.choose("takes:0", "invoice_number")
    page.see("Number: empty → INV-2026-106")
    page.click("Show the change of the settings", role="button")
    page.see("+[[sources]]", "Number (STRING)", "Write the settings")
    page.click("Create them", exact=False, role="label")
    page.click("Write the settings", role="button")
    page.see("The settings were written.")
    between = served.amounts()
    page.click("Plan the first 25 records", role="button")
    page.click("Look at the plan, and apply it", role="a")
    page.see("Nothing is written before the plan is applied.")
    page.click("Write the records that are not refused", role="button")
    page.see("6 done")

    assert focus == "rename"
    assert before == between
    assert served.amounts() == [float(f"{number}00.50") for number in range(1, 7)]
    assert served.config.read_text(encoding="utf-8").startswith("# Ours.\n[caspio]\n")
    assert page.errors == []
    assert page.outside == set()


def test_without_javascript_it_is_forms_and_buttons(served: Served):
    """With scripts off, the same is shown after a button, and what was typed stays."""
    page = served.page
    served.map()
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(f"{served.url}sources/bills")
        # Without scripts a user loads the page again to see how far it has come.
        for _ in range(300):
            if "Look at it" in served.said():
                page.click("Look at it", role="button")
            if "What each column takes" in served.said():
                break
            page.open(f"{served.url}sources/bills")
        page.press("input[name=where]")
        page.type("Status = 'new'")
        page.click("Count the records", role="button")
        page.see("6 records fit.")
        page.click("Show the change of the settings", role="button")
        page.see("+where =")
        page.click("Go on changing it", role="button")
        page.see("What each column takes")
        # On a busy machine the heading is there before the rest of the page.
        where = "document.getElementsByName('where')[0]"
        page.wait(f"!!{where}", "the condition")
        kept = page.run(f"{where}.value")
        page.click("Pause", role="button")
        page.see("+paused = true")
        page.click("Pause", role="button")
        page.see("The source is paused.")
    finally:
        page.send("Emulation.setScriptExecutionDisabled", value=False)

    assert kept == "Status = 'new'"
    assert "paused = true" in served.config.read_text(encoding="utf-8")


@pytest.fixture
def shown(served: Served) -> list[str]:
    """The addresses of all pages of mapping, each with everything on it."""
    served.page.size(1400, 1000)
    served.map()
    served.look()
    return ["sources", "sources/new", "sources/bills", "sources/bills/saved"]


@pytest.mark.parametrize("width", [360, pytest.param(320, marks=pytest.mark.full)])
def test_the_pages_fit_a_small_screen(served: Served, shown: list[str], width: int):
    """At 360 pixels, and at the 320 that a zoom of 400 % leaves of 1,280, nothing is cut off."""
    served.page.size(width, 800)
    too_wide = {}
    for path in shown:
        served.page.open(served.url + path)
        served.page.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        needed = served.page.run("document.documentElement.scrollWidth")
        if needed > width:
            too_wide[path] = needed
    served.page.size(1400, 1000)

    assert too_wide == {}


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.full), "dark"])
def test_no_page_has_an_accessibility_violation(served: Served, shown: list[str], scheme: str):
    """axe-core finds nothing on any page of mapping, in light and in dark colors."""
    served.page.send(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    options = json.dumps({"runOnly": {"type": "tag", "values": TAGS}})
    found = {}
    for path in [*shown, "change"]:
        if path == "change":
            served.page.open(f"{served.url}sources/bills")
            served.page.click("Pause", role="button")
            served.page.see("+paused = true")
        else:
            served.page.open(served.url + path)
        served.page.run(f"{AXE}; 1")
        violations = served.page.run(
            f"axe.run(document, {options}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 150) + ' ' + n.failureSummary).join(' | ')))"
        )
        if violations:
            found[path] = violations

    assert found == {}
