"""Let the moves of a run in the Files area share what they ask for.

A move is four calls of its own (put, confirm, look, delete) and some questions whose answers hold
for many files: which rows name them, what their folder shows. So up to `MOVED_TOGETHER` records
that come to their moves wait for each other, and go on side by side, each in its own thread. Where
they need an answer, the last one to arrive asks for all. One that fails, or has nothing more to do,
leaves its group; the others go on without it.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from posixpath import dirname
from typing import TypeVar

from pipeline.errors import RefusedByCaspio, RejectFile
from pipeline.ports import RecordTarget, ShownFile

T = TypeVar("T")

MOVED_TOGETHER = 12
"""Moves in a group: four shared questions are then a third of a call for each file. More would save
little, and every record of a group has its lease until the last one is moved.
"""

LONGEST_WAIT_S = 60.0
"""After so long a group goes as it is: its records have leases, and reading others may be slow."""


@dataclass(eq=False, slots=True)
class _SharedQuestion:
    """One question of a group: who asks, and the answer or the error that came."""

    paths: list[str] = field(default_factory=list)
    is_asked: bool = False
    is_answered: bool = False
    answers: Mapping[str, object] = field(default_factory=dict)
    error: BaseException | None = None


class MoveGroup:
    """The moves that go on together. Each asks the same questions in the same order, or leaves."""

    def __init__(self, moves: "MoveGroups") -> None:
        self._moves = moves
        self._questions: dict[str, _SharedQuestion] = {}
        self.paths: list[str] = []
        """The old paths of those that are in it."""
        self.has_started = False

    def ask(self, name: str, path: str, ask_all: Callable[[Sequence[str]], Mapping[str, T]]) -> T:
        """Return the answer for a path; the last of the group to come here asks for all.

        What Caspio refuses of several, each asks for alone. Any other error is an error of each.
        """
        with self._moves.changed:
            question = self._questions.setdefault(name, _SharedQuestion())
            question.paths.append(path)
            self._moves.changed.notify_all()

        def is_my_turn() -> bool:
            is_last = not question.is_asked and len(question.paths) == len(self.paths)
            question.is_asked = question.is_asked or is_last
            return is_last or question.is_answered

        self._moves.wait_for(is_my_turn)
        if not question.is_answered:
            self._answer(question, ask_all)
        if isinstance(question.error, RefusedByCaspio | RejectFile) and len(question.paths) > 1:
            return ask_all([path])[path]
        if question.error is not None:
            raise question.error
        answers: Mapping[str, T] = question.answers  # type: ignore[assignment]  # as this name asks
        return answers[path]

    def _answer(
        self, question: _SharedQuestion, ask_all: Callable[[Sequence[str]], Mapping[str, T]]
    ) -> None:
        try:
            question.answers = ask_all(tuple(question.paths))
        except BaseException as error:  # noqa: BLE001 - raised by each that asked
            question.error = error
        with self._moves.changed:
            question.is_answered = True
            self._moves.changed.notify_all()


class FolderNames:
    """Which names in folders are taken: as they were listed, and given by this run since.

    A name is free only until somebody takes it, so Caspio has the last word: it refuses a copy
    whose name is taken. A listing saves asking for each name, and may be as old as the run.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listed: dict[str, Mapping[str, ShownFile] | None] = {}
        self._given: set[str] = set()
        self._freed: set[str] = set()

    def take(self, path: str, target: RecordTarget, *, may_list: bool) -> bool:
        """Reserve a path for a new file; say whether it was free.

        `may_list` says whether several files of the folder are moved: then it is listed, once.
        """
        folder, key = dirname(path), path.casefold()
        with self._lock:
            # Many files may get one name with numbers: to ask for each number again would cost as
            # many calls for a file as there are files before it.
            if key in self._given:
                return False
            if may_list and folder not in self._listed:
                self._listed[folder] = target.folder_files(folder)
            names = self._listed.get(folder)
            # A listing may be older than what this run has moved away or taken back.
            is_listed = names is not None and key in names and key not in self._freed
            taken = target.file(path) is not None if names is None else is_listed
            if not taken:
                self._given.add(key)
            return not taken

    def release(self, path: str) -> None:
        """Forget that a path was reserved: nothing was put there."""
        with self._lock:
            self._given.discard(path.casefold())

    def free(self, path: str) -> None:
        """Remember that the file at a path is gone, whatever a listing says: its name is free."""
        with self._lock:
            self._given.discard(path.casefold())
            self._freed.add(path.casefold())

    def shown(self, paths: Sequence[str], target: RecordTarget) -> Mapping[str, ShownFile | None]:
        """Return files as they are now: of a folder with several by one listing."""
        found: dict[str, ShownFile | None] = {}
        for folder, number in Counter(map(dirname, paths)).items():
            with self._lock:
                is_large = folder in self._listed and self._listed[folder] is None
            files = target.folder_files(folder) if number > 1 and not is_large else None
            if number > 1:
                with self._lock:
                    self._listed[folder] = files
            for path in paths:
                if dirname(path) == folder:
                    found[path] = target.file(path) if files is None else files.get(path.casefold())
        return found


class MoveGroups:
    """The groups of one run, and what it knows of names in folders. Safe from threads.

    A run works on a few records at once: a record that waits for its group makes room for another
    one meanwhile. Without `working`, as in tests of one record, nothing is waited for.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.names = FolderNames()
        self._permits = threading.Semaphore(0)
        self._in_progress = 0
        self._blocked: Counter[str] = Counter()  # who waits for the move of a file, by its path
        self._capacity = 0  # records that may be in progress while more come, 0 when none come
        self._places = sys.maxsize  # records that have a thread at once: the rest cannot come
        self._next = MoveGroup(self)
        self._moving: set[str] = set()

    def open(self, *, threads: int, waiting: int = sys.maxsize) -> None:
        """Let so many records work at once, while so many more may wait for others."""
        self._permits = threading.Semaphore(threads)
        self._places = threads + waiting

    @contextmanager
    def feeding(self, *, capacity: int) -> Iterator[None]:
        """Say that records are coming: a group waits for them while fewer are in progress."""
        self._set(capacity=capacity)
        try:
            yield
        finally:
            self._set(capacity=0)

    def started(self) -> None:
        """Count a record that may come to a move."""
        self._set(started=1)

    def ended(self) -> None:
        """Count a record that will not any more."""
        self._set(started=-1)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work on a record, as soon as there is room."""
        with self._permits:
            yield

    @contextmanager
    def joined(self, path: str) -> Iterator[MoveGroup]:
        """Be in a group with the move of a file, from the moment at which the group goes.

        No two moves of one file are under way at once: two records may name the same file.
        """
        group = self._enter(path)
        try:
            yield group
        finally:
            with self.changed:
                group.paths.remove(path)
                self._moving.discard(path.casefold())
                self.changed.notify_all()

    def wait_for(self, is_ready: Callable[[], bool], *, timeout_s: float | None = None) -> None:
        """Wait without taking the room of others; `is_ready` is called under the lock."""
        with self.changed:
            if is_ready():
                return
        self._permits.release()
        try:
            with self.changed:
                self.changed.wait_for(is_ready, timeout_s)
        finally:
            self._permits.acquire()

    def _enter(self, path: str) -> MoveGroup:
        entered: list[MoveGroup] = []

        key = path.casefold()

        def enter() -> bool:
            if key in self._moving:
                self._start_if_due()
                return False
            self._moving.add(key)
            self._next.paths.append(path)
            entered.append(self._next)
            return True

        def has_started() -> bool:
            self._start_if_due()
            return entered[0].has_started

        with self.changed:
            self._blocked[key] += 1
        self.wait_for(enter)
        with self.changed:
            self._blocked[key] -= 1
        self.wait_for(has_started, timeout_s=LONGEST_WAIT_S)
        with self.changed:
            if not entered[0].has_started:
                self._start(entered[0])
        return entered[0]

    def _start_if_due(self) -> None:
        """Start the group that gathers if it is full, or if no other move can join it."""
        gathered = len(self._next.paths)
        blocked = sum(number for key, number in self._blocked.items() if key in self._moving)
        # A record without a thread gets one only when another is done, which may wait for this.
        may_come = min(max(self._in_progress, self._capacity), self._places)
        others_come = may_come > gathered + blocked
        if gathered and (gathered >= MOVED_TOGETHER or not others_come):
            self._start(self._next)

    def _start(self, group: MoveGroup) -> None:
        self._next = MoveGroup(self)
        group.has_started = True
        self.changed.notify_all()

    def _set(self, *, started: int = 0, capacity: int | None = None) -> None:
        with self.changed:
            self._in_progress += started
            self._capacity = self._capacity if capacity is None else capacity
            self.changed.notify_all()
