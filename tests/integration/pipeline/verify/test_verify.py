import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.app.verify import Verified, rebuild, verify
from pipeline.model import Effect, EffectKind, Status
from pipeline.settings import load_settings
from pipeline.verify.differences import DifferenceKind
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, fields, uploads
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.plans.test_apply import EVERYWHERE, SOURCES, THREE
from tests.integration.pipeline.verify.receipts import FILES, PLAIN, RENAME, SOURCE, document, kinds
from tests.integration.pipeline.workspace import Workspace, cli

pytestmark = pytest.mark.integration


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """Four receipts, read, renamed and written."""
    made = make_workspace(SOURCE, files=FILES)
    made.reader = FakeReader()
    made.run()
    made.forget_calls()
    return made


def compare(workspace: Workspace, *, repair: bool = False, limit: int | None = None) -> Verified:
    """Run `verify`."""
    workspace.clock.advance(1)
    with workspace.context() as context:
        return verify(context, repair=repair, limit=limit)


def originals(workspace: Workspace) -> list[Path]:
    """Return the archived originals."""
    return sorted(path for path in workspace.archive.glob("originals/**/*") if path.is_file())


def damage(path: Path) -> None:
    """Change a stored file as a failing disk does."""
    path.chmod(0o600)
    path.write_bytes(b"X" + path.read_bytes()[1:])


def test_nothing_differs_after_a_run(workspace: Workspace):
    """What a run left is found as it was left, and nothing is written anywhere."""
    before = workspace.end_state()

    report = compare(workspace)

    assert (kinds(report), report.files, report.harm) == ({}, 4, 0)
    assert workspace.writes() == []
    assert workspace.end_state() == before


def test_the_cost_is_forecast(workspace: Workspace):
    """The calls reported beforehand are about those that are made."""
    report = compare(workspace)

    assert workspace.calls() <= report.expected_calls <= workspace.calls() + 3


def test_the_cost_of_every_kind_of_source_is_forecast(make_workspace: MakeWorkspace):
    """Attachment fields, paths, folders with their walk, and the tables that a folder asks: all are in the forecast."""
    files = {name: document(number) for number, name in enumerate(THREE)}
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=files)
    workspace.reader = FakeReader()
    workspace.run()
    workspace.forget_calls()

    report = compare(workspace)

    assert workspace.calls() <= report.expected_calls <= 1.3 * workspace.calls()


def test_each_difference_has_its_name(workspace: Workspace, tmp_path: Path):
    """What people, disks and killed runs have done is distinguished."""
    control = workspace.emulator.control
    newer, renamed = tmp_path / "newer.txt", tmp_path / "as a user wants.txt"
    newer.write_bytes(document(1234))
    renamed.write_bytes(document(4))
    control.edit("Uploads", 1, {"Total": 99})
    control.replace_attachment("Uploads", "Scan", 2, newer)
    control.replace_attachment("Uploads", "Scan", 4, renamed)
    damage(originals(workspace)[0])
    originals(workspace)[1].unlink()
    next(workspace.archive.glob("documents/uploads/3/**/text.txt")).unlink()
    (workspace.archive / "originals/sha256/ff/ff").mkdir(parents=True)
    (workspace.archive / "originals/sha256/ff/ff" / ("f" * 64)).write_bytes(b"stray")
    version = next(iter(workspace.states().values())).version
    with workspace.ledger() as ledger:
        ledger.effects.intend(
            Effect(
                EffectKind.UPDATE_COLUMNS, version, "Uploads", "1", before={}, after={"Total": 1}
            ),
            "dead",
        )

    report = compare(workspace)

    assert set(report.counts) >= {
        DifferenceKind.VALUE,
        DifferenceKind.NEW,
        DifferenceKind.NAME,
        DifferenceKind.ORIGINAL_DAMAGED,
        DifferenceKind.ORIGINAL_MISSING,
        DifferenceKind.DERIVED_MISSING,
        DifferenceKind.UNKNOWN_ORIGINAL,
        DifferenceKind.OPEN,
    }
    assert len(report.left) == report.harm > 0


def test_repair_fetches_reads_again_and_settles(workspace: Workspace):
    """Missing and damaged originals, lost derived files and open effects are repaired, and Caspio is not written to."""
    damage(originals(workspace)[0])
    originals(workspace)[1].unlink()
    shutil.rmtree(workspace.archive / "documents/uploads/3")
    version = next(iter(workspace.states().values())).version
    with workspace.ledger() as ledger:
        ledger.effects.intend(
            Effect(
                EffectKind.UPDATE_COLUMNS, version, "Uploads", "1", before={}, after={"Total": 1}
            ),
            "dead",
        )

    report = compare(workspace, repair=True)

    assert (report.harm, report.left) == (0, [])
    assert {difference.kind for difference, _ in report.repaired} >= {
        DifferenceKind.ORIGINAL_DAMAGED,
        DifferenceKind.ORIGINAL_MISSING,
    }
    assert workspace.writes() == []
    assert kinds(compare(workspace)) == {}
    with workspace.ledger() as ledger:
        assert len(ledger.effects.repairs(report.run_id)) == len(report.repaired)


def test_an_original_whose_bytes_caspio_no_longer_has_is_left_to_a_user(
    workspace: Workspace, tmp_path: Path
):
    """Other bytes are never stored in the place of a lost original; the plan says what to do."""
    newer = tmp_path / "newer.txt"
    newer.write_bytes(document(9))
    workspace.emulator.control.replace_attachment("Uploads", "Scan", 1, newer)
    lost = next(
        s.sha256 for s in workspace.states().values() if s.ref.record and s.ref.record.pk == "1"
    )
    next(path for path in originals(workspace) if path.name == lost).unlink()

    report = compare(workspace, repair=True)

    assert report.harm == 1
    assert "backup" in report.left[0][1]
    assert not any(path.name == lost for path in originals(workspace))


def test_verify_goes_on_where_it_stopped(workspace: Workspace):
    """In portions every file is looked at once, and the end is known."""
    portions = [compare(workspace, limit=3), compare(workspace, limit=3)]

    assert [(report.files, report.complete, report.resumed) for report in portions] == [
        (3, False, False),
        (1, True, True),
    ]
    assert kinds(portions[1]) == {}


def test_a_lost_ledger_is_rebuilt_from_the_archive(workspace: Workspace):
    """Rebuilt from manifests alone, the ledger finds nothing new and writes over nothing a user typed."""
    known = {
        location_key: (s.version, s.sha256, s.original_name, s.outcome)
        for location_key, s in workspace.states().items()
    }
    with workspace.ledger() as ledger:
        written = ledger.effects.last_written("Uploads", "1")
    workspace.emulator.control.edit("Uploads", 1, {"DocType": "typed by a user"})
    for path in workspace.config.parent.glob("ledger.db*"):
        path.unlink()

    rebuilt = rebuild(load_settings(workspace.config))
    report = workspace.run(yes=True)

    assert (rebuilt.documents, rebuilt.unreadable) == (4, ())
    assert {
        location_key: (s.version, s.sha256, s.original_name, s.outcome)
        for location_key, s in workspace.states().items()
    } == known
    assert report.document["documents"]["unchanged"] == 4
    assert (workspace.writes(), workspace.downloads()) == ([], 0)
    with workspace.ledger() as ledger:
        assert ledger.effects.last_written("Uploads", "1") == written
    assert rebuild(load_settings(workspace.config)).documents == 0


def test_a_rebuilt_ledger_has_no_open_renames(make_workspace: MakeWorkspace):
    """The first comparison after a rebuild is green: the archive knows which names a listing has shown."""
    # The first name in a field is looked at at once, those after it by the next listing.
    workspace = make_workspace(Source(rename=RENAME), files=FILES)
    workspace.reader = FakeReader()
    workspace.run(yes=True)
    assert kinds(compare(workspace)) == {}
    for path in workspace.config.parent.glob("ledger.db*"):
        path.unlink()

    rebuilt = rebuild(load_settings(workspace.config))

    assert rebuilt.effects > 0
    assert kinds(compare(workspace)) == {}


def test_a_rebuilt_ledger_knows_our_values_from_a_users(workspace: Workspace):
    """After a rebuild, values this program wrote may be replaced where that is allowed; a user's may not."""
    control = workspace.emulator.control
    control.edit("Uploads", 1, {"DocType": "typed by a user"})
    for path in workspace.config.parent.glob("ledger.db*"):
        path.unlink()
    rebuild(load_settings(workspace.config))
    reader = _Otherwise()

    workspace.run(yes=True, selection=_everything(), reader=reader)

    rows = {row["PK_ID"]: row for row in control.dump()["tables"]["Uploads"]}
    assert rows[1]["DocType"] == "typed by a user"
    assert rows[2]["DocType"] == "invoice"


def test_what_was_undone_stays_undone_after_a_rebuild(make_workspace: MakeWorkspace):
    """A ledger rebuilt after an undo knows names, values and whose they are as the lost one did."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    run = str(workspace.run().document["run_id"])
    workspace.undo(run)
    workspace.run()  # a listing shows what the undo's renames left
    known = workspace.ends()
    with workspace.ledger() as ledger:
        written = ledger.effects.last_written("Uploads", "1")
    for path in workspace.config.parent.glob("ledger.db*"):
        path.unlink()
    workspace.forget_calls()

    rebuild(load_settings(workspace.config))

    assert workspace.run(yes=True).document["documents"]["unchanged"] == 3
    assert (workspace.writes(), workspace.ends()) == ([], known)
    with workspace.ledger() as ledger:
        assert ledger.effects.last_written("Uploads", "1") == written
    assert kinds(compare(workspace)) == {}


def _everything() -> Any:
    from pipeline.source_run.selection import Selection

    return Selection()


class _Otherwise(FakeReader):
    """Reads every receipt as an invoice."""

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Any:
        """Read."""
        path.write_bytes(path.read_bytes().replace(b"receipt", b"invoice"))
        return super().findings(path, name=name, work_dir=work_dir)


def test_files_in_the_files_area_survive_a_rebuild(make_workspace: MakeWorkspace):
    """Moved files and inserted index rows are known after a rebuild, too."""
    account = {
        "tables": {
            "Papers": {
                "fields": fields(File="FILE"),
                "records": [{"PK_ID": 1, "File": "/In/one.txt"}],
            },
            "Found": {"fields": fields(Path="STRING"), "records": []},
        },
        "files": {"/In/one.txt": "one.txt", "/In/two.txt": "two.txt"},
    }
    files = {"one.txt": document(1), "two.txt": document(2)}
    source = Source(
        {"folder": "/In"},
        index={"table": "Found", "path_column": "Path"},
        rename=RENAME,
        columns=SOURCE.columns,
    )
    workspace = make_workspace(source, account=account, files=files)
    workspace.reader = FakeReader()
    workspace.run()
    workspace.forget_calls()
    for path in workspace.config.parent.glob("ledger.db*"):
        path.unlink()

    rebuild(load_settings(workspace.config))

    assert workspace.run(yes=True).document["documents"]["unchanged"] == 2
    assert workspace.writes() == []
    assert kinds(compare(workspace)) == {}


@pytest.mark.full
def test_the_command_says_what_differs_and_ends_with_1(make_workspace: MakeWorkspace):
    """The command prints counts, a plan and its cost, and ends with 1 as long as something is to be repaired."""
    workspace = make_workspace(Source(rename=""), files={"a.txt": FILES["scan1.txt"]})
    assert cli(workspace.config, "run", "--json").returncode == 0
    originals(workspace)[0].unlink()

    broken = cli(workspace.config, "verify", "--json")
    repaired = cli(workspace.config, "verify", "--repair")
    again = cli(workspace.config, "verify", "--json")

    assert (broken.returncode, repaired.returncode, again.returncode) == (1, 0, 0), (
        broken.stderr + repaired.stderr
    )
    assert json.loads(broken.stdout)["differences"] == {"original missing": 1}
    assert "original missing" in json.loads(broken.stdout)["plan"][0]["kind"]
    assert "fetched again from Caspio" in " ".join(repaired.stdout.split())
    assert "Caspio calls" in broken.stderr


def test_the_command_rebuilds_without_credentials(make_workspace: MakeWorkspace):
    """A ledger can be rebuilt where Caspio cannot be reached at all."""
    workspace = make_workspace(PLAIN, files=FILES, account=uploads(FILES))
    workspace.reader = FakeReader()
    workspace.run()
    for path in workspace.config.parent.glob("ledger.db*"):
        path.unlink()

    done = cli(
        workspace.config,
        "verify",
        "--rebuild-ledger",
        "--json",
        CASPIO_CLIENT_ID="",
        CASPIO_CLIENT_SECRET="",
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["documents"] == 4
    assert (workspace.config.parent / "ledger.db").exists()


def test_a_path_without_a_file_is_said_so(make_workspace: MakeWorkspace):
    """A record that names a file which is not there is rejected in words, and `verify` finds it."""
    records = [{"PK_ID": 1, "File": "/In/one.txt"}, {"PK_ID": 2, "File": "/In/lost.txt"}]
    account = {
        "tables": {"Papers": {"fields": fields(File="FILE"), "records": records}},
        "files": {"/In/one.txt": "one.txt"},
    }
    source = Source({"table": "Papers"}, rename="", columns=PLAIN.columns)
    workspace = make_workspace(source, account=account, files={"one.txt": document(1)})
    workspace.reader = FakeReader()

    before = compare(workspace)
    workspace.run()
    with workspace.context() as context:
        context.ports.target.delete_file("/In/one.txt")
    after = compare(workspace)

    missing = DifferenceKind.FILE_MISSING
    (rejected,) = [
        state.outcome.reason
        for state in workspace.states().values()
        if state.outcome is not None and state.outcome.status is Status.REJECTED
    ]
    assert rejected.startswith("The record names /In/lost.txt; the Files area has no such file.")
    assert [one.detail[:31] for one in before.shown if one.kind is missing] == [
        "The record names /In/lost.txt; "
    ]
    assert (before.counts[missing], after.counts[missing], after.harm) == (1, 2, 2)
