"""Children that are lent from run to run, with documents that do what they should not."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from pipeline.model import Findings, ReadStatus
from processors.sandbox.lender import Lendable, Lender, Offer
from processors.sandbox.reader import SandboxedReader
from tests.hostile.children import deeds
from tests.hostile.children.conftest import LAYERS, LIMITS, doing
from tests.support.samples import sampled


@dataclass
class Host:
    """A lender, and the runs that ask it."""

    lender: Lender
    layers: str
    folder: Path
    started: list[psutil.Process]
    loans: list[int]
    """The number of documents that a child had read before, for each time that one was lent."""

    def run(self, *documents: str, owner: str = "ours") -> list[Findings]:
        """Read documents in a run of their own."""
        with self.reader(owner) as reader:
            read = doing(reader, self.folder)
            return [read(*document.split()) for document in documents]

    def reader(self, owner: str = "ours") -> SandboxedReader:
        """Return the reader of a run."""
        return _reader(self.layers, owner, self.lender.path)


def _reader(layers: str, owner: str, lender: Path | None) -> SandboxedReader:
    without = LAYERS[layers]
    return SandboxedReader(
        limits=LIMITS, workers=1, job=deeds.does, without=without, lender=lender, owner=owner
    )


class _Never:
    def cancel(self) -> None:
        """Nothing was to be done."""


@contextmanager
def hosting(layers: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Lend children to runs; each that is started is noted, and each time that one is lent."""
    started: list[psutil.Process] = []
    loans: list[int] = []
    with _reader(layers, "ours", None) as reader:

        def offer() -> Offer:
            offered = reader.offer()

            def start() -> Lendable:
                child = offered.start()
                started.append(psutil.Process(child.state().pid))
                parts = child.parts

                def noted() -> tuple[int, ...]:
                    loans.append(child.state().documents)
                    return parts()

                monkeypatch.setattr(child, "parts", noted)
                return child

            return replace(offered, start=start)

        with Lender(offer, later=lambda _: _Never()) as lender:
            yield Host(lender, layers, folder, started, loans)
    assert not [one for one in started if one.is_running()]


@pytest.fixture(params=sampled(list(LAYERS), sample=["everything"]))
def host(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    """A host under some layers."""
    with hosting(request.param, tmp_path, monkeypatch) as host:
        yield host


def test_runs_share_a_child_and_see_nothing_of_each_others_documents(host: Host):
    """One child reads for both; between them it is stopped, and its folder is empty."""
    (first,) = host.run("innocent")
    (own,) = [Path(name) for name in _folders(host.started[0])]
    left = list(own.iterdir())
    (second,) = host.run("look_at /")

    assert (first.text, second.status) == ("innocent", ReadStatus.OK)
    assert len(host.started) == 1
    assert host.loans == [0, 1]
    assert left == []


def test_a_document_that_poisons_a_lent_child_harms_no_other_run(host: Host):
    """The next run starts a child of its own when the lent one ends badly, and reads on."""
    host.run("poison crash")
    (after,) = host.run("innocent")

    assert (after.status, after.text) == (ReadStatus.OK, "innocent"), after.problems


def test_a_document_is_judged_by_a_child_of_the_runs_own(host: Host):
    """What ends a lent child is read again in a new one, and the verdict names what it did there."""
    (crashed, after) = host.run("leave_program 0.01 crash", "innocent")

    assert "exit code 3" in crashed.problems[0]
    assert (crashed.status, after.text) == (ReadStatus.CRASHED, "innocent")


def test_a_run_that_dies_takes_its_child_with_it(host: Host):
    """Nothing of a document outlives its run, whatever the child was doing."""
    pid = os.fork()
    if pid == 0:
        host.reader().granted()
        os._exit(0)
    os.waitpid(pid, 0)

    assert host.run("innocent")[0].text == "innocent"
    psutil.wait_procs(host.started[:1], 10)
    assert not host.started[0].is_running()


def test_a_lender_that_ends_stops_no_run(host: Host):
    """A run whose child is gone, or that finds no lender, goes on with its own."""
    with host.reader() as reader:
        read = doing(reader, host.folder)
        read("innocent")
        host.lender.close()

        assert read("innocent").text == "innocent"
    assert host.run("innocent")[0].text == "innocent"


def test_accounts_never_share_a_child(host: Host):
    """A run of another account with the same settings starts its own."""
    host.run("innocent")
    (other,) = host.run("innocent", owner="another")
    host.run("innocent")

    assert other.status is ReadStatus.OK
    assert len(host.started) == 1
    # The last run found it as the first one had left it.
    assert host.loans == [0, 1]


def _folders(supervisor: psutil.Process) -> list[str]:
    """Return the folder that the child of a supervisor may write to."""
    (child,) = [one for one in supervisor.children(recursive=True) if not one.children()]
    return [child.cwd()]
