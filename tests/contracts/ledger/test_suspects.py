"""Documents that are being read, and those whose run died meanwhile."""

import pytest

from pipeline.model import Outcome, Status
from pipeline.ports import COOLING_TIME, MAX_DEATHS, Ledger, Suspect
from tests.contracts.ledger.builders import a_ref
from tests.fakes.clock import FakeClock

REF = a_ref()


def die(ledger: Ledger, run_id: str, *, fingerprint: str = "f1") -> None:
    """Read the document in a run that dies meanwhile, alone if it is a suspect."""
    suspect = ledger.files.suspects([REF.version], run_id).get(REF.version)
    ledger.files.reading_began(REF.version, run_id, fingerprint=fingerprint, suspect=suspect)


def suspect(ledger: Ledger) -> Suspect | None:
    """Return what a new run suspects of the document."""
    return ledger.files.suspects([REF.version, "unknown"], "new").get(REF.version)


def test_what_was_being_read_when_a_run_died_is_a_suspect(ledger: Ledger, clock: FakeClock):
    """Only a reading that has begun and not ended makes a suspect; the first death counts nothing."""
    ledger.files.reading_began("other", "run-1", fingerprint="f1")
    die(ledger, "run-1")
    ledger.files.reading_ended("other", "run-1")

    assert suspect(ledger) == Suspect(0, "f1", clock.now())
    assert ledger.files.suspects(["other"], "new") == {}


def test_what_a_living_run_reads_is_no_suspect(ledger: Ledger):
    """Neither a run's own readings nor those of a worker that lives are suspects."""
    ledger.leases.join("alive", ttl_s=600)
    ledger.files.reading_began(REF.version, "alive", fingerprint="f1")
    ledger.files.reading_began("own", "new", fingerprint="f1")

    assert ledger.files.suspects([REF.version, "own"], "new") == {}


def test_what_a_dead_worker_read_is_a_suspect(ledger: Ledger):
    """Once a worker is known to be dead, what it was reading is a suspect."""
    ledger.leases.join("dead", ttl_s=0)
    ledger.files.reading_began(REF.version, "dead", fingerprint="f1")

    ledger.leases.live_workers()

    assert suspect(ledger) is not None


def test_only_deaths_of_a_suspect_count(ledger: Ledger):
    """Each death after the first one happened while it was read alone."""
    deaths = []
    for number in range(3):
        die(ledger, f"run-{number}")
        found = suspect(ledger)
        deaths.append(found.deaths if found else None)

    assert deaths == [0, 1, 2]


def test_a_reading_that_ends_without_a_finding_clears_nobody(ledger: Ledger):
    """A suspect whose reading was stopped stays one, with the deaths it had."""
    die(ledger, "run-1")
    die(ledger, "run-2")
    before = suspect(ledger)
    ledger.files.reading_began(REF.version, "run-3", fingerprint="f1", suspect=before)

    ledger.files.reading_ended(REF.version, "run-3")

    assert suspect(ledger) == before
    ledger.files.clear_suspects([REF.version])
    assert suspect(ledger) is None


def test_nobody_ends_the_reading_of_another_run(ledger: Ledger):
    """A process that was treated as dead and wakes does not hide what another one is reading now."""
    die(ledger, "asleep")
    die(ledger, "run-2")

    ledger.files.reading_ended(REF.version, "asleep")
    ledger.files.excuse_readings("asleep")

    found = suspect(ledger)
    assert found is not None
    assert found.deaths == 1


@pytest.mark.parametrize("way", ["excused", "left"])
def test_a_run_that_is_stopped_suspects_nothing(ledger: Ledger, way: str):
    """What is being read when a run is asked to stop, or leaves, is no suspect if it is killed then."""
    ledger.leases.join("run-1", ttl_s=600)
    ledger.files.reading_began(REF.version, "run-1", fingerprint="f1")

    if way == "excused":
        ledger.files.excuse_readings("run-1")
    ledger.leases.leave("run-1")

    assert suspect(ledger) is None


def test_another_fingerprint_counts_from_zero(ledger: Ledger):
    """A reader that reads otherwise starts from no deaths, but reads the suspect alone, too."""
    die(ledger, "run-1")
    die(ledger, "run-2")
    die(ledger, "run-3", fingerprint="f2")

    found = suspect(ledger)

    assert found is not None
    assert (found.deaths, found.fingerprint) == (1, "f2")


def quarantine(ledger: Ledger) -> None:
    """Let runs die over the document until it is quarantined."""
    ledger.files.seen([REF], "run-0")
    for number in range(1 + MAX_DEATHS):
        die(ledger, f"run-{number}")
    ledger.files.finish(Outcome(REF, Status.REJECTED, "quarantined", quarantined=True), "run-9")


def test_a_quarantined_version_is_finished(ledger: Ledger):
    """It needs no work for now, and says that it is quarantined."""
    quarantine(ledger)

    state = ledger.files.state(REF.version)

    assert ledger.files.finished([REF.version]) == {REF.version}
    assert ledger.files.released_from_quarantine([REF.version, "unknown"], "f1") == set()
    assert state is not None
    assert state.outcome is not None
    assert state.outcome.quarantined


def test_another_fingerprint_releases_from_quarantine(ledger: Ledger):
    """It is released once documents are read otherwise, also after a death under the new fingerprint."""
    quarantine(ledger)

    first = ledger.files.released_from_quarantine([REF.version], "f2")
    die(ledger, "run-10", fingerprint="f2")

    assert first == {REF.version}
    assert ledger.files.released_from_quarantine([REF.version], "f2") == {REF.version}


def test_time_releases_from_quarantine_for_one_reading(ledger: Ledger, clock: FakeClock):
    """After the cooling time it is read once; if the run dies again, the time starts again."""
    quarantine(ledger)
    clock.advance(COOLING_TIME.total_seconds() - 1)
    too_early = ledger.files.released_from_quarantine([REF.version], "f1")
    clock.advance(1)

    released = ledger.files.released_from_quarantine([REF.version], "f1")
    die(ledger, "run-10")

    assert (too_early, released) == (set(), {REF.version})
    assert ledger.files.released_from_quarantine([REF.version], "f1") == set()


def test_a_quarantined_version_that_was_cleared_is_released(ledger: Ledger):
    """Nothing stays quarantined of which nothing is suspected."""
    quarantine(ledger)

    ledger.files.clear_suspects([REF.version])

    assert ledger.files.released_from_quarantine([REF.version], "f1") == {REF.version}
