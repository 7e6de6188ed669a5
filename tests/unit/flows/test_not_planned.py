from flows.app.not_planned import not_planned
from pipeline.metering.summary import Summary
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status


def outcome(status: Status, reason: str = "") -> Outcome:
    """Return the outcome of one file."""
    record = RecordRef("Receipts", "7")
    ref = FileRef("receipts", Place.ATTACHMENT, "Receipts", "Scan", record, "a.pdf", 9, "")
    return Outcome(ref, status, reason)


def test_each_reason_to_leave_something_out_is_said():
    """Unchanged, leased elsewhere, a stopped source, a limit and what failed: nothing vanishes."""
    summary = Summary("run")
    for status in (Status.UNCHANGED, Status.UNCHANGED, Status.DONE, Status.PARTIAL):
        summary.add(outcome(status))
    summary.add(outcome(Status.REJECTED, "encrypted"))
    summary.leased_elsewhere = 1
    summary.stopped["papers"] = ["source 'papers': column 'Total' does not exist."]

    left_out = not_planned(summary, limit=10)

    assert [reason.partition(", and no")[0] for reason in left_out.reasons] == [
        "Stopped: source 'papers': column 'Total' does not exist.",
        "Unchanged: 2 files were finished by an earlier run",
        "Leased elsewhere: another worker has 1 file; what it leaves is in the next plan.",
        "Beyond the limit: of each source 10 records with new or changed files were looked at",
    ]
    assert [(one.status, one.reason) for one in left_out.outcomes] == [
        (Status.REJECTED, "encrypted")
    ]


def test_a_plan_of_everything_leaves_nothing_out():
    """Where all was planned, there is nothing to say."""
    summary = Summary("run")
    summary.add(outcome(Status.DONE))

    left_out = not_planned(summary, limit=None)

    assert (left_out.reasons, left_out.outcomes) == ((), ())
