import pytest

from flows.app.direct import work_sources
from flows.app.drain import Drain
from flows.app.run_request import RunRequest
from infra.emulator import Emulator
from pipeline.errors import StopRequested
from pipeline.source_run.selection import Selection
from tests.fakes.clock import RunningClock
from tests.fakes.reader import ReaderAround
from tests.integration.pipeline.accounts import (
    Source,
    fields,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import SlowlyChanged, Workspace, archive_state, cli

pytestmark = pytest.mark.integration

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}


def test_the_first_run_of_a_source_only_plans(make_workspace: MakeWorkspace):
    """A new source is read and archived, and nothing is written; the next run writes without another download."""
    workspace = make_workspace(Source(confirm="first"), files=FILES)
    workspace.clock = RunningClock()  # or the dates of renamed files would leave doubt

    planned, nothing = workspace.run(), workspace.writes()
    workspace.forget_calls()
    written = workspace.run()

    assert (planned.planned_only, nothing) == (3, [])
    assert (
        written.document["documents"]["done"],
        workspace.downloads(),
        len(workspace.writes()),
    ) == (
        3,
        0,
        6,
    )


def test_an_interrupted_first_run_confirms_nothing(make_workspace: MakeWorkspace):
    """A source that was planned before the run was stopped is planned again: nobody saw its plan."""
    names = ["bills", "papers", "forms"]
    tables = {
        name: {
            "fields": fields(Scan="ATTACHMENT"),
            "records": [{"PK_ID": 1, "Scan": f"{name}.txt"}],
        }
        for name in names
    }
    workspace = make_workspace(
        *(Source({"table": name}, name=name, confirm="first") for name in names),
        account={"tables": tables},
        files={f"{name}.txt": receipt(number) for number, name in enumerate(names, start=1)},
    )
    drain, read = Drain(), list[str]()

    def note(name: str) -> None:
        read.append(name)
        drain.requested = len(read) == 2

    workspace.reader = ReaderAround(workspace.reader, note)
    with workspace.connecting(drain) as context, pytest.raises(StopRequested):
        work_sources(context, sources=(), request=RunRequest())

    again = workspace.run()

    assert read == ["bills.txt", "papers.txt", "forms.txt"]
    assert (again.planned_only, workspace.writes()) == (3, [])
    assert workspace.run().document["documents"]["done"] == len(names)


def test_yes_writes_at_once(make_workspace: MakeWorkspace):
    """With --yes a new source is written in its first run."""
    workspace = make_workspace(Source(confirm="first"), files=FILES)

    report = workspace.run(yes=True)

    assert (report.planned_only, len(workspace.writes())) == (0, 6)


def test_changed_settings_plan_again(make_workspace: MakeWorkspace):
    """A source that writes differently than it was confirmed to only plans again."""
    workspace = make_workspace(Source(confirm="first"), files=FILES)
    workspace.run(limit=1)
    write_settings(
        workspace.config.parent,
        workspace.emulator.url,
        Source(confirm="first", rename="{{ company }}"),
    )

    report = workspace.run()

    assert (report.planned_only, workspace.writes()) == (3, [])


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
def test_reprocessing_reads_the_archive(
    make_workspace: MakeWorkspace, selection: Selection, expected: int
):
    """What is read again comes from the archive: no download, and no write where nothing changed."""
    workspace = make_workspace(files=FILES)
    workspace.run()
    workspace.forget_calls()
    reader = SlowlyChanged(workspace.reader)

    report = workspace.run(selection=selection, reader=reader)

    assert len(reader.read_names) == report.document["documents"]["done"] == expected
    assert (workspace.downloads(), workspace.writes()) == (0, [])


def test_nothing_is_stale_after_a_run(make_workspace: MakeWorkspace):
    """An unchanged reader has nothing to read again."""
    workspace = make_workspace(files=FILES)
    workspace.run()

    report = workspace.run(selection=Selection(stale=True))

    assert sum(report.document["documents"].values()) == 0


def test_since_leaves_out_what_was_handled_before(make_workspace: MakeWorkspace):
    """Only what was handled since a moment is read again."""
    workspace = make_workspace(files=FILES)
    workspace.run(limit=1)
    workspace.clock.advance(1000)
    moment = workspace.clock.now()
    workspace.run()

    report = workspace.run(selection=Selection(since=moment))

    assert report.document["documents"]["done"] == 2


def _stopped(workspace: Workspace, said: str, *arguments: str, **environment: str) -> None:
    done = cli(workspace.config, "run", "--json", *arguments, **environment)
    assert done.returncode == 3, done.stderr
    assert said in " ".join(done.stderr.split())
    assert workspace.writes() == []


def test_a_wrong_secret_stops_the_run_with_a_message(make_workspace: MakeWorkspace):
    """Refused credentials end the command with 3, and the secret is not shown."""
    workspace = make_workspace(files=FILES)

    done = cli(workspace.config, "run", "--json", CASPIO_CLIENT_SECRET="not-this-one")

    assert (done.returncode, "not-this-one" in done.stderr, done.stdout) == (3, False, "")
    assert done.stderr.strip()


def test_a_file_in_the_place_of_the_archive_stops_the_run(make_workspace: MakeWorkspace):
    """Without an archive nothing is written to Caspio."""
    workspace = make_workspace(files=FILES)
    workspace.archive.write_text("not a folder")

    _stopped(workspace, "archive")


def test_a_used_up_budget_stops_the_run_and_more_of_it_resumes(make_workspace: MakeWorkspace):
    """When the month's calls are used up the command ends with 3; with more of them the next run goes on."""
    workspace = make_workspace(files=FILES, caspio="monthly_calls = 5")
    done = cli(workspace.config, "run", "--json")
    write_settings(workspace.config.parent, workspace.emulator.url, Source())

    report = workspace.run()

    assert done.returncode == 3
    assert "monthly_calls" in done.stderr
    counts = report.document["documents"]
    assert counts["done"] + counts["unchanged"] == 3


@pytest.mark.full
def test_the_archive_may_be_a_bucket(make_workspace: MakeWorkspace, swift: object):
    """The same run into S3 ends alike at Caspio, and a second run does nothing."""
    from tests.servers.swift import BUCKET, Store

    assert isinstance(swift, Store)
    archive = f'url = "s3://{BUCKET}/line"\nendpoint_url = "{swift.endpoint_url}"\nregion = "{swift.region}"'
    workspace = make_workspace(files=FILES, archive=archive)
    keys = {
        "AWS_ACCESS_KEY_ID": swift.access_key_id,
        "AWS_SECRET_ACCESS_KEY": swift.secret_access_key,
    }

    first = cli(workspace.config, "run", "--json", **keys)
    workspace.forget_calls()
    again = cli(workspace.config, "run", "--json", **keys)

    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    assert '"done": 3' in first.stdout
    assert (workspace.downloads(), workspace.writes()) == (0, [])


def test_an_empty_account_is_no_error(tmp_path_factory: pytest.TempPathFactory):
    """A table without records ends with 0 and leaves nothing in the archive but whose it is."""
    folder = tmp_path_factory.mktemp("empty")
    with Emulator(seed=write_account(folder / "seed", uploads({}), {})) as emulator:
        done = cli(write_settings(folder, emulator.url, Source()), "run", "--json")

    assert done.returncode == 0, done.stderr
    assert archive_state(folder / "archive") == ["owner.txt"]
