import pytest

from infra.emulator import Emulator
from pipeline.source_run.selection import Selection
from tests.integration.line.accounts import (
    Line,
    SlowlyChanged,
    Source,
    archive_state,
    cli,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.line.conftest import MakeLine

pytestmark = pytest.mark.integration

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}


def test_the_first_run_of_a_source_only_plans(make_line: MakeLine):
    """A new source is read and archived, and nothing is written; the next run writes without another download."""
    line = make_line(Source(confirm="first"), files=FILES)

    planned, nothing = line.run(), line.writes()
    line.forget_calls()
    written = line.run()

    assert (planned.planned_only, nothing) == (3, [])
    assert (written.document["documents"]["done"], line.downloads(), len(line.writes())) == (
        3,
        0,
        6,
    )


def test_yes_writes_at_once(make_line: MakeLine):
    """With --yes a new source is written in its first run."""
    line = make_line(Source(confirm="first"), files=FILES)

    report = line.run(yes=True)

    assert (report.planned_only, len(line.writes())) == (0, 6)


def test_changed_settings_plan_again(make_line: MakeLine):
    """A source that writes differently than it was confirmed to only plans again."""
    line = make_line(Source(confirm="first"), files=FILES)
    line.run(limit=1)
    write_settings(
        line.config.parent, line.emulator.url, Source(confirm="first", rename="{{ company }}")
    )

    report = line.run()

    assert (report.planned_only, line.writes()) == (3, [])


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), 3),
        (Selection(records=("2",)), 1),
        (Selection(where="PK_ID > 1"), 2),
        (Selection(stale=True), 3),
    ],
    ids=["all", "record", "where", "stale"],
)
def test_reprocessing_reads_the_archive(make_line: MakeLine, selection: Selection, expected: int):
    """What is read again comes from the archive: no download, and no write where nothing changed."""
    line = make_line(files=FILES)
    line.run()
    line.forget_calls()
    reader = SlowlyChanged(line.reader)

    report = line.run(selection=selection, reader=reader)

    assert len(reader.read_names) == report.document["documents"]["done"] == expected
    assert (line.downloads(), line.writes()) == (0, [])


def test_nothing_is_stale_after_a_run(make_line: MakeLine):
    """An unchanged reader has nothing to read again."""
    line = make_line(files=FILES)
    line.run()

    report = line.run(selection=Selection(stale=True))

    assert sum(report.document["documents"].values()) == 0


def test_since_leaves_out_what_was_handled_before(make_line: MakeLine):
    """Only what was handled since a moment is read again."""
    line = make_line(files=FILES)
    line.run(limit=1)
    line.clock.advance(1000)
    moment = line.clock.now()
    line.run()

    report = line.run(selection=Selection(since=moment))

    assert report.document["documents"]["done"] == 2


def _stopped(line: Line, said: str, *arguments: str, **environment: str) -> None:
    done = cli(line.config, "run", "--json", *arguments, **environment)
    assert done.returncode == 3, done.stderr
    assert said in " ".join(done.stderr.split())
    assert line.writes() == []


def test_a_wrong_secret_stops_the_run_with_a_message(make_line: MakeLine):
    """Refused credentials end the command with 3, and the secret is not shown."""
    line = make_line(files=FILES)

    done = cli(line.config, "run", "--json", CASPIO_CLIENT_SECRET="not-this-one")

    assert (done.returncode, "not-this-one" in done.stderr, done.stdout) == (3, False, "")
    assert done.stderr.strip()


def test_a_file_in_the_place_of_the_archive_stops_the_run(make_line: MakeLine):
    """Without an archive nothing is written to Caspio."""
    line = make_line(files=FILES)
    line.archive.write_text("not a folder")

    _stopped(line, "archive")


def test_a_used_up_budget_stops_the_run_and_more_of_it_resumes(make_line: MakeLine):
    """When the month's calls are used up the command ends with 3; with more of them the next run goes on."""
    line = make_line(files=FILES, caspio="monthly_calls = 5")
    done = cli(line.config, "run", "--json")
    write_settings(line.config.parent, line.emulator.url, Source())

    report = line.run()

    assert done.returncode == 3
    assert "monthly_calls" in done.stderr
    counts = report.document["documents"]
    assert counts["done"] + counts["unchanged"] == 3


def test_the_archive_may_be_a_bucket(make_line: MakeLine, swift: object):
    """The same run into S3 ends alike at Caspio, and a second run does nothing."""
    from tests.servers.swift import BUCKET, Store

    assert isinstance(swift, Store)
    archive = f'url = "s3://{BUCKET}/line"\nendpoint_url = "{swift.endpoint_url}"\nregion = "{swift.region}"'
    line = make_line(files=FILES, archive=archive)
    keys = {
        "AWS_ACCESS_KEY_ID": swift.access_key_id,
        "AWS_SECRET_ACCESS_KEY": swift.secret_access_key,
    }

    first = cli(line.config, "run", "--json", **keys)
    line.forget_calls()
    again = cli(line.config, "run", "--json", **keys)

    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    assert '"done": 3' in first.stdout
    assert (line.downloads(), line.writes()) == (0, [])


def test_an_empty_account_is_no_error(tmp_path_factory: pytest.TempPathFactory):
    """A table without records ends with 0 and leaves the archive empty."""
    folder = tmp_path_factory.mktemp("empty")
    with Emulator(seed=write_account(folder / "seed", uploads({}), {})) as emulator:
        done = cli(write_settings(folder, emulator.url, Source()), "run", "--json")

    assert done.returncode == 0, done.stderr
    assert archive_state(folder / "archive") == []
