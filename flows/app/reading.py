"""Open readers of documents, and read one local file from a program.

What the command `read` needs is all here, so that it starts without settings, ledger and client.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from pipeline.environment import environment
from pipeline.errors import BadSettings

if TYPE_CHECKING:
    from pipeline.model import Findings
    from pipeline.ports.reader import ReadingTurns
    from pipeline.settings.sections import ProcessingSettings
    from processors.contract import Limits, OcrModels
    from processors.sandbox.reader import SandboxedReader

T = TypeVar("T")

LENDER = "CASPIO_READER_LENDER"
"""Environment variable with the socket of what lends reader processes to a worker's runs."""

REST_S = 600.0
"""Seconds without a run after which a kept reader is ended: its processes have hundreds of MB."""


class _Cancellable(Protocol):
    def cancel(self) -> None: ...


def later(seconds: float, call: Callable[[], None]) -> _Cancellable:
    """Call something in so many seconds, unless that is cancelled or the process ends before."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer


def lender_of_runs() -> Path | None:
    """Return the socket of what lends reader processes to the runs of a worker, if this is one."""
    path = environment(LENDER)
    return Path(path) if path else None


def read_file(
    path: Path, *, settings: "ProcessingSettings | None" = None, work_dir: Path | None = None
) -> "Findings":
    """Read a file in a reader process, which is started for it and ended afterwards.

    For many files, keep the reader of `open_reader` open instead.

    Args:
        path: The file; its type is found by its content.
        settings: Engines, languages and limits; the defaults of `[processing]` unless given.
        work_dir: An empty folder that keeps the files inside the document. Without it they are
            read and not kept.

    Raises:
        BadSettings: an OCR engine or a language that was requested is not installed, or the
            system grants less isolation than is required.
    """
    from pipeline.settings.sections import ProcessingSettings

    with (
        open_reader(settings or ProcessingSettings(), workers=1) as reader,
        tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder,
    ):
        return reader.read(path, name=path.name, work_dir=work_dir or Path(folder))


def worker_count(settings: "ProcessingSettings") -> int:
    """Return how many documents are read at once: one per core, unless the settings differ."""
    return settings.workers or os.cpu_count() or 1


def open_reader(
    settings: "ProcessingSettings",
    *,
    workers: int | None = None,
    renditions: tuple[str, ...] = (),
    turns: "ReadingTurns | None" = None,
    lender: Path | None = None,
    owner: str = "",
    job: type | None = None,
) -> "SandboxedReader":
    """Return a reader with the limits of the settings; `renditions` are created for the archive.

    `lender` is the socket of what lends reader processes of the account `owner`.
    """
    from processors.sandbox.reader import SandboxedReader

    return SandboxedReader(
        ocr=settings.ocr,
        languages=settings.languages,
        limits=limits_of(settings),
        workers=workers or worker_count(settings),
        clamav=settings.clamav,
        passwords=tuple(password.get_secret_value() for password in settings.passwords),
        renditions=renditions,
        date_order=settings.date_order,
        rules=own_rules(settings.rules),
        models=own_models(settings),
        documents_per_child=settings.documents_per_child,
        require_isolation=settings.require_isolation,
        cache=cache_folder(),
        turns=turns,
        lender=lender,
        owner=owner,
        job=job,
    )


@dataclass(slots=True)
class KeptReader:
    """Keeps the reader of a process that runs again and again, with its models loaded.

    Its reader processes are isolated, limited and replaced as those of a single run. They read for
    one account alone: a process that works for several has one of these for each. After a rest
    they are ended; `later` calls what does that.
    """

    later: Callable[[float, Callable[[], None]], _Cancellable] = later
    _known: tuple[object, object] | None = None
    _reader: "SandboxedReader | None" = None
    _key: object = None
    _users: int = 0
    _ending: _Cancellable | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def lent(
        self, key: object, opening: Callable[[], "SandboxedReader"]
    ) -> Iterator["SandboxedReader"]:
        """Lend the reader to a run; `opening` opens one, and `key` is all that it depends on.

        After a change of the settings another reader takes its place; a run that comes while the
        old one is still lent has one of its own.
        """
        with self._lock:
            if not self._users and self._key != key:
                self._end()
            if self._reader is None:
                self._reader, self._key = opening(), key
            reader, is_kept = self._reader, self._key == key
            self._users += is_kept
        if not is_kept:
            with opening() as own:
                yield own
            return
        try:
            yield reader
        finally:
            with self._lock:
                self._users -= 1
                self._cancel_ending()
                self._ending = self.later(REST_S, self._end_rested)

    def known(self, key: object, new: Callable[[], T]) -> T:
        """Return what runs with this key know of the account; `new` makes it for the first one."""
        with self._lock:
            if self._known is None or self._known[0] != key:
                self._known = key, new()
            return cast("T", self._known[1])

    def forget(self) -> None:
        """Know nothing of the account any more."""
        with self._lock:
            self._known = None

    def close(self) -> None:
        """End the reader processes at once, even while they read."""
        with self._lock:
            self._end()

    def _end_rested(self) -> None:
        with self._lock:
            # A run may have begun since, and its end asks for this again.
            if not self._users:
                self._end()

    def _cancel_ending(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end(self) -> None:
        self._cancel_ending()
        reader, self._reader, self._key = self._reader, None, None
        if reader is not None:
            reader.close()


def limits_of(settings: "ProcessingSettings") -> "Limits":
    """Return what the settings let one document use."""
    from processors.contract import Limits

    return Limits(
        memory_mib=settings.memory_mib,
        cpu_s=settings.cpu_s,
        wall_s=settings.wall_s,
        file_mib=settings.max_file_mib,
        pages=settings.max_pages,
        stall_s=settings.stall_s,
        disk_mib=settings.disk_mib,
        disk_files=settings.disk_files,
        children=settings.max_children,
        depth=settings.max_depth,
        unpacked_mib=settings.max_unpacked_mib,
        ratio=settings.max_ratio,
    )


@dataclass(frozen=True, slots=True)
class PlainOptions:
    """What can be said about reading without settings; see `ProcessingSettings` for each."""

    ocr: str
    languages: tuple[str, ...]
    passwords: tuple[str, ...] = field(default=(), repr=False)
    clamav: str | None = None


def open_plain_reader(options: PlainOptions, *, workers: int) -> "SandboxedReader":
    """Return a reader with the default limits, for files that are neither archived nor written."""
    from processors.sandbox.reader import SandboxedReader

    return SandboxedReader(
        ocr=options.ocr,
        languages=options.languages,
        passwords=options.passwords,
        clamav=options.clamav,
        workers=workers,
        renditions=(),
        fingerprints=False,
        cache=cache_folder(),
    )


def cache_folder() -> Path | None:
    """Return where readers keep what they make once; None for a user without a home."""
    given = environment("XDG_CACHE_HOME")
    try:
        own = "Library/Caches" if sys.platform == "darwin" else ".cache"
        return (Path(given) if given else Path.home() / own) / "caspio-ingest"
    except RuntimeError:
        return None


def own_models(settings: "ProcessingSettings") -> "OcrModels":
    """Return the user's own networks for OCR."""
    from processors.contract import ModelFile, OcrModels

    detection, recognition = (
        ModelFile(model.path, model.sha256) if model else None
        for model in (settings.models.detection, settings.models.recognition)
    )
    return OcrModels(detection, recognition, settings.models.languages)


def own_rules(path: Path | None) -> str:
    """Return the text of a user's own rules for classes, "" without any.

    Raises:
        BadSettings: the file cannot be read, or what is wrong in it.
    """
    if path is None:
        return ""
    from processors.classify.rules import BadRules, parse_rules

    try:
        text = path.read_text(encoding="utf-8")
        # Only to refuse wrong rules before the run: the reader processes parse the text themselves.
        parse_rules(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(
            [f"processing.rules: {path} cannot be read: {error}. Name a UTF-8 file."]
        ) from error
    except BadRules as error:
        raise BadSettings(
            [f"processing.rules: {path}: {problem}" for problem in error.problems]
        ) from error
    return text
