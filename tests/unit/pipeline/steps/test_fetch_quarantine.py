from pathlib import Path

import pytest

from pipeline.errors import ArchiveUnavailable
from pipeline.model import Findings, Status
from tests.fakes.reader import FakeReader
from tests.unit.pipeline.world import World


class Killed(BaseException):
    """Represents a process that is gone: nothing after it runs."""


class DeadlyReader(FakeReader):
    """Kills whoever reads with it."""

    def read(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Never return."""
        del path, name, work_dir
        self.reads += 1
        raise Killed


def killed(world: World, times: int) -> None:
    """Run a source so often, and be killed each time."""
    world.reader = DeadlyReader()
    for _ in range(times):
        with pytest.raises(Killed):
            world.run()


def test_a_file_that_kills_three_times_is_quarantined(world: World):
    """The fourth run leaves such a file alone, says why, and the fifth has nothing to do."""
    world.receipt("1", "doc_type=receipt")
    killed(world, 3)

    (outcome,) = world.run()

    assert outcome.status is Status.REJECTED
    assert outcome.quarantined
    assert "started 3 times" in outcome.reason
    assert world.run() == []
    assert world.reader.reads == 3


def test_another_way_of_reading_releases_it(world: World):
    """When the fingerprint changes, a quarantined file is taken up again by itself."""
    world.receipt("1", "doc_type=receipt")
    killed(world, 3)
    world.run()
    world.reader = FakeReader(version="2")

    (outcome,) = world.run()

    assert outcome.status is Status.DONE


def test_two_kills_are_bad_luck(world: World):
    """A file that is read in the end was never a danger."""
    world.receipt("1", "doc_type=receipt")
    killed(world, 2)
    world.reader = FakeReader()

    (outcome,) = world.run()

    assert outcome.status is Status.DONE


def test_a_stopped_run_counts_against_no_file(world: World):
    """An archive that is away for days quarantines nothing."""
    world.receipt("1", "doc_type=receipt")
    world.archive.down = "The archive is away. Wait."
    for _ in range(4):
        with pytest.raises(ArchiveUnavailable):
            world.run()
    world.archive.down = ""

    (outcome,) = world.run()

    assert outcome.status is Status.DONE
