import errno
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from processors.contract import Limits
from processors.sandbox import handover, lender as lending
from processors.sandbox.child_process import ChildState
from processors.sandbox.kernel.privileges import ChildIdentity
from processors.sandbox.lender import Lender
from processors.sandbox.lent_child import borrow
from tests.unit.processors.sandbox.shop import ANOTHER, DIGEST, GRANTED, WAIT_S, Shop, asked


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """What the lender under test has."""
    return Shop(tmp_path)


@pytest.fixture
def lender(shop: Shop) -> Iterator[Lender]:
    """A lender at work."""
    with Lender(shop.offer, later=shop.later) as lender:
        yield lender


def test_a_child_that_was_returned_is_lent_to_the_next_run(lender: Lender, shop: Shop):
    """The second run gets it with what the first one knew of it."""
    with asked(lender) as first:
        assert first is not None
        first.bring_back()

    with asked(lender) as second:
        assert second is not None
        assert second.state == ChildState(1, 1, ChildIdentity(7, 8), GRANTED)
        assert len(second.parts) == 4
    assert len(shop.children) == 1


def test_a_run_that_dies_ends_its_child(lender: Lender, shop: Shop):
    """The connection closes without a word, and the next run gets a new child."""
    with asked(lender) as run:
        assert run is not None
    assert shop.children[0].ended.wait(WAIT_S)

    with asked(lender) as another:
        assert another is not None
        assert another.state.pid == 2


def test_a_child_that_is_not_fit_any_more_is_ended(lender: Lender, shop: Shop):
    """The lender sees for itself whether a child that comes back is stopped and clean."""
    with asked(lender) as run:
        assert run is not None
        shop.children[0].is_fit = False
        run.bring_back()

    assert shop.children[0].ended.wait(WAIT_S)


def test_a_run_of_another_account_or_other_settings_gets_none(lender: Lender, shop: Shop):
    """It names another digest, starts its own child, and sees nothing of those that are kept."""
    with asked(lender, ANOTHER) as stranger:
        assert stranger is None

    assert shop.children == []


def test_after_a_change_of_settings_the_children_before_it_are_ended(lender: Lender, shop: Shop):
    """Nobody can ask for them any more."""
    with asked(lender) as run:
        assert run is not None
        run.bring_back()
    shop.offers = ANOTHER

    with asked(lender, ANOTHER) as run:
        assert run is not None
        assert run.state.pid == 2
    assert shop.children[0].ended.wait(WAIT_S)


def test_a_child_that_cannot_be_ended_keeps_no_place(lender: Lender, shop: Shop):
    """The run that meets it borrows another one, and so do those after it."""
    with asked(lender) as run:
        assert run is not None
        run.bring_back()
    shop.children[0].can_end = False
    shop.offers, shop.most = ANOTHER, 1

    with capture_logs() as logs:
        for _ in range(2):
            with asked(lender, ANOTHER) as run:
                assert run is not None
                assert run.state.pid == 2
                run.bring_back()

    assert [entry["event"] for entry in logs] == ["lender_failed"]
    shop.children[0].can_end = True
    shop.children[0].end()


def test_a_child_that_ended_while_it_rested_is_not_lent(lender: Lender, shop: Shop):
    """The system may have ended it for want of memory."""
    with asked(lender) as run:
        assert run is not None
        run.bring_back()
    shop.children[0].end()

    with asked(lender) as run:
        assert run is not None
        assert run.state.pid == 2


def test_no_more_are_lent_at_once_than_documents_are_read_at_once(lender: Lender, shop: Shop):
    """A third run starts its own."""
    with ExitStack() as stack:
        runs = [stack.enter_context(asked(lender)) for _ in range(3)]

        assert [run is not None for run in runs] == [True, True, False]
    assert len(shop.children) == 2


def test_children_that_rest_for_long_are_ended(lender: Lender, shop: Shop):
    """They have hundreds of megabytes. The time begins again with each run."""
    with asked(lender) as run:
        assert run is not None
        run.bring_back()
    with asked(lender) as run:
        assert run is not None
        run.bring_back()

    assert [timer.is_cancelled for timer in shop.timers] == [True, False]
    shop.timers[-1].call()
    assert shop.children[0].ended.is_set()


def test_a_timer_that_cannot_start_keeps_no_place(lender: Lender, shop: Shop):
    """Children are lent and returned without it, and rest until the next one is."""
    with asked(lender) as first, asked(lender) as second:
        assert first is not None
        assert second is not None
        first.bring_back()
        second.bring_back()
    shop.can_time = False

    with capture_logs() as logs, asked(lender) as run:
        assert run is not None
        run.bring_back()

    assert [entry["event"] for entry in logs] == ["lender_failed"] * 2
    shop.can_time = True
    with asked(lender) as first, asked(lender) as second:
        assert first is not None
        assert second is not None
    assert len(shop.children) == 2


def test_a_lender_that_ends_takes_its_children_with_it(shop: Shop):
    """Also those that are lent: their runs go on with children of their own."""
    with Lender(shop.offer, later=shop.later) as lender, asked(lender) as resting:
        assert resting is not None
        with asked(lender) as lent:
            assert lent is not None
            resting.bring_back()
            lender.close()

    assert all(child.ended.is_set() for child in shop.children)
    assert not lender.path.parent.exists()


def test_where_nothing_is_lent_nothing_can_be_borrowed(shop: Shop, tmp_path: Path):
    """No socket, a lender that offers nothing, or a stranger: the run starts its own."""
    shop.offers = None

    assert borrow(tmp_path / "nothing", DIGEST, limits=Limits()) is None
    with Lender(shop.offer, later=shop.later) as lender:
        assert borrow(lender.path, DIGEST, limits=Limits()) is None


def test_a_failure_to_let_somebody_in_ends_no_lender(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    """Neither too many open files nor a run that has gone keeps the next run out."""
    failures = [errno.EMFILE, errno.ECONNABORTED]
    accept = socket.socket.accept

    def failing(door: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise OSError(failures.pop(), "no")
        return accept(door)

    monkeypatch.setattr(lending, "_PAUSE_S", 0.0)
    monkeypatch.setattr(socket.socket, "accept", failing)
    with (
        capture_logs() as logs,
        Lender(shop.offer, later=shop.later) as lender,
        asked(lender) as run,
    ):
        assert run is not None
    assert [entry["event"] for entry in logs] == ["lender_failed"] * 2


def test_a_run_without_a_thread_to_answer_it_is_refused_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """It reads with a child of its own, and the next one is answered again."""
    failures = ["can't start new thread"]

    class Thread(threading.Thread):
        def start(self) -> None:
            """Fail once, but not for the lender's own thread."""
            if failures and self.name != "lender":
                raise RuntimeError(failures.pop())
            super().start()

    monkeypatch.setattr(lending, "_PAUSE_S", 0.0)
    monkeypatch.setattr(threading, "Thread", Thread)
    with Lender(shop.offer, later=shop.later) as lender:
        with asked(lender) as refused:
            assert refused is None
        with asked(lender) as run:
            assert run is not None


def test_a_lender_that_broke_down_is_not_waited_for(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    """Its socket is gone, so that each run goes on at once."""

    def broken(_door: socket.socket) -> tuple[socket.socket, object]:
        raise ValueError

    monkeypatch.setattr(socket.socket, "accept", broken)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with Lender(shop.offer, later=shop.later) as lender:
        lender._thread.join(WAIT_S)

        assert not lender.path.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a long path is refused")
def test_a_folder_with_a_long_path_stops_no_lending(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The address of a socket has 107 bytes at most, a folder for temporary files may have more."""
    use_long_folder(tmp_path, monkeypatch)

    with Lender(shop.offer, later=shop.later) as lender:
        child = borrow(lender.path, DIGEST, limits=Limits())
        assert child is not None
        child._connection.close()
        child.close()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []


def test_a_lender_without_a_socket_leaves_nothing_and_says_what_to_do(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As on a system that cannot shorten a long path: nothing is locked, or lies about."""
    use_long_folder(tmp_path, monkeypatch)
    monkeypatch.setattr(handover, "_ADDRESS_BYTES", 10_000)

    with pytest.raises(OSError, match=r"too long\. Set TMPDIR to a folder with a short path"):
        Lender(shop.offer, later=shop.later)
    assert list(Path(tempfile.gettempdir()).iterdir()) == []


def use_long_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let temporary files go to a folder whose path is no address of a socket."""
    long = folder / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))


def test_a_program_of_another_user_is_lent_nothing(
    lender: Lender, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """Even where it reaches the socket and knows the digest."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with asked(lender) as stranger:
        assert stranger is None
    assert shop.children == []
