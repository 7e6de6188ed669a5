"""`acknowledge`: a user knows what became of documents, and no run is red because of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.app.settings import load_settings
from flows.app.sources import named_sources
from flows.app.wiring import open_ledger, system_clock
from pipeline.errors import BadSettings
from pipeline.metering.summary import FAILED
from pipeline.ports import FileState, Ledger
from pipeline.ports.ledger import Acknowledgement
from pipeline.settings import Settings
from pipeline.wording import counted


@dataclass(frozen=True, slots=True)
class AcknowledgeRequest:
    """What a user knows.

    It holds for a file as it is: a file that is replaced is a new document.

    Attributes:
        keys: PK_IDs, or paths of the Files area; without any, everything of the source.
        by: Who says so.
        note: Why nothing is done about it.
        withdraw: True to take it back.
    """

    source: str
    keys: tuple[str, ...]
    by: str
    note: str
    withdraw: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What was acknowledged, or withdrawn.

    Attributes:
        left: Documents of the source that still need a user.
    """

    source: str
    documents: tuple[FileState, ...]
    left: int
    withdrawn: bool = False

    def __str__(self) -> str:
        """Return it as a sentence."""
        number, left = counted(len(self.documents), "document"), counted(self.left, "document")
        verb = "open again" if self.withdrawn else "acknowledged"
        return f"{self.source}: {number} {verb}; {left} left that need a user."

    def as_json(self) -> dict[str, object]:
        """Return what `acknowledge --json` prints."""
        return {
            "source": self.source,
            "documents": [
                {
                    "record": state.ref.record.pk if state.ref.record else None,
                    "path": state.ref.path,
                    "field": state.ref.field,
                    "file": state.ref.name,
                    "status": state.outcome.status if state.outcome else None,
                }
                for state in self.documents
            ],
            "left": self.left,
        }


def acknowledge_directly(config: Path, request: AcknowledgeRequest) -> Acknowledged:
    """Acknowledge in the ledger of the settings; the account is not needed."""
    settings, clock = load_settings(config, credentials=False), system_clock()
    with open_ledger(settings, clock=clock) as ledger:
        return acknowledge(settings, ledger, request, now=clock.now())


def acknowledge(
    settings: Settings, ledger: Ledger, request: AcknowledgeRequest, *, now: datetime
) -> Acknowledged:
    """Acknowledge what became of the named records' documents, or of all that need a user.

    Raises:
        BadSettings: there is no such source, or nothing of a record needs a user.
    """
    (spec,) = named_sources(settings, [request.source])
    known = [
        state
        for state in ledger.files.attention(FAILED, source=spec.name)
        if (state.acknowledged is not None) == request.withdraw
    ]
    chosen = chosen_of(known, request)
    said = None if request.withdraw else Acknowledgement(request.by, request.note, now)
    ledger.files.acknowledge([state.version for state in chosen], said)
    left = ledger.files.count_attention(FAILED, source=spec.name).open
    return Acknowledged(spec.name, tuple(chosen), left, withdrawn=request.withdraw)


def chosen_of(known: Sequence[FileState], request: AcknowledgeRequest) -> list[FileState]:
    """Return the documents that a request names.

    Raises:
        BadSettings: nothing of a record needs a user.
    """
    named = set().union(*map(names_of, known))
    problems = [
        f"Source {request.source!r}: no document of {key!r} is listed by `caspio-ingest status`."
        for key in request.keys
        if key not in named
    ]
    if problems:
        raise BadSettings(problems)
    keys = set(request.keys) or named
    return [state for state in known if names_of(state) & keys]


def names_of(state: FileState) -> set[str]:
    """Return what a user may name a document by: the PK_ID of its record, and its path."""
    names = {state.ref.record.pk} if state.ref.record else set()
    return names | ({state.ref.path} if state.ref.path else set())
