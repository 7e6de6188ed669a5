import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.errors import LedgerUnavailable, RejectFile
from pipeline.moves import MOVED_TOGETHER, MoveGroup, MoveGroups

WAIT_S = 120
SOON_S = 50  # below LONGEST_WAIT_S


class Asked:
    """Answers questions about paths; `refuses` are the errors to raise for several or any at once."""

    def __init__(self, *, several: Exception | None = None, any_: Exception | None = None) -> None:
        self.questions: list[Sequence[str]] = []
        self._several, self._any = several, any_

    def __call__(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Answer."""
        self.questions.append(paths)
        if self._several and len(paths) > 1:
            raise self._several
        if self._any:
            raise self._any
        return {path: f"about {path}" for path in paths}


def move_all(
    paths: Sequence[str], move: Callable[[MoveGroup, str], object], *, capacity: int = 0
) -> list[object]:
    """Let each path be moved in a thread of its own, one at a time; return results and errors."""
    moves = MoveGroups()
    moves.open(threads=1)

    def one(path: str) -> object:
        try:
            with moves.working(), moves.joined(path) as group:
                return move(group, path)
        except Exception as error:  # noqa: BLE001 - a result like any other
            return error
        finally:
            moves.ended()

    with ThreadPoolExecutor(len(paths)) as pool, moves.feeding(capacity=capacity):
        for _ in paths:
            moves.started()
        futures = [pool.submit(one, path) for path in paths]
        return [future.result(WAIT_S) for future in futures]


def test_one_question_is_asked_for_a_group():
    """The last one to come to a question asks for all, and each gets its own answer."""
    asked = Asked()

    answers = move_all(["/a", "/b", "/c"], lambda group, path: group.ask("q", path, asked))

    assert answers == ["about /a", "about /b", "about /c"]
    assert [sorted(paths) for paths in asked.questions] == [["/a", "/b", "/c"]]


def test_a_full_group_goes_without_the_rest():
    """A group has so many moves and no more; the rest goes when nobody else can come."""
    asked = Asked()
    paths = [f"/{number}" for number in range(MOVED_TOGETHER + 1)]

    move_all(paths, lambda group, path: group.ask("q", path, asked))

    assert sorted(map(len, asked.questions)) == [1, MOVED_TOGETHER]


def test_one_that_leaves_is_not_waited_for():
    """A move that failed, or has nothing more to do, holds no other one up."""
    asked = Asked()

    def move(group: MoveGroup, path: str) -> object:
        if path == "/b":
            raise ValueError(path)
        return group.ask("q", path, asked)

    answers = move_all(["/a", "/b", "/c"], move)

    assert [answers[0], answers[2]] == ["about /a", "about /c"]
    assert isinstance(answers[1], ValueError)


def test_what_is_refused_of_several_is_asked_alone():
    """One bad path is the failure of its own move."""
    asked = Asked(several=RejectFile("too many"))

    answers = move_all(["/a", "/b"], lambda group, path: group.ask("q", path, asked))

    assert answers == ["about /a", "about /b"]
    assert len(asked.questions) == 3


def test_an_error_of_a_shared_question_is_an_error_of_each():
    """Nobody goes on without an answer, and nobody waits for one that does not come."""
    asked = Asked(any_=LedgerUnavailable("down"))

    answers = move_all(["/a", "/b"], lambda group, path: group.ask("q", path, asked))

    assert [type(answer) for answer in answers] == [LedgerUnavailable, LedgerUnavailable]


def test_a_file_is_moved_by_one_record_at_a_time():
    """Two records may name the same file, in whatever case: the second comes when the first is done."""
    under_way: list[str] = []
    most: list[int] = []
    lock = threading.Lock()

    def move(group: MoveGroup, path: str) -> object:
        with lock:
            under_way.append(path)
            most.append(len(under_way))
        answer = group.ask("q", path, Asked())
        with lock:
            under_way.remove(path)
        return answer

    answers = move_all(["/In/a.pdf", "/in/A.PDF"], move)

    assert answers == ["about /In/a.pdf", "about /in/A.PDF"]
    assert max(most) == 1


def test_more_records_are_waited_for_while_they_come():
    """A group that is not full goes once no more records come, not before."""
    moves, asked = MoveGroups(), Asked()
    moves.open(threads=2)

    def one(path: str) -> object:
        with moves.working(), moves.joined(path) as group:
            return group.ask("q", path, asked)

    with ThreadPoolExecutor(2) as pool:
        with moves.feeding(capacity=5):
            moves.started()
            first = pool.submit(one, "/a")
            with pytest.raises(TimeoutError):
                first.result(0.05)
            moves.started()
            second = pool.submit(one, "/b")
        assert [first.result(WAIT_S), second.result(WAIT_S)] == ["about /a", "about /b"]

    assert len(asked.questions) == 1


def test_a_move_without_others_goes_at_once():
    """A record that is processed alone waits for nobody."""
    asked = Asked()

    with MoveGroups().joined("/a") as group:
        assert group.ask("q", "/a", asked) == "about /a"


def test_records_without_a_thread_are_not_waited_for():
    """Where all threads are taken by records of one file, its move goes: nobody else can come."""
    moves, asked = MoveGroups(), Asked()
    moves.open(threads=1, waiting=2)

    def one() -> object:
        try:
            with moves.working(), moves.joined("/a") as group:
                return group.ask("q", "/a", asked)
        finally:
            moves.ended()

    with ThreadPoolExecutor(3) as pool, moves.feeding(capacity=5):
        for _ in range(5):
            moves.started()
        futures = [pool.submit(one) for _ in range(5)]
        first = futures[0].result(SOON_S)
    assert [first, *(future.result(SOON_S) for future in futures)] == ["about /a"] * 6
