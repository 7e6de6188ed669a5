"""Look at an account for a user who maps: what there is, and what its documents say.

Looking takes calls, which count in the budget. Nothing is archived, recorded or written.
"""

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from flows.app.onboarding.init import create_columns
from flows.app.onboarding.sample_reading import read_samples
from flows.app.onboarding.wiring import count_records, discover_container, discover_schema
from flows.app.wiring.account import Account, open_settings_account, visible_tables
from flows.app.wiring.ports import open_turns
from pipeline.decide.column_values import same
from pipeline.model.schema import Container, DiscoveredAccount
from pipeline.onboarding.choices import ColumnChoices, column_choices
from pipeline.onboarding.proposal import MissingColumn, Proposal, ProposedSource
from pipeline.onboarding.sample_documents import SampleDocument
from pipeline.ports import Clock, Ledger
from pipeline.settings import Settings

DOCUMENTS = 20
"""Documents of a place that are read: enough to see with which values they agree."""

INDEX_TABLE = "FileIndex"
"""The index table that is created for a folder without one."""

MOST_PLACES = 8
"""Places that are remembered with what their documents say, those looked at last."""


@dataclass(frozen=True, slots=True)
class MappablePlace:
    """A table, a view or a folder of the account.

    Attributes:
        kind: `table`, `view` or `folder`.
        name: The name of the table or view, or the path of the folder.
        index: The index table of a folder, "" for `FileIndex`, which is still to be created.
        path_column: The column of the index table with the paths.
    """

    kind: str
    name: str
    index: str = ""
    path_column: str = "Path"

    @property
    def container(self) -> str:
        """Name the table or view that takes the values."""
        return (self.index or INDEX_TABLE) if self.kind == "folder" else self.name

    @property
    def is_missing(self) -> bool:
        """Say whether what takes the values is still to be created."""
        return self.kind == "folder" and not self.index


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found at a place: its columns, its files, and documents that were read.

    `choices` are what each column can take: hundreds of columns take seconds to compare.
    """

    place: MappablePlace
    container: Container
    samples: tuple[SampleDocument, ...]
    files: int
    at: datetime
    choices: tuple[ColumnChoices, ...]


@dataclass(frozen=True, slots=True)
class LookedAtAccount:
    """What the account has."""

    account: DiscoveredAccount
    at: datetime
    calls: int


@dataclass(slots=True)
class Looks:
    """Remembers what was looked at, for as long as the page is served. Safe from many threads."""

    settings: Callable[[], Settings]
    clock: Clock
    _account: LookedAtAccount | None = None
    _places: OrderedDict[MappablePlace, Looked] = field(default_factory=OrderedDict)
    _read: dict[MappablePlace, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def account(self) -> LookedAtAccount | None:
        """Return what the account had when it was looked at last, None before."""
        return self._account

    def place(self, place: MappablePlace) -> Looked | None:
        """Return what was found at a place, None if it was not looked at."""
        with self._lock:
            return self._places.get(place)

    def documents_read(self, place: MappablePlace) -> int:
        """Return how many documents of a place have been read so far."""
        return self._read.get(place, 0)

    def look_at_account(self) -> LookedAtAccount:
        """List the tables, views and folders with their columns, and count their files."""
        with _opened(self.settings()) as (opened, folder):
            # One page of each table is enough; the rest is extrapolated.
            found = discover_schema(opened.client, folder=folder, pages=1)
            calls = sum(opened.client.calls.values())
        self._account = LookedAtAccount(found, self.clock.now(), calls)
        return self._account

    def look_at(self, place: MappablePlace) -> Looked:
        """Look at a place, and read some of its documents in the sandbox.

        Raises:
            IngestError: it is not there, or no reader process can be started.
        """
        settings = self.settings()
        self._read[place] = 0

        def count_one(_: object) -> None:
            self._read[place] += 1

        with _opened(settings) as (opened, folder):
            container = Container(place.container, is_view=False, columns={})
            if not place.is_missing:
                container = discover_container(
                    opened.client,
                    place.container,
                    is_view=place.kind == "view",
                    folder=folder,
                )
            samples = read_samples(
                opened.client,
                Proposal((proposed(place, container),)),
                most=DOCUMENTS,
                processing=settings.processing,
                turns=open_turns(settings),
                fullest=True,
                on_read=count_one,
            )
            samples = [of_place(sample, place) for sample in samples]
            samples = [with_own(sample, container, opened.ledger) for sample in samples]
        return self._remember(place, container, samples)

    def _remember(
        self, place: MappablePlace, container: Container, samples: Sequence[SampleDocument]
    ) -> Looked:
        path_column = place.path_column if place.kind == "folder" else ""
        looked = Looked(
            place,
            container,
            tuple(samples),
            self._files(place, container),
            self.clock.now(),
            column_choices(container, samples, path_column=path_column),
        )
        with self._lock:
            self._places[place] = looked
            self._places.move_to_end(place)
            while len(self._places) > MOST_PLACES:
                self._places.popitem(last=False)
        return looked

    def count(self, place: MappablePlace, condition: str) -> int:
        """Count the records of a place that fit a condition.

        Raises:
            RefusedByCaspio: the condition cannot be understood.
        """
        with _opened(self.settings()) as (opened, _):
            is_view = place.kind == "view"
            return count_records(opened.client, place.container, condition, is_view=is_view)

    def create(
        self, looked: Looked, wanted: Sequence[MissingColumn]
    ) -> tuple[Sequence[MissingColumn], str]:
        """Create columns, and an index table that is missing.

        Return those that were created, and why the others were not, "" if all were. What is there
        already, of the same type, counts as created: a try before this one may have been cut off.
        """
        place = looked.place
        with _opened(self.settings()) as (opened, folder):
            now = looked.container
            is_missing = place.is_missing and INDEX_TABLE not in visible_tables(opened.client)
            if not is_missing:
                now = discover_container(
                    opened.client, place.container, is_view=False, folder=folder
                )
            there = [
                one
                for one in wanted
                if one.name in now.columns and now.columns[one.name].type == one.type
            ]
            missing = [one for one in wanted if one not in there]
            source = proposed(place, now)
            made: list[MissingColumn] = []
            problem = ""
            if missing or is_missing:
                made, problem = create_columns(opened.client, source, missing)
            return [*there, *made], problem

    def forget(self, place: MappablePlace) -> None:
        """Forget what was found at a place, so that it is looked at again."""
        with self._lock:
            self._places.pop(place, None)

    def _files(self, place: MappablePlace, container: Container) -> int:
        if place.kind != "folder":
            return container.files
        account = self._account
        folders = account.account.files_area.folders if account else ()
        below = place.name.rstrip("/") + "/"
        return sum(one.files for one in folders if f"{one.path.rstrip('/')}/".startswith(below))


def of_place(sample: SampleDocument, place: MappablePlace) -> SampleDocument:
    """Return a sample without its record, if that is not one of the place.

    A file of a folder may be one that a record of another table refers to.
    """
    record = sample.work.record
    if record is None or record.container == place.container:
        return sample
    return replace(sample, work=replace(sample.work, record=None, values={}))


def with_own(sample: SampleDocument, container: Container, ledger: Ledger) -> SampleDocument:
    """Return a sample with the columns of its record that have a value of this program."""
    record = sample.work.record
    if record is None:
        return sample
    written = ledger.effects.last_written(record.container, record.pk)
    own = frozenset(
        name
        for name, value in written.items()
        if name in container.columns
        and same(sample.work.values.get(name), value.value, container.columns[name])
    )
    return replace(sample, own=own)


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Account, Path]]:
    """Open the account, if the budget has calls left, and a folder for what is looked at.

    Raises:
        BudgetExhausted: the calls that new work may use are used up.
    """
    with (
        open_settings_account(settings) as account,
        tempfile.TemporaryDirectory(prefix="caspio-ingest-") as name,
    ):
        account.spending.require()
        yield account, Path(name)


def proposed(place: MappablePlace, container: Container) -> ProposedSource:
    """Return a place as a source that takes nothing yet."""
    source = ProposedSource("mapping", container)
    if place.kind == "folder":
        return replace(source, folder=place.name, path_column=place.path_column)
    return source
