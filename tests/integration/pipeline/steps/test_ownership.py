"""Whatever we do and people do, in whatever order: what a user typed or uploaded is never lost.

OWNERSHIP_EXAMPLES=200 and `make fuzz` look longer than the suite does.
"""

import hashlib
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from infra.emulator import Emulator
from pipeline.errors import BadSettings
from pipeline.source_run.selection import Selection
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, fields, write_account, write_settings
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace
from tests.support.properties import examples

pytestmark = pytest.mark.integration

EXAMPLES = examples(int(os.environ.get("OWNERSHIP_EXAMPLES", "3")))
STEPS = 8
COLUMNS = {"DocType": "doc_type", "Total": "total", "Company": "company"}
PKS = (1, 2)
CONTENTS = [f"doc_type={kind}\ntotal={total}\ncompany={name}" for kind, total, name in (
    ("receipt", "1.50", "Northwind"), ("invoice", "2.25", "Contoso"), ("receipt", "1.50", "Fabrikam"),
)]  # fmt: skip
_pk = st.sampled_from(PKS)
_column = st.sampled_from(sorted(COLUMNS))


class Acting(FakeReader):
    """A reader during whose work a user acts, once."""

    def __init__(self) -> None:
        super().__init__()
        self.act = lambda: None

    def findings(self, path: Path, *, name: str, work_dir: Path) -> object:  # type: ignore[override]  # findings, as there
        """Let the user act, then read."""
        act, self.act = self.act, lambda: None
        act()
        return super().findings(path, name=name, work_dir=work_dir)


class Ownership(RuleBasedStateMachine):
    """An account with two records, our runs, and a user."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        records = [{"PK_ID": pk, "Scan": f"{pk}.txt"} for pk in PKS]
        account = {"tables": {"Uploads": {"fields": fields(Scan="ATTACHMENT"), "records": records}}}
        self.uploads = {pk: CONTENTS[0].encode() for pk in PKS}
        seed = write_account(
            self.folder / "seed", account, {f"{pk}.txt": data for pk, data in self.uploads.items()}
        )
        self.emulator = self.stack.enter_context(Emulator(seed=seed))
        self.typed: dict[tuple[int, str], object] = {}
        self.number = 0
        self.runs: list[str] = []
        self.reader = Acting()

    @initialize(policy=st.sampled_from(["empty", "ours"]))
    def begin(self, policy: str) -> None:
        """Write the settings."""
        self._settings(policy)
        self.workspace = Workspace(self.folder / "caspio-ingest.toml", self.emulator, self.reader)

    def _settings(self, policy: str) -> None:
        source = Source(
            columns=COLUMNS, rename="{{ company }} {{ doc_type }}", more=f'overwrite = "{policy}"'
        )
        write_settings(self.folder, self.emulator.url, source)

    def _type(self, pk: int, column: str) -> None:
        self.number += 1
        value: object = float(1000 + self.number) if column == "Total" else f"typed {self.number}"
        self.emulator.control.edit("Uploads", pk, {column: value})
        self.typed[pk, column] = value

    @rule(pk=_pk, column=_column)
    def type_a_value(self, pk: int, column: str) -> None:
        """A user types."""
        self._type(pk, column)

    @rule(pk=_pk, column=_column)
    def clear_a_value(self, pk: int, column: str) -> None:
        """A user clears a field, which anybody may fill again."""
        self.emulator.control.edit("Uploads", pk, {column: None if column == "Total" else ""})
        self.typed.pop((pk, column), None)

    @rule(pk=_pk, content=st.sampled_from(CONTENTS))
    def replace_a_file(self, pk: int, content: str) -> None:
        """A user uploads another file."""
        self.number += 1
        path = self.folder / f"upload{self.number}.txt"
        path.write_text(content, encoding="utf-8")
        self.emulator.control.replace_attachment("Uploads", "Scan", pk, path)
        self.uploads[pk] = content.encode()

    @rule(policy=st.sampled_from(["empty", "ours"]))
    def change_the_policy(self, policy: str) -> None:
        """Somebody changes the settings."""
        self._settings(policy)

    @rule()
    def run(self) -> None:
        """We run."""
        self.runs.append(str(self.workspace.run().document["run_id"]))

    @rule(pk=_pk, column=_column)
    def run_while_a_user_types(self, pk: int, column: str) -> None:
        """We run, and a user types between our looking and our writing."""
        self.reader.act = lambda: self._type(pk, column)
        self.runs.append(str(self.workspace.run(selection=Selection()).document["run_id"]))
        self.reader.act = lambda: None

    @rule()
    def plan(self) -> None:
        """We plan."""
        self.workspace.plan()

    @precondition(lambda self: (self.folder / "plan.jsonl").exists())
    @rule()
    def apply(self) -> None:
        """We apply the last plan, however old it is."""
        try:
            self.runs.append(str(self.workspace.apply().document["run_id"]))
        except BadSettings as error:
            assert "have changed since" in str(error)  # noqa: PT017 - a refusal is one of two good ends

    @precondition(lambda self: self.runs)
    @rule(back=st.integers(0, 3))
    def undo(self, back: int) -> None:
        """We undo some run, perhaps an undo."""
        try:
            self.runs.append(
                str(
                    self.workspace.undo(self.runs[max(-len(self.runs), -1 - back)]).document[
                        "run_id"
                    ]
                )
            )
        except BadSettings as error:
            assert "knows of nothing" in str(error)  # noqa: PT017 - a run that changed nothing

    @rule(pk=_pk, column=_column, content=st.sampled_from(CONTENTS))
    def undo_what_a_user_has_changed(self, pk: int, column: str, content: str) -> None:
        """We write what a new file says, a user types over it, and we undo."""
        self.replace_a_file(pk, content)
        self.run()
        self._type(pk, column)
        self.undo(0)

    @rule(pk=_pk, column=_column, content=st.sampled_from(CONTENTS))
    def apply_a_plan_that_is_too_old(self, pk: int, column: str, content: str) -> None:
        """We plan what a new file says, a user types, and we apply."""
        self.replace_a_file(pk, content)
        self.plan()
        self._type(pk, column)
        self.apply()

    @invariant()
    def nothing_of_a_users_is_lost(self) -> None:
        """Every value typed and every file uploaded is there."""
        dump = self.emulator.control.dump()
        rows = {row["PK_ID"]: row for row in dump["tables"]["Uploads"]}
        assert {place: rows[place[0]][place[1]] for place in self.typed} == self.typed
        kept = {attached["pk"]: attached["sha256"] for attached in dump["attachments"]["Uploads"]}
        assert kept == {pk: hashlib.sha256(data).hexdigest() for pk, data in self.uploads.items()}

    def teardown(self) -> None:
        """Stop the emulator."""
        self.stack.close()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials as the emulator has them."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("credentials")
def test_a_user_may_go_on_with_what_we_undo_and_apply():
    """A value typed over ours outlives our undo, and one typed after our plan outlives its being applied."""
    world = Ownership()
    try:
        world.begin("ours")
        world.undo_what_a_user_has_changed(1, "Total", CONTENTS[1])
        world.nothing_of_a_users_is_lost()
        world.apply_a_plan_that_is_too_old(2, "Company", CONTENTS[2])
        world.nothing_of_a_users_is_lost()
        world.run_while_a_user_types(1, "DocType")
        world.nothing_of_a_users_is_lost()
    finally:
        world.teardown()


@pytest.mark.hypothesis  # hypothesis itself marks only tests that are decorated with @given
@pytest.mark.usefixtures("credentials")
def test_nothing_of_a_users_is_ever_lost():
    """In any sequence of runs, plans, applies and undos of ours and edits of a user, the user's edits stay."""
    run_state_machine_as_test(
        Ownership,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
