"""Settings, archive and ledger in one folder, and what commands do with them, in this process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx

from flows.app.changes import apply_plan, undo_run
from flows.app.direct import work_sources
from flows.app.drain import Drain
from flows.app.plan import PlanReport, plan_sources
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.settings import load_settings
from flows.app.wiring import AppContext
from flows.app.wiring.account import open_client
from flows.app.wiring.ports import open_archive, open_ledger
from infra.emulator import Emulator
from pipeline.adapters.caspio.source import CaspioFileSource
from pipeline.adapters.caspio.target import CaspioRecordTarget
from pipeline.context import Ports
from pipeline.metering.budget import Spending
from pipeline.model import FileRef, Place
from pipeline.ports import FileState, Ledger, Reader
from pipeline.source_run.selection import Selection
from tests.crash.faultpoints import Act, kill_at, watched
from tests.fakes.clock import FakeClock
from tests.fakes.reader import ReaderAround
from tests.support.forked import CONTEXT, run_command

WRITES = frozenset({"PUT", "POST", "DELETE"})
CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}


@dataclass
class Workspace:
    """Settings beside an archive and a ledger, with a reader that is shared between tests."""

    config: Path
    emulator: Emulator
    reader: Reader
    clock: FakeClock = field(default_factory=FakeClock)
    timeout_s: float = 60.0
    act: Act | None = None
    one_at_a_time: bool = False

    @property
    def archive(self) -> Path:
        """Return the archive's folder."""
        return self.config.parent / "archive"

    def run(
        self,
        *,
        yes: bool = False,
        limit: int | None = None,
        records: Sequence[str] = (),
        selection: Selection | None = None,
        reader: Any = None,
    ) -> Report:
        """Run all sources once."""
        self.clock.advance(1)
        with ExitStack() as stack:
            context = self._connect(stack, reader or self.reader)
            request = RunRequest(records=tuple(records), selection=selection, limit=limit, yes=yes)
            return work_sources(context, sources=(), request=request)

    @contextmanager
    def context(self) -> Iterator[AppContext]:
        """Connect everything, as a command does."""
        with ExitStack() as stack:
            yield self._connect(stack, self.reader)

    @contextmanager
    def connecting(self, drain: Drain) -> Iterator[AppContext]:
        """Connect everything for a run that somebody else may stop."""
        with ExitStack() as stack:
            yield replace(self._connect(stack, self.reader), drain=drain)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the ledger."""
        with open_ledger(load_settings(self.config), clock=self.clock) as ledger:
            yield ledger

    def plan(self, *, reader: Any = None, html: Path | None = None) -> PlanReport:
        """Plan all sources, and leave the plan beside the settings."""
        self.clock.advance(1)
        with ExitStack() as stack:
            context = self._connect(stack, reader or self.reader)
            file = self.config.parent / "plan.jsonl"
            return plan_sources(context, sources=(), limit=None, file=file, html=html)

    def apply(self, *records: str, sources: Sequence[str] = ()) -> Report:
        """Carry out the plan beside the settings."""
        self.clock.advance(1)
        with ExitStack() as stack:
            return apply_plan(
                self._connect(stack, self.reader),
                self.config.parent / "plan.jsonl",
                sources=sources,
                records=records,
            )

    def undo(
        self, run_id: str, *records: str, sources: Sequence[str] = (), redo: bool = False
    ) -> Report:
        """Undo a run; with `redo`, only one that is an undo."""
        self.clock.advance(1)
        with ExitStack() as stack:
            context = self._connect(stack, self.reader)
            return undo_run(context, run_id, sources=sources, records=records, redo=redo)

    def states(self) -> dict[str, FileState]:
        """Return what the ledger knows, by location_key."""
        with self.ledger() as ledger:
            return {state.ref.location_key: state for state in ledger.files.states()}

    def unsettled(self) -> int:
        """Count effects that the ledger has not seen settled by more than an answer."""
        with open_ledger(load_settings(self.config), clock=self.clock) as ledger:
            return sum(effect.state == "intent" for effect in ledger.effects.open())

    def statuses(self) -> dict[str, str]:
        """Return what became of each file, by where it is blocked and by content."""
        return {
            _label(s.ref): str(s.outcome.status) if s.outcome else "none"
            for s in self.states().values()
        }

    def writes(self, *, processed: bool = False) -> list[str]:
        """Return the writes the account saw, or processed, in order: method, path and query; a token is none."""
        return [
            f"{call['method']} {call['path']}?{call['query']}"
            for call in self.emulator.control.call_log()
            if call["method"] in WRITES
            and "oauth" not in call["path"]
            and call["processed"] >= processed
        ]

    def downloads(self) -> int:
        """Count the downloads the account saw."""
        return sum(
            call["operation"].startswith("Download") for call in self.emulator.control.call_log()
        )

    def calls(self) -> int:
        """Count every call the account saw."""
        return sum(self.emulator.control.calls().values())

    def forget_calls(self) -> None:
        """Begin to count again."""
        self.emulator.control.reset_calls()

    def end_state(self) -> dict[str, Any]:
        """Return all that a run leaves behind, but for the times: account, archive keys, outcomes."""
        return {
            "account": account_state(self.emulator),
            "archive": archive_state(self.archive),
            "ledger": self.ends(),
        }

    def ends(self) -> list[tuple[str, str, str | None]]:
        """Return holder, status and digest of every file's newest version."""
        return sorted(
            (_label(s.ref), str(s.outcome.status) if s.outcome else "none", s.sha256)
            for s in self.states().values()
        )

    def _connect(self, stack: ExitStack, reader: Reader) -> AppContext:
        settings = load_settings(self.config)
        work_dir = self.config.parent / "work"
        work_dir.mkdir(exist_ok=True)
        ledger = stack.enter_context(open_ledger(settings, clock=self.clock))
        spending = stack.enter_context(
            closing(Spending(ledger, settings.caspio.account, settings.caspio.allowance))
        )
        timeout = httpx.Timeout(self.timeout_s)
        client = stack.enter_context(
            open_client(
                settings, clock=self.clock, ledger=ledger, spending=spending, timeout=timeout
            )
        )
        ports = Ports(
            source=CaspioFileSource(client, scratch_dir=work_dir, clock=self.clock),
            target=CaspioRecordTarget(client),
            archive=open_archive(settings.archive),
            ledger=ledger,
            reader=reader,
            clock=self.clock,
            work_dir=work_dir,
        )
        kind = _OneAtATime if self.one_at_a_time else AppContext
        return kind(settings, watched(ports, self.act) if self.act else ports, client, spending)


class _OneAtATime(AppContext):
    """Works on one record at a time."""

    @property
    def threads(self) -> int:
        """Return one."""
        return 1


def _label(ref: FileRef) -> str:
    in_folder = ref.place is Place.FOLDER  # whose row may come and go
    return (
        f"{ref.container} {ref.record.pk} {ref.field}"
        if ref.record and not in_folder
        else str(ref.path)
    )


def account_state(emulator: Emulator) -> dict[str, Any]:
    """Return the account without the times and keys that differ from run to run."""
    dump = emulator.control.dump()
    attached = {
        t: [{k: v for k, v in a.items() if k != "updated"} for a in found]
        for t, found in dump["attachments"].items()
    }
    files = {path: file["sha256"] for path, file in dump["files"].items()}
    return {"tables": dump["tables"], "attachments": attached, "files": files}


def archive_state(folder: Path) -> list[str]:
    """Return the archive's keys, without what a killed process left half written and what is named by its run."""
    keys = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return sorted(
        str(key)
        for key in keys
        if not any(part.startswith(".") for part in key.parts) and key.parts[0] != "renames"
    )


def texts(archive: Path) -> list[str]:
    """Return the archived texts."""
    return [path.read_text(encoding="utf-8") for path in sorted(archive.rglob("text.txt"))]


def cli(config: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a user would, with secrets in the environment."""
    return run_command(
        [*arguments, "--config", str(config)], environment=os.environ | CREDENTIALS | environment
    )


def cli_command(config: Path, *arguments: str, module: str = "flows.cli") -> list[str]:
    """Return a command line."""
    command, *options = arguments
    return [sys.executable, "-m", module, command, "--config", str(config), *options]


class Elsewhere:
    """The emulator as another process sees it: an address."""

    def __init__(self, url: str) -> None:
        """Keep the address."""
        self.url = url


def worker_process(
    workspace: Workspace,
    point: str = "",
    command: Sequence[str] = ("run",),
    *,
    reader: Callable[[], Reader] | None = None,
) -> ForkServerProcess:
    """Call a method of a workspace in a process of its own, which may be killed at a point.

    `reader` makes its reader.
    """
    process = CONTEXT.Process(
        target=_run_here,
        args=(workspace.config, Elsewhere(workspace.emulator.url), point, command),
        kwargs={"clock": workspace.clock, "reader": reader},
    )
    process.start()
    return process


def _run_here(
    config: Path,
    emulator: Elsewhere,
    point: str,
    command: Sequence[str],
    *,
    clock: FakeClock,
    reader: Callable[[], Reader] | None,
) -> None:
    from tests.fakes.reader import FakeReader

    os.environ.update(CREDENTIALS)
    workspace = Workspace(config, emulator, (reader or FakeReader)(), clock)  # type: ignore[arg-type]
    workspace.act = kill_at(point) if point else None
    workspace.one_at_a_time = bool(point)  # nothing else is under way where it is killed
    getattr(workspace, command[0])(*command[1:])


class SlowlyChanged(ReaderAround):
    """A reader as another code version would be: the same readings under another fingerprint."""

    def __init__(self, inner: Reader) -> None:
        self.read_names: list[str] = []
        super().__init__(inner, self.read_names.append)

    def fingerprint(self) -> str:
        """Return another fingerprint."""
        return "another-fingerprint"

    def is_current(self, fingerprint: str) -> bool:
        """Return whether it is the other one."""
        return fingerprint == self.fingerprint()
