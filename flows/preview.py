"""A dry run of `reprocess`: which records would be read again. Nothing is read, and nothing written."""

from prefect.artifacts import create_table_artifact

from flows.artifacts import artifact_key
from flows.execute import within_budget
from flows.shown import cell
from flows.wiring import Connected
from pipeline.batch import Selection, selected_work
from pipeline.budget import Lane
from pipeline.run import Job

MOST_ROWS = 500
"""Files in the table; all are counted."""


def leave_selection(connected: Connected, job: Job, selection: Selection) -> int:
    """Leave a table of the selected files with the run, and return how many there are."""
    connected.spending.lane = Lane.REPROCESS
    rows: list[dict[str, str]] = []
    files = records = 0
    for work in within_budget(connected, selected_work(job, selection)):
        records += 1
        files += len(work.files)
        for ref in work.files[: MOST_ROWS - len(rows)]:
            record = f"{ref.record.container} {ref.record.pk}" if ref.record else (ref.path or "")
            rows.append({"record": cell(record), "field": cell(ref.field), "file": cell(ref.name)})
    create_table_artifact(
        table=rows,
        key=artifact_key("selection", job.spec.name),
        description=f"{job.spec.name}: {files:,} files of {records:,} records would be read again, from the archive",
    )
    return files
