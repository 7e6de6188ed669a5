"""An account with a table of bills to map, and what a user of the page would send."""

import html
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field

from flows.app.mapping.look import Looked, LookedAtAccount, Looks, MappablePlace
from pipeline.errors import RefusedByCaspio
from pipeline.model import (
    Column,
    FileRef,
    Finding,
    Findings,
    Place,
    ReadStatus,
    RecordRef,
    RecordWork,
    Value,
)
from pipeline.model.schema import Container, DiscoveredAccount, FileField, FilesArea, Folder
from pipeline.onboarding.proposal import MissingColumn
from pipeline.onboarding.sample_documents import SampleDocument
from tests.unit.web.conftest import HOSTILE, Browser, Office, words

BAD_NAME = HOSTILE.replace("\ud800", "").replace("\x00", "")
COLUMNS = (
    Column("DocType", "STRING"),
    Column("Sum", "CURRENCY"),
    Column("Paid", "DATE/TIME"),
    Column("Ready", "YES/NO"),
    Column("Both", "STRING", is_formula=True),
    Column(BAD_NAME, "STRING"),
)
ROWS: tuple[dict[str, Value], ...] = ({"PK_ID": "1", "Sum": 12.5, BAD_NAME: BAD_NAME},)
NEW = "/sources/new?table=Bills"


def bills(*more: Column) -> Container:
    """Return a table with one attachment field."""
    columns = {one.name: one for one in (*COLUMNS, *more, Column("Scan", "ATTACHMENT"))}
    scan = FileField("Scan", "ATTACHMENT", 3, 900)
    return Container(
        "Bills",
        is_view=False,
        columns=columns,
        fields=(scan,),
        records=3,
        counted_records=3,
        samples=ROWS,
    )


def sample(pk: str, **values: Value) -> SampleDocument:
    """Return a bill of 12.50 that was read."""
    record = RecordRef("Bills", pk)
    ref = FileRef(
        "bills",
        Place.ATTACHMENT,
        "Bills",
        "Scan",
        record,
        f"{BAD_NAME}.pdf",
        9,
        "",
        extension="pdf",
    )
    found = {"total": Finding("12.50", 0.99, "read"), "date": Finding("2026-03-31", 0.97, "read")}
    doc_type = Finding("invoice", 0.99, "read")
    findings = Findings("application/pdf", ReadStatus.OK, doc_type, found, extension=".pdf")
    return SampleDocument(ref, RecordWork("bills", record, values, (ref,)), findings)


@dataclass(slots=True)
class FakeLooks(Looks):
    """An account with a table of bills, a view of them and a folder; it counts what is asked."""

    created: list[MissingColumn] = field(default_factory=list)
    refuses: str = ""

    def look_at_account(self) -> LookedAtAccount:
        """Find the account."""
        view = Container("Open", is_view=True, columns={}, fields=bills().fields)
        area = FilesArea(files=2, folders=(Folder("/In", 2),))
        found = DiscoveredAccount((bills(), view), area, {BAD_NAME: "no access"})
        self._account = LookedAtAccount(found, self.clock.now(), 7)
        return self._account

    def look_at(self, place: MappablePlace) -> Looked:
        """Find three bills, of which two are in their records."""
        container = bills(*(Column(one.name, one.type) for one in self.created))
        if place.is_missing:
            container = Container(place.container, is_view=False, columns={})
        samples = (sample("1", Sum=12.5), sample("2", Sum=12.5), sample("3"))
        return self._remember(place, container, samples)

    def count(self, place: MappablePlace, condition: str) -> int:  # noqa: ARG002 - as the real one
        """Count."""
        if "?" in condition:
            raise RefusedByCaspio(f"{condition} is not understood.", status=400)
        return 2 if condition else 3

    def create(
        self,
        looked: Looked,  # noqa: ARG002 - as the real one
        wanted: Sequence[MissingColumn],
    ) -> tuple[Sequence[MissingColumn], str]:
        """Create columns, unless that is refused."""
        if self.refuses:
            return [], self.refuses
        self.created += wanted
        return wanted, ""


def controls(page: str) -> dict[str, str]:
    """Return what the form of a page would send: of selects what is selected, of boxes what is checked."""
    form = re.search(r'<form[^>]*action="[^"]*/(review|write)".*?</form>', page, re.DOTALL)
    assert form is not None, words(page)
    sent: dict[str, str] = {}
    for select in re.finditer(r'<select name="([^"]*)"[^>]*>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', select[2])
        sent[html.unescape(select[1])] = html.unescape(chosen[1]) if chosen else ""
    for tag in re.findall(r"<input[^>]*>", form[0], re.DOTALL):
        if 'type="checkbox"' in tag and " checked" not in tag:
            continue
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name is not None:
            sent[html.unescape(name[1])] = html.unescape(value[1]) if value else "on"
    return sent


def written(office: Office) -> list[dict[str, object]]:
    """Return the sources of the settings file."""
    return tomllib.loads(office.site.config.read_text(encoding="utf-8"))["sources"]


def save(browser: Browser, address: str, form: dict[str, str], **more: str) -> str:
    """Go on from a form to the change of the settings, and write it."""
    change = browser.post(f"{address}/review", **form)
    return browser.post(f"{address}/write", **{**controls(change), **more})
